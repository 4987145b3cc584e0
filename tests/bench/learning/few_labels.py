"""Little data on PneumoniaMNIST: heads from prototypes, pseudo-labels, and records chosen to be labelled.

    python tests/bench/learning/few_labels.py prototypes,pseudo,active [seeds]

All start from one base made without labels (masked-image on 1000 images); 300 test images.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import few_labels  # this module by its name: what a run looks up by name must find the same images
import numpy as np
import torch
from ground import Ground, of, outcome
from pretraining import images

from medstation.api import Case, Finished, ModelInfo, PredictionDraft, TrainRequest
from medstation.learning import examinations, fit
from medstation.learning.combining import difference, estimate
from medstation.learning.network import ready
from medstation.learning.onlooker import Onlooker
from medstation.learning.suggestions import chosen
from medstation_imaging.asking import asked_of
from medstation_imaging.classes import encode_class

RECIPE: Any = None
"""The recipe of the ground, for the predictor that pseudo-labels come from."""


class PixelPredictor:
    """What `ClassificationPredictor` says, of images in memory."""

    def __init__(self, model: ModelInfo, weights: bytes) -> None:
        self._config = model.config
        self._network = ready(RECIPE.build(model.config), model.config, weights)

    def predict(self, record: Any, files: Any, report: Any) -> PredictionDraft:
        with torch.inference_mode():
            scores = self._network(torch.from_numpy(_pixels(record))[None, None])
        sure, best = scores.softmax(1)[0].max(0)
        return PredictionDraft("class", encode_class(self._config["classes"][int(best)]), (), float(sure), {})


def _pixels(record: Any) -> np.ndarray:
    image = RECIPE._images[int(record.id)].astype(np.float32)
    return np.asarray((image - image.mean()) / (image.std() + 1e-6))


def balanced(ground: Ground, each: int, seed: int) -> tuple[Ground, list[Case]]:
    """`each` training cases of both classes, and the others as records without a label."""
    train = [case for case in ground.cases if case.part == "train"]
    order = np.random.default_rng(seed).permutation(len(train))
    labels: dict[bytes, list[Case]] = {}
    for place in order:
        labels.setdefault(ground.bench.labels[train[place].label], []).append(train[place])
    taken = {case.record.id for some in labels.values() for case in some[:each]}
    few = [case for case in ground.cases if case.part != "train" or case.record.id in taken]
    return replace(ground, cases=few), [train[place] for place in order if train[place].record.id not in taken]


def run(ground: Ground, seed: int, base: ModelInfo, settings: dict[str, Any], **more: Any) -> list[Any]:
    ground.bench.sources = {case.record.id: None for case in (*ground.cases, *more.get("unlabelled", ()))}  # type: ignore[misc]
    request = TrainRequest("run-1", "few", settings, ground.cases, seed, base, predictor="few_labels:PixelPredictor")
    return list(fit(ground.recipe, replace(request, **more), ground.bench))


def prototypes(ground: Ground, base: ModelInfo, settings: dict[str, Any], seed: int) -> dict[str, Any]:
    few, _ = balanced(ground, 5, seed)
    return {
        "prototypes, no epoch": run(few, seed, base, {**settings, "epochs": 0, "head_start": "prototypes"}),
        "head trained": run(few, seed, base, {**settings, "trained": "head"}),
        "all trained": run(few, seed, base, settings),
        "all trained from prototypes": run(few, seed, base, {**settings, "head_start": "prototypes"}),
    }


def pseudo(ground: Ground, base: ModelInfo, settings: dict[str, Any], seed: int) -> dict[str, Any]:
    few, rest = balanced(ground, 10, seed)
    others = [replace(case, label="") for case in rest[:400]]
    return {
        "labels alone": run(few, seed, base, settings),
        "pseudo-labels 0.9": run(few, seed, base, {**settings, "pseudo_labels": 0.9}, unlabelled=others),
        "pseudo-labels 0.95": run(few, seed, base, {**settings, "pseudo_labels": 0.95}, unlabelled=others),
    }


def active(ground: Ground, base: ModelInfo, settings: dict[str, Any], seed: int, more: int = 20) -> dict[str, Any]:
    few, rest = balanced(ground, 5, seed)
    first = run(few, seed, base, settings)
    finished: Finished = of(Finished, first)[-1]
    network = ready(ground.recipe.build(finished.config), finished.config, finished.weights)
    recipe = ground.recipe
    recipe.asked = lambda model, record, files, config: asked_of(_pixels(record), config["classes"])  # type: ignore[method-assign]
    onlooker = Onlooker(recipe, network, finished.config)
    looks = [onlooker.look(case.record, None) for case in rest]  # type: ignore[arg-type]
    drawn = np.random.default_rng(seed).permutation(len(rest))[:more].tolist()
    return {
        "10 labels": first,
        "20 more, drawn": run(replace(few, cases=[*few.cases, *(rest[one] for one in drawn)]), seed, base, settings),
        "20 more, suggested": run(
            replace(few, cases=[*few.cases, *(rest[one] for one in chosen(looks, more))]), seed, base, settings
        ),
    }


def main(which: str, seeds: int = 3) -> None:
    examinations.TABLE = ()
    ground, _, base, settings = images()
    few_labels.RECIPE = globals()["RECIPE"] = ground.recipe
    steps = {"prototypes": prototypes, "pseudo": pseudo, "active": active}
    for name in which.split(","):
        _measured(name, steps[name], ground, base, settings, seeds)


def _measured(which: str, step: Any, ground: Ground, base: ModelInfo, settings: dict[str, Any], seeds: int) -> None:
    pooled: dict[str, dict[str, Any]] = {}
    single: dict[str, list[float]] = {}
    metric = ground.recipe.metrics[0]
    for seed in range(seeds):
        begun = time.process_time()
        for name, events in step(ground, base, settings, seed).items():
            finished, cases = outcome(events)
            once = {record: dict(one) for record, one in cases.items()}
            single.setdefault(name, []).append(
                round(estimate(metric, once, {r: r for r in once}, resamples=2).value, 4)
            )
            pooled.setdefault(name, {}).update({f"{record}/{seed}": one for record, one in once.items()})
            print(json.dumps([which, seed, name, single[name][-1], finished.facts["notes"][-1:]]), flush=True)
        print(json.dumps({"cpu_s": round(time.process_time() - begun)}), flush=True)
    print(json.dumps({"question": which, "rows": _table(metric, single, pooled)}))


def _table(metric: Any, single: dict[str, list[float]], pooled: dict[str, dict[str, Any]]) -> Sequence[Any]:
    """Mean, single seeds, and the gain over the first row with its interval by image."""
    first = next(iter(pooled.values()))
    patients = {key: key.partition("/")[0] for key in first}
    rows = []
    for name, values in single.items():
        gain = difference(metric, first, pooled[name], patients)
        rows.append([name, round(float(np.mean(values)), 4), values,
                     [round(one, 4) for one in (gain.value, gain.low, gain.high)]])  # fmt: skip
    return rows


if __name__ == "__main__":
    main(sys.argv[1], *(int(one) for one in sys.argv[2:]))
