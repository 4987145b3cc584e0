"""Settings: which parts of a network learn, and how fast."""

from __future__ import annotations

from medstation.api import Setting

ADAPTING = "What is trained"

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "trained",
        "choice",
        "all",
        "What learns",
        "all weights; the head alone; the last layers; gradual frees layers epoch by epoch, from the head down. The "
        "others keep the base as it is and learn a small part beside it: lora, dora, rslora, adalora and ia3 are "
        "merged into the model at the end, prefix and bottleneck stay in it.",
        choices=("all", "head", "last", "gradual", "lora", "dora", "rslora", "adalora", "ia3", "prefix", "bottleneck"),
        advanced=True,
        group=ADAPTING,
    ),
    Setting(
        "trained_layers",
        "integer",
        2,
        "Layers that learn",
        "With last: how many layers, the head counted. With gradual: how many more with each epoch. A block of a "
        "transformer counts as one layer.",
        minimum=1,
        maximum=1000,
        advanced=True,
        group=ADAPTING,
    ),
    Setting(
        "rank",
        "integer",
        8,
        "Rank of adapters",
        "How much an adapter can learn: the rank of lora and its kin, the width of a bottleneck, the places of a "
        "prefix. 4 to 16 is usual.",
        minimum=1,
        maximum=512,
        advanced=True,
        group=ADAPTING,
    ),
    Setting(
        "adapter_rate",
        "number",
        3.0,
        "Adapters' rate",
        "What the learning rate is multiplied by for adapters, which need a higher one than the base's own weights.",
        minimum=0.01,
        maximum=1000,
        advanced=True,
        group=ADAPTING,
    ),
    Setting(
        "layer_decay",
        "number",
        1.0,
        "Rate from layer to layer",
        "Each layer learns at this part of the rate of the one above it, the head at the full rate (0.8 to 0.95 is "
        "usual). 1 gives all the same.",
        minimum=0.1,
        maximum=1,
        advanced=True,
        group=ADAPTING,
    ),
    Setting(
        "dropout_rate",
        "number",
        -1.0,
        "Dropout everywhere",
        "The share of numbers that every dropout of the network leaves out while learning. -1 keeps the network's own.",
        minimum=-1,
        maximum=0.9,
        advanced=True,
        group=ADAPTING,
    ),
)
