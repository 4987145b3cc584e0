"""Attention roll-out (Abnar and Zuidema 2020): the attention of all layers multiplied up, half of each passing by."""

from __future__ import annotations

from typing import Any

import torch

from medstation.api import Unavailable
from medstation.learning.asked import NEVER
from medstation.learning.explaining.question import Question


def rollout(question: Question) -> dict[str, torch.Tensor]:
    """In the grid of the input that the transformer reads, 0 and above. It knows nothing of classes: it shows where
    the transformer looked for all that is asked about."""
    layers = _attentions(question)
    flow = torch.eye(layers[0].shape[-1], device=layers[0].device)
    for attention in layers:
        mean = attention.mean(1)
        flow = (0.5 * mean + 0.5 * torch.eye(mean.shape[-1], device=mean.device)) @ flow
    name = next(iter(question.absent))
    grid = question.batch[name]
    rows, tokens = flow.shape[0], flow.shape[-1]
    asked = (question.decided != NEVER).float()
    if len(asked) == rows * tokens:
        weights = asked.reshape(rows, tokens)
    else:
        weights = question.batch["mask"].float() if "mask" in question.batch else torch.ones(rows, tokens)
    seen = torch.einsum("rt,rts->rs", weights.to(flow.device) / weights.sum().clamp(min=1), flow)
    wide = seen.repeat_interleave(grid.shape[1] // tokens, 1)
    left = grid.shape[1] - wide.shape[1]
    return {name: torch.nn.functional.pad(wide, (left, 0))}


def _attentions(question: Question) -> list[torch.Tensor]:
    """What each layer attended to: (rows, heads, tokens, tokens), the first layer first; without a learnt prefix."""
    found: list[torch.Tensor] = []

    def look(module: Any, inputs: object, out: Any) -> None:
        told = getattr(out, "attentions", None)
        if told is not None and all(one is not None for one in told) and not found:
            found.extend(one.reshape(-1, *one.shape[-3:])[..., -one.shape[-2] :] for one in told)

    readers: list[Any] = [one for one in question.model.modules() if hasattr(one, "set_attn_implementation")]
    if not readers:
        raise Unavailable(
            "attention roll-out does not suit this network: it has no attention", "Use occlusion instead."
        )
    handles = [one.register_forward_hook(look) for one in readers]
    kept = [(one, one.config._attn_implementation, one.config.output_attentions) for one in readers]
    try:
        for one in readers:
            one.set_attn_implementation("eager")  # faster kernels do not tell what they attended to
            one.config.output_attentions = True
        with torch.no_grad():
            question.value(question.batch)
    finally:
        for handle in handles:
            handle.remove()
        for one, kernel, told in kept:
            one.config.output_attentions = told
            one.set_attn_implementation(kernel)
    if not found:
        raise Unavailable("this transformer does not tell its attention", "Use occlusion instead.")
    return found
