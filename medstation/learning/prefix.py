"""Learnt places before a text: keys and values that every attention layer sees beside its own (Li and Liang 2021)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from medstation.api import Json

ATTENTION = "medstation_prefix"
"""The name under which transformers finds this way of computing attention."""


class Prefix(nn.Module):
    """`length` learnt keys and values for each head; they mean nothing (values 0) before they have learnt."""

    def __init__(self, heads: int, length: int, width: int) -> None:
        super().__init__()
        self.keys = nn.Parameter(torch.randn(heads, length, width) * 0.02)
        self.values = nn.Parameter(torch.zeros(heads, length, width))

    def forward(
        self, keys: torch.Tensor, values: torch.Tensor, mask: torch.Tensor | None
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
        """`keys`, `values` (batch, heads, places, width), `mask` (batch, 1, queries, places): all with more places."""
        count, length = len(keys), self.keys.shape[1]
        wider = [torch.cat([own.to(one.dtype).expand(count, -1, -1, -1), one], 2)
                 for own, one in ((self.keys, keys), (self.values, values))]  # fmt: skip
        if mask is not None:
            mask = functional.pad(mask, (length, 0), value=mask.dtype == torch.bool)
        return wider[0], wider[1], mask


def _attention(
    module: nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    **others: Any,
) -> tuple[torch.Tensor, torch.Tensor | None]:
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    prefix = getattr(module, "prefix", None)
    if isinstance(prefix, Prefix):
        key, value, attention_mask = prefix(key, value, attention_mask)
    else:
        module.form = (key.shape[1], key.shape[3])  # type: ignore[assignment]  # for `attention_in`
    made: tuple[torch.Tensor, torch.Tensor | None] = sdpa_attention_forward(
        module, query, key, value, attention_mask, **others
    )
    return made


def use_prefixes(network: nn.Module) -> None:
    """Let the transformers in the network compute attention such that prefixes count."""
    from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
    from transformers.masking_utils import sdpa_mask

    AttentionInterface.register(ATTENTION, _attention)
    AttentionMaskInterface.register(ATTENTION, sdpa_mask)
    for module in network.modules():
        if isinstance(module, PreTrainedModel) and module._can_set_attn_implementation():
            module.config._attn_implementation = ATTENTION


def attention_in(network: nn.Module, run: Callable[[], object]) -> dict[str, tuple[int, int]]:
    """The modules that attend while `run` uses the network, by name: their number of heads, and the width of one.

    None for networks that compute attention in a way of their own, or not at all.
    """
    use_prefixes(network)
    run()
    return {name: module.__dict__.pop("form") for name, module in network.named_modules() if "form" in vars(module)}


def add_prefixes(network: nn.Module, plan: Json) -> None:
    """`plan`: {"length": places, "at": {attention module: [heads, width]}}. What the network has not is left out."""
    known = dict(network.named_modules())
    use_prefixes(network)
    for name, (heads, width) in plan["at"].items():
        if name in known and not isinstance(getattr(known[name], "prefix", None), Prefix):
            known[name].prefix = Prefix(int(heads), int(plan["length"]), int(width))
