"""Where a model sees cases: what it knows of each just before it decides, laid out on a plane by t-SNE (van der Maaten
2008). Cases that the model takes for alike lie together; far apart says little, and the axes mean nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from medstation.api import BadInput
from medstation.learning.asked import Asked
from medstation.learning.recipe import Recipe, device_of

LEAST = 5


def features(recipe: Recipe[Any], model: nn.Module, asked: Asked) -> np.ndarray:
    """What enters the network's last layer for a record, (features,) float32: the mean over all its decisions."""
    last: list[tuple[nn.Module, torch.Tensor]] = []

    def look(module: nn.Module, inputs: tuple[torch.Tensor, ...], out: object) -> None:
        last[:] = [(module, inputs[0])]

    weighing = [one for one in model.modules() if isinstance(one, nn.Linear | nn.modules.conv._ConvNd)]
    handles = [one.register_forward_hook(look) for one in weighing]
    try:
        with torch.no_grad():
            recipe.outputs(model, {name: one.to(device_of(model)) for name, one in asked.batch.items()})
    finally:
        for handle in handles:
            handle.remove()
    module, entering = last[0]
    axis = -1 if isinstance(module, nn.Linear) else 1
    vector: np.ndarray = entering.movedim(axis, -1).flatten(0, -2).mean(0).float().cpu().numpy()
    return vector


def laid_out(vectors: Sequence[np.ndarray], seed: int = 0) -> np.ndarray:
    """The cases' places on the plane (cases, 2), the same every time; `BadInput` for fewer than `LEAST`."""
    from sklearn.manifold import TSNE

    if len(vectors) < LEAST:
        raise BadInput(f"{len(vectors)} cases are too few for a map", f"It needs {LEAST} cases or more.")
    table = np.stack(vectors)
    table = (table - table.mean(axis=0)) / (table.std(axis=0) + 1e-6)
    near = min(30.0, (len(table) - 1) / 3)
    places: np.ndarray = TSNE(perplexity=near, init="pca", random_state=seed, n_jobs=1).fit_transform(table)
    return places
