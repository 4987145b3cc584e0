"""From a config and weights to a network that works: the one door for predictors and for whatever judges a model."""

from __future__ import annotations

import torch
from torch import nn

from medstation.api import Json
from medstation.learning.weights import load_all, unpack

_GROUPS = 32


def ready(network: nn.Module, config: Json, weights: bytes) -> nn.Module:
    """`network` as the recipe builds it, changed as `config` says, filled, in evaluation mode, on the device.

    `weights` are safetensors bytes; `BadInput` when they don't fit.
    """
    network = changed(network, config)
    load_all(network, unpack(weights))
    return network.eval().to("cuda" if torch.cuda.is_available() else "cpu")


def changed(network: nn.Module, config: Json) -> nn.Module:
    """The changes that a run made to the recipe's network for good: {"changes": {"norm": "group"}}."""
    if config.get("changes", {}).get("norm") == "group":
        return with_group_norm(network)
    return network


def with_group_norm(network: nn.Module) -> nn.Module:
    """Batch norms as group norms: a case's result then does not depend on the cases beside it (Wu and He 2018)."""
    for name, child in network.named_children():
        if isinstance(child, nn.modules.batchnorm._BatchNorm):
            groups = max(one for one in range(1, _GROUPS + 1) if child.num_features % one == 0)
            setattr(network, name, nn.GroupNorm(groups, child.num_features, child.eps, child.affine))
        else:
            with_group_norm(child)
    return network
