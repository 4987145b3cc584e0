"""Settings: learning to withstand noise and attacks."""

from __future__ import annotations

from medstation.api import Setting

_GROUP = "Robustness"

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "adversarial",
        "choice",
        "none",
        "Adversarial training",
        "Learns from worst-case changes of the input too (of its word vectors, for text): fgsm finds them in one step, "
        "pgd in several, which takes as many times longer.",
        choices=("none", "fgsm", "pgd"),
        advanced=True,
        group=_GROUP,
    ),
    Setting(
        "adversarial_size",
        "number",
        0.1,
        "Size of the change",
        "How far each number of the input may be changed.",
        unit="standard deviations of the input",
        minimum=0,
        maximum=10,
        advanced=True,
        group=_GROUP,
    ),
    Setting(
        "adversarial_steps",
        "integer",
        5,
        "Steps of pgd",
        "How many steps pgd takes to find the worst change.",
        minimum=1,
        maximum=100,
        advanced=True,
        group=_GROUP,
    ),
    Setting(
        "adversarial_share",
        "number",
        0.5,
        "Share of changed input",
        "The weight of the changed input in the loss; the rest is the input as it is.",
        minimum=0,
        maximum=1,
        advanced=True,
        group=_GROUP,
    ),
    Setting(
        "robustness_test",
        "switch",
        False,
        "Test of robustness",
        "Tests the finished model with noise, blur, other contrast, missing parts and attacks of growing strength.",
        advanced=True,
        group=_GROUP,
    ),
)
