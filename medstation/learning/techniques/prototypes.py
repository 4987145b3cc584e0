"""A head from class means: the nearest-mean classifier on the base's features, written as a linear layer.

With the classes' means m and one variance v per feature, log p(class | f) is linear in f: weight m / v, bias
-m²/2v + log share (Mensink 2013 for nearest means; the pooled variance as in diagonal discriminant analysis).
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from medstation.api import Unavailable
from medstation.learning.features import decides_linearly, features, last_layer
from medstation.learning.recipe import Batch, Settings
from medstation.learning.technique import Stage, Technique

MOST_KEPT = 2000
"""Decisions per class that means are made of; a segmentation has millions, which say no more."""
SHRINK = 0.5
"""How far each feature's variance is moved to the mean one: few cases know it badly."""
ABSENT = -10.0
"""The bias of a class that no training case shows: as good as never said, and still to be learnt."""

_TEMPERATURES = np.geomspace(1e-4, 3, 40)
Numbers = NDArray[np.float64]
Places = NDArray[np.int64]


class Prototypes(Technique):
    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def begin(self, network: nn.Module, stage: Stage) -> nn.Module:
        if stage.recipe.decides != "classes":
            raise Unavailable("prototypes are means of classes, which this recipe has not", "Set head_start=fresh.")
        if stage.resumed:
            return network
        training = network.training
        network.eval().to("cuda" if torch.cuda.is_available() else "cpu")
        name = last_layer(network, lambda: _asked(stage, network, _placed(stage.example(), network)))
        layer = network.get_submodule(name)
        if not decides_linearly(layer) or layer.bias is None:
            raise Unavailable(
                f"the last layer of {type(network).__name__} ({type(layer).__name__}) weighs more than one place",
                "Choose another network (dynunet for masks), or set head_start=fresh.",
            )
        found, classes, counts = self._collected(network, name, stage)
        dense = counts.sum() > len(stage.parts.train)
        _write(layer, *head_of(found, classes, counts if dense else np.sign(counts)))
        present = int((counts > 0).sum())
        stage.notes.append(f"The head starts as the means of {present} classes over {len(found)} decisions.")
        return network.train(training)

    def _collected(self, network: nn.Module, name: str, stage: Stage) -> tuple[Numbers, Places, Places]:
        """Features (n, width) and classes (n,) of an epoch's decisions, and how many of each class there were."""
        rng = np.random.default_rng(stage.request.seed)
        order = stage.recipe.order(len(stage.parts.train), stage.config, self._settings, rng)
        width = len(_tensor(network.get_submodule(name), "weight"))
        kept: dict[int, list[Numbers]] = {one: [] for one in range(width)}
        counts = np.zeros(width, np.int64)
        for places in order:
            batch = _placed(stage.batch(places, rng), network)
            truth = stage.recipe.truth(batch).cpu().numpy()
            found = features(stage.recipe, network, name, batch).double().cpu().numpy()
            for one in range(width):
                mine = np.flatnonzero(truth == one)
                counts[one] += len(mine)
                room = MOST_KEPT - sum(map(len, kept[one]))
                kept[one].append(found[mine[:: max(1, -(-len(mine) // max(room, 1)))]] if room > 0 else found[:0])
        merged = [np.concatenate(some) for some in kept.values()]
        classes = np.repeat(np.arange(width, dtype=np.int64), [len(one) for one in merged])
        return np.concatenate(merged), classes, counts


def head_of(found: Numbers, classes: Places, counts: Places) -> tuple[Numbers, Numbers]:
    """Weight (classes, width) and bias (classes,) from features (n, width) with their classes (n,).

    `counts` (classes,) is how often each class is expected: as often as it was seen where a case holds many decisions
    (words, voxels); all alike where it holds one, since a handful of cases says nothing of how frequent they are.
    How sharp it decides is chosen such that each case is likeliest with its own share taken out of its class's mean.
    """
    present = np.flatnonzero(np.bincount(classes, minlength=len(counts)))
    means = np.stack([found[classes == one].mean(axis=0) for one in present])
    place = np.searchsorted(present, classes)
    spread = ((found - means[place]) ** 2).mean(axis=0)
    spread = (1 - SHRINK) * spread + SHRINK * max(spread.mean(), 1e-12)
    share = np.log(counts[present] / counts.sum())
    scores = _scores(found, means, spread)
    held = np.bincount(place)[place][:, None]
    others = (held * means[place] - found) / np.maximum(held - 1, 1)
    own = np.where(held[:, 0] > 1, _own(found, others, spread), scores[np.arange(len(found)), place])
    scores[np.arange(len(found)), place] = own
    sharp = min(_TEMPERATURES, key=lambda one: _surprise(one * scores + share, place))
    weight, bias = np.zeros((len(counts), found.shape[1])), np.full(len(counts), ABSENT)
    weight[present] = sharp * means / spread
    bias[present] = share - sharp * (means**2 / spread).sum(axis=1) / 2
    return weight, bias


def _scores(found: Numbers, means: Numbers, spread: Numbers) -> Numbers:
    scores: Numbers = found @ (means / spread).T - (means**2 / spread).sum(axis=1) / 2
    return scores


def _own(found: Numbers, means: Numbers, spread: Numbers) -> Numbers:
    """The same with a mean for each case."""
    own: Numbers = ((found * means - means**2 / 2) / spread).sum(axis=1)
    return own


def _surprise(scores: Numbers, place: Places) -> float:
    top = scores.max(axis=1, keepdims=True)
    logs = scores - top - np.log(np.exp(scores - top).sum(axis=1, keepdims=True))
    return -float(logs[np.arange(len(place)), place].mean())


def _write(layer: nn.Module, weight: Numbers, bias: Numbers) -> None:
    with torch.no_grad():
        own = _tensor(layer, "weight")
        own.copy_(torch.from_numpy(weight).view_as(own))
        _tensor(layer, "bias").copy_(torch.from_numpy(bias))


def _tensor(layer: nn.Module, name: str) -> torch.Tensor:
    return layer.get_parameter(name)


def _asked(stage: Stage, network: nn.Module, batch: Batch) -> torch.Tensor:
    with torch.no_grad():
        return stage.recipe.outputs(network, batch)


def _placed(batch: Batch, network: nn.Module) -> Batch:
    device = next(network.parameters()).device
    return {name: tensor.to(device) for name, tensor in batch.items()}
