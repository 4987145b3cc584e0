"""The segmentation loss: Dice and cross-entropy, half each."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from torch import nn


@lru_cache(maxsize=1)
def _loss() -> nn.Module:
    from monai.losses.dice import DiceCELoss

    loss: nn.Module = DiceCELoss(include_background=False, to_onehot_y=True, softmax=True, batch=True)
    return loss


def dice_and_cross_entropy(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """`logits` (n, classes, z, y, x) float32, `target` (n, 1, z, y, x) int64 -> scalar; Dice over the whole batch."""
    value: torch.Tensor = _loss()(logits, target)
    return value


def volume_loss(chances: np.ndarray, target: torch.Tensor) -> float:
    """The same loss of a whole volume's probabilities (classes, z, y, x), for the validation curve."""
    logits = torch.from_numpy(chances.astype(np.float32)).clamp_min(1e-6).log()
    return float(dice_and_cross_entropy(logits[None], target.long()[None, None]))
