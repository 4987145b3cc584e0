"""What the engine's step costs beside the bare PyTorch loop: CPU seconds a step, alternately, as a ratio.

`python tests/bench/learning/loop_cost.py`: a linear layer (only the loop counts), a small BERT, a small 3-D U-Net.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterator

import torch
from torch import nn
from torch.nn import functional

from medstation.learning import Batch, device
from medstation.learning.settings import common_settings
from medstation.learning.training import Training

ROUNDS = 7
SETTINGS = {one.name: one.default for one in common_settings({"threads": 1, "learning_rate": 1e-4})}
PLAIN = {**SETTINGS, "gradient_clip": 0.0, "precision": "fp32"}

Work = tuple[nn.Module, list[Batch], Callable[[nn.Module, Batch], torch.Tensor]]


def linear() -> Work:
    batches = [{"x": torch.randn(4, 16), "y": torch.randint(0, 2, (4,))} for _ in range(300)]
    return nn.Linear(16, 2), batches, lambda model, batch: functional.cross_entropy(model(batch["x"]), batch["y"])


def bert() -> Work:
    from transformers import BertConfig, BertModel

    shape = BertConfig(
        vocab_size=8000, hidden_size=128, num_hidden_layers=4, num_attention_heads=4, intermediate_size=512
    )
    model = BertModel(shape)
    batches = [{"x": torch.randint(0, 8000, (16, 128))} for _ in range(3)]
    return model, batches, lambda model, batch: model(input_ids=batch["x"]).pooler_output.square().mean()


def unet() -> Work:
    from monai.losses.dice import DiceCELoss
    from monai.networks.nets.unet import UNet

    model = UNet(3, 1, 2, (16, 32, 64, 128), (2, 2, 2), num_res_units=1)
    batches = [{"x": torch.randn(1, 1, 64, 64, 64), "y": torch.randint(0, 2, (1, 1, 64, 64, 64))} for _ in range(2)]
    loss = DiceCELoss(to_onehot_y=True, softmax=True)
    return model, batches, lambda model, batch: loss(model(batch["x"]), batch["y"])


def bare(work: Work) -> Iterator[float]:
    """CPU seconds a step of the bare loop, once for each time it is asked."""
    model, batches, loss_of = work
    optimizer = torch.optim.AdamW(model.parameters(), 1e-4)
    while True:
        model.train()
        begun, total = time.process_time(), 0.0
        for batch in batches:
            optimizer.zero_grad(set_to_none=True)
            loss = loss_of(model, batch)
            loss.backward()
            optimizer.step()
            total += loss.item()
        yield (time.process_time() - begun) / len(batches)


def ours(work: Work) -> Iterator[float]:
    model, batches, loss_of = work
    with device.opened(PLAIN, 0) as accelerator:
        training = Training(model, accelerator, PLAIN, 10**6)
        while True:
            begun = time.process_time()
            for batch in batches:
                training.step([batch], loss_of)
            yield (time.process_time() - begun) / len(batches)


def measured(make: Callable[[], Work]) -> dict[str, float]:
    first, second = bare(make()), ours(make())
    next(first), next(second)
    pairs = [(next(first), next(second)) for _ in range(ROUNDS)]
    one, other = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratios = statistics.median(after / before for before, after in pairs)
    return {"bare_ms": round(1e3 * one, 3), "ours_ms": round(1e3 * other, 3), "ratio": round(ratios, 3)}


def main() -> None:
    torch.set_num_threads(1)
    print(json.dumps({make.__name__: measured(make) for make in (linear, bert, unet)}))


if __name__ == "__main__":
    main()
