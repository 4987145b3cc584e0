"""Trains the net that finds burnt-in text (`medstation_imaging.deid.print_net`) and writes its weights.

    python resources/setup/print_net.py [STEPS]

All it sees is made by `print_pictures`; about a quarter of an hour on two cores. Afterwards run the tests of
de-identification, which judge the net with other fonts on other pictures.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from print_pictures import example
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, max_pool2d

from medstation_imaging.deid.print_net import seen

TARGET = Path(__file__).resolve().parents[2] / "plugins" / "medstation_imaging" / "deid" / "print_net.json"
LAYERS = ((2, 8, 1, 1), (8, 12, 1, 1), (12, 20, 1, 1), (20, 20, 2, 2), (20, 20, 4, 4), (20, 20, 2, 8))
"""Channels in and out, and how far apart the 3 x 3 taps are down and across; after the second the size is halved."""
HALVED_AFTER = 2
STEPS, BATCH, SEED = 3000, 12, 20


class Net(nn.Module):
    """The same arithmetic as `medstation_imaging.deid.print_net`, to be trained."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Conv2d(into, out, 3, padding=(down, across), dilation=(down, across))
            for into, out, down, across in LAYERS
        )
        self.last = nn.Conv2d(LAYERS[-1][1], 1, 1)

    def forward(self, shown: torch.Tensor) -> torch.Tensor:
        """What `seen` makes of pictures (n, 2, y, x) to logits (n, y / 2, x / 2)."""
        for number, layer in enumerate(self.layers, 1):
            shown = layer(shown).relu()
            if number == HALVED_AFTER:
                shown = max_pool2d(shown, 2)
        return self.last(shown)[:, 0]


class Examples(torch.utils.data.IterableDataset[tuple[torch.Tensor, torch.Tensor]]):
    """Without end; each worker its own."""

    def __iter__(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        worker = torch.utils.data.get_worker_info()
        rng = np.random.default_rng((SEED, worker.id if worker else 0))
        while True:
            made = example(rng)
            yield torch.from_numpy(seen(made.picture)), torch.from_numpy(made.print.astype(np.float32))


def loss_of(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Cross-entropy outside of the rims; print weighs double."""
    weight = (target != 2).float() * (1 + (target == 1).float())
    return binary_cross_entropy_with_logits(logits, (target == 1).float(), weight)


def trained(steps: int) -> Net:
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    net = Net()
    adam = torch.optim.AdamW(net.parameters(), 4e-3, weight_decay=1e-4)
    course = torch.optim.lr_scheduler.OneCycleLR(adam, 4e-3, total_steps=steps, pct_start=0.1)
    batches = iter(torch.utils.data.DataLoader(Examples(), BATCH, num_workers=1))
    running = 0.0
    for step in range(1, steps + 1):
        shown, target = next(batches)
        loss = loss_of(net(shown.to(memory_format=torch.channels_last)), target)
        adam.zero_grad()
        loss.backward()
        adam.step()
        course.step()
        running = 0.98 * running + 0.02 * float(loss.detach())
        if step % 100 == 0:
            sys.stdout.write(f"{step} of {steps}: {running / (1 - 0.98**step):.4f}\n")
            sys.stdout.flush()
    return net


def packed(net: Net) -> dict[str, object]:
    """The weights in 8 bits: each layer's values are its `scale` times whole numbers from -127 to 127."""
    layers = []
    for layer, (down, across) in zip((*net.layers, net.last), (*(one[2:] for one in LAYERS), (0, 0)), strict=True):
        weight = layer.weight.detach().numpy()
        scale = float(np.abs(weight).max() / 127)
        whole = np.rint(weight / scale).astype(np.int8)
        layers.append({
            "shape": list(weight.shape), "apart": [down, across], "scale": float(f"{scale:.6g}"),
            "weights": base64.b85encode(whole.tobytes()).decode("ascii"),
            "bias": [float(f"{value:.5g}") for value in layer.bias.detach().numpy()],
        })  # fmt: skip
    return {"made": "resources/setup/print_net.py", "halved_after": HALVED_AFTER, "layers": layers}


def main() -> None:
    net = trained(int(sys.argv[1]) if len(sys.argv) > 1 else STEPS)
    TARGET.write_text(json.dumps(packed(net), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
