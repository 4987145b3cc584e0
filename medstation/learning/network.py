"""From a config and weights to a network that works: the one door for predictors and for whatever judges a model."""

from __future__ import annotations

import torch
from torch import nn

from medstation.api import Json
from medstation.learning.bottleneck import add_bottlenecks
from medstation.learning.ensemble import MEMBERS, Ensemble
from medstation.learning.prefix import add_prefixes
from medstation.learning.weights import load_all, unpack

_GROUPS, _CHANNELS = 32, 8
"""At most so many groups, of at least so many channels: over vectors, a group of one channel would always give 0."""


def ready(network: nn.Module, config: Json, weights: bytes) -> nn.Module:
    """`network` as the recipe builds it, changed as `config` says, filled, in evaluation mode, on the device.

    `weights` are safetensors bytes; `BadInput` when they don't fit.
    """
    network = changed(network, config)
    load_all(network, unpack(weights))
    return network.eval().to("cuda" if torch.cuda.is_available() else "cpu")


def changed(network: nn.Module, config: Json) -> nn.Module:
    """The changes that a run made to the recipe's network for good, as `with_changes` keeps them."""
    made = config.get("changes", {})
    if made.get("norm") == "group":
        network = with_group_norm(network)
    if "bottleneck" in made:
        add_bottlenecks(network, made["bottleneck"])
    if "prefix" in made:
        add_prefixes(network, made["prefix"])
    if MEMBERS in made:
        network = Ensemble(network, int(made[MEMBERS]))
    return network


def with_changes(config: Json, made: Json) -> Json:
    """The config with lasting changes of the network added: {"changes": {"norm": "group"}}."""
    return {**config, "changes": {**config.get("changes", {}), **made}} if made else config


def with_group_norm(network: nn.Module) -> nn.Module:
    """Batch norms as group norms: a case's result then does not depend on the cases beside it (Wu and He 2018)."""
    for name, child in network.named_children():
        if isinstance(child, nn.modules.batchnorm._BatchNorm):
            most = max(1, min(_GROUPS, child.num_features // _CHANNELS))
            groups = max(one for one in range(1, most + 1) if child.num_features % one == 0)
            setattr(network, name, nn.GroupNorm(groups, child.num_features, child.eps, child.affine))
        else:
            with_group_norm(child)
    return network
