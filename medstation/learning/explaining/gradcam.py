"""Grad-CAM (Selvaraju 2017), by Captum: where the deepest convolution that still knows places found its evidence."""

from __future__ import annotations

from math import prod
from typing import Any

import torch
from captum.attr import LayerGradCam
from torch import nn
from torch.nn import functional

from medstation.api import Unavailable
from medstation.learning.explaining.question import Question

LEAST = 4
"""Places per axis that a layer must have left to point at anything."""

_MODES = {1: "linear", 2: "bilinear", 3: "trilinear"}
_Convolution = nn.modules.conv._ConvNd


def gradcam(question: Question) -> dict[str, torch.Tensor]:
    """In the grid of the measured input, 0 and above."""
    name = question.recipe.inputs
    if not name:
        raise _none("it reads words, not a picture or a signal")
    layer, shape = _layer(question, name)

    def answer(entering: torch.Tensor) -> torch.Tensor:
        return question.value({**question.batch, name: entering}).reshape(1)

    found: Any = LayerGradCam(answer, layer).attribute(question.batch[name], relu_attributions=True)
    grid = question.batch[name].shape[-len(shape) :]
    wide = functional.interpolate(found.detach(), tuple(grid), mode=_MODES[len(shape)], align_corners=False)
    return {name: wide.reshape(question.batch[name].shape)}


def _layer(question: Question, name: str) -> tuple[nn.Module, tuple[int, ...]]:
    """The last of the coarsest convolutions that keep at least `LEAST` places along each axis of the input."""
    seen: list[tuple[nn.Module, tuple[int, ...]]] = []

    def look(module: nn.Module, inputs: object, out: torch.Tensor) -> None:
        seen.append((module, tuple(out.shape[2:])))

    handles = [one.register_forward_hook(look) for one in question.model.modules() if isinstance(one, _Convolution)]
    try:
        with torch.no_grad():
            question.value(question.batch)
    finally:
        for handle in handles:
            handle.remove()
    entering = question.batch[name].shape
    fitting = [
        one
        for one in seen
        if all(size >= min(LEAST, own) for size, own in zip(one[1], entering[-len(one[1]) :], strict=True))
    ]
    if not fitting:
        raise _none("it has no convolution over places")
    coarsest = min(prod(shape) for _, shape in fitting)
    return [one for one in fitting if prod(one[1]) == coarsest][-1]


def _none(why: str) -> Unavailable:
    return Unavailable(f"Grad-CAM does not suit this network: {why}", "Use occlusion or integrated gradients.")
