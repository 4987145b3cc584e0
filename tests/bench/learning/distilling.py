"""Teacher and student: PneumoniaMNIST (densenet121 to resnet10), and entities (taggers, NCBI disease).

    python tests/bench/learning/distilling.py images|entities [seeds]

Prints size, time per record on one core, and the deciding metric of teacher, student alone and student of the teacher.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import numpy as np
import torch
from ground import Ground, ncbi, outcome, pneumonia

from medstation.api import Finished, TrainRequest
from medstation.learning import examinations, fit
from medstation.learning.combining import difference, estimate
from medstation.learning.network import ready

Sizes = dict[str, Any]


def images() -> tuple[Ground, Sizes, Sizes, Sizes]:
    """The ground, common settings, the teacher's and the student's."""
    ground = pneumonia(train=500, validation=0, test=200)
    common = {"size": 28, "threads": 1, "batch_size": 32, "epochs": 6, "patience": 0}
    return ground, common, {"network": "densenet121"}, {"network": "resnet10"}


def entities() -> tuple[Ground, Sizes, Sizes, Sizes]:
    from medstation_notes.tagger import TaggerRecipe

    ground = ncbi(TaggerRecipe(), train=150)
    common = {"threads": 1, "epochs": 6, "patience": 0}
    return ground, common, {"hidden": 200}, {"hidden": 64, "word_size": 24, "letters": 32}


def speed(ground: Ground, finished: Finished) -> float:
    """Milliseconds per test record on one core: the best of three rounds over 30 records, reading left out."""
    torch.set_num_threads(1)
    network = ready(ground.recipe.build(finished.config), finished.config, finished.weights)
    cases = [case for case in ground.cases if case.part == "test"][:30]
    samples = [ground.recipe.prepare(case, finished.config, ground.bench) for case in cases]
    best = float("inf")
    with torch.inference_mode():
        for _ in range(4):
            begun = time.process_time()
            for sample in samples:
                ground.recipe.score(network, sample, finished.config)
            best = min(best, time.process_time() - begun)
    return round(1000 * best / len(samples), 2)


def size(finished: Finished) -> float:
    """Megabytes of weights."""
    return round(len(finished.weights) / 1e6, 2)


def main(which: str, seeds: int = 3) -> None:
    examinations.TABLE = ()
    ground, common, large, small = {"images": images, "entities": entities}[which]()
    metric = ground.recipe.metrics[0]
    made: dict[str, dict[str, Any]] = {}
    single: dict[str, list[float]] = {}
    facts: dict[str, Any] = {}

    def told(name: str, seed: int, events: list[Any]) -> Finished:
        finished, cases = outcome(events)
        once = {record: dict(one) for record, one in cases.items()}
        single.setdefault(name, []).append(
            round(estimate(metric, once, {one: one for one in once}, resamples=2).value, 4)
        )
        made.setdefault(name, {}).update({f"{record}/{seed}": one for record, one in once.items()})
        if name not in facts:
            facts[name] = {"MB": size(finished), "ms": speed(ground, finished)}
        print(json.dumps([which, seed, name, single[name][-1], facts[name]]), flush=True)
        return finished

    for seed in range(seeds):
        teacher = ground.keep(told("teacher", seed, list(ground.fit(seed=seed, **common, **large))), "teacher")
        told("student alone", seed, list(ground.fit(seed=seed, **common, **small)))
        taught = {**common, **small, "teacher": "teacher", "teacher_weight": 0.7}
        request = TrainRequest("run-1", "bench", taught, ground.cases, seed, None, teacher=teacher)
        told("student of the teacher", seed, list(fit(ground.recipe, request, ground.bench)))
    patients = {key: key.partition("/")[0] for key in made["teacher"]}
    for name, values in single.items():
        lost = difference(metric, made["teacher"], made[name], patients)
        against = [round(one, 4) for one in (lost.value, lost.low, lost.high)]
        row = {metric.name: round(float(np.mean(values)), 4), "seeds": values, "against the teacher": against}
        print(json.dumps({"name": name, **facts[name], **row}))


if __name__ == "__main__":
    main(sys.argv[1], *(int(one) for one in sys.argv[2:]))
