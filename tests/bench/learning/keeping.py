"""Forgetting in two steps, on PneumoniaMNIST: first as it is, then from a device that stores its images inverted.

    python tests/bench/learning/keeping.py [seeds]

The base learns from 500 images; the second step from 200 others, inverted. Judged on 200 test images each.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from typing import Any

import numpy as np
from ground import Ground, outcome, pneumonia

from medstation.api import Case, TrainRequest
from medstation.learning import examinations, fit

SETTINGS = {"size": 28, "network": "resnet10", "threads": 1, "batch_size": 16, "patience": 0}
VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "rehearsal 0.3": {"rehearsal": 0.3},
    "hold on 10": {"ewc": 10.0},
    "hold on 1000": {"ewc": 1000.0},
    "both": {"rehearsal": 0.3, "ewc": 10.0},
}


def grounds(seed: int) -> tuple[Ground, list[Case]]:
    """The first step's ground, and the second step's cases on the same bench."""
    whole = pneumonia(train=700, validation=0, test=400, seed=seed)
    recipe: Any = whole.recipe
    count = len(recipe._images)
    recipe._images = np.concatenate([recipe._images, 255 - recipe._images])
    train = [case for case in whole.cases if case.part == "train"]
    test = [case for case in whole.cases if case.part == "test"]
    second = [_inverted(case, count, whole) for case in (*train[500:], *test[200:])]
    return replace(whole, cases=[*train[:500], *test[:200]]), second


def _inverted(case: Case, count: int, ground: Ground) -> Case:
    number = int(case.record.id) + count
    ground.bench.labels[f"l-{number}"] = ground.bench.labels[case.label]
    return Case(replace(case.record, id=str(number)), f"l-{number}", case.part)


def main(seeds: int = 3) -> None:
    examinations.TABLE = tuple(one for one in examinations.TABLE if one[0] == "forgetting")
    rows: dict[str, list[list[float]]] = {}
    for seed in range(seeds):
        first, second = grounds(seed)
        finished, _ = outcome(list(first.fit(seed=seed, epochs=6, **SETTINGS)))
        base = first.keep(finished)
        for name, given in VARIANTS.items():
            begun = time.process_time()
            settings = {**SETTINGS, "epochs": 6, **given}
            request = TrainRequest("run-2", "bench", settings, second, seed, base, earlier=first.cases)
            finished, cases = outcome(list(fit(first.recipe, request, first.bench)))
            found = finished.facts["examined"]["forgetting"]
            new = float(np.mean([one["accuracy"] for one in cases.values()]))
            change = found["difference"]["accuracy"]
            old = [found[which]["accuracy"]["value"] for which in ("before", "after")]
            rows.setdefault(name, []).append([*old, new])
            print(json.dumps([seed, name, *(round(one, 4) for one in (*old, new)), {k: round(v, 3) for k, v in
                              change.items()}, round(time.process_time() - begun)]), flush=True)  # fmt: skip
    mean = {name: [round(float(one), 4) for one in np.mean(some, axis=0)] for name, some in rows.items()}
    print(json.dumps({"old before, old after, new": mean}))


if __name__ == "__main__":
    main(*(int(one) for one in sys.argv[1:]))
