"""A network judged case by case, in the same way before, during and after training."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import torch
from torch import nn

from medstation.api import Case, Event, Json, Metrics, MetricSpec, Progress
from medstation.learning.combining import combined
from medstation.learning.recipe import Recipe, Sample
from medstation.learning.samples import Samples

Scores = dict[str, Metrics]
"""Record id -> metrics."""


def evaluated(
    recipe: Recipe[Sample],
    model: nn.Module,
    samples: Samples[Sample],
    cases: Sequence[Case],
    config: Json,
    text: str,
    span: tuple[float, float],
) -> Generator[Event, None, Scores]:
    """Progress events between the cases; returns the `Scores`. `span` is this part of the whole work."""
    scores: Scores = {}
    start, end = span
    model.eval()
    for index, case in enumerate(cases):
        yield Progress(start + (end - start) * index / len(cases), text)
        with torch.inference_mode():
            scores[case.record.id] = recipe.score(model, samples[case], config)
    return scores


def summarised(scores: Scores, metrics: Sequence[MetricSpec]) -> dict[str, float]:
    """The recipe's metrics over the cases; any other column (a segment's Dice, the loss) as its mean."""
    used = {name for metric in metrics for name in metric.columns}
    extra = {name for one in scores.values() for name in one} - used - {metric.name for metric in metrics}
    everything = [*metrics, *(MetricSpec(name, name) for name in sorted(extra))]
    values = {metric.name: combined(metric, scores) for metric in everything}
    return {name: value for name, value in values.items() if value is not None}
