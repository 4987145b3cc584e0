"""What privacy costs: an overfitted model against private ones, on PneumoniaMNIST.

    python tests/bench/learning/private_learning.py 150 2 0.3

A few images (first argument), many epochs, no augmentation and no validation, so that the plain model learns its cases
by heart; then the same images with a budget; seeds (second). Of all labels, those to judge by too, a share (third) is
wrong, which can only be learnt by heart: 0 for what privacy costs in accuracy. The network is small, so that it takes
minutes.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from typing import Any

import numpy as np
from ground import Ground, outcome, pneumonia
from small_network import small

from medstation.api import Case, ModelInfo

ALWAYS = {"size": 28, "augmentation": False, "mirror": False, "patience": 0, "threads": 1, "precision": "fp32"}
OVERFITTED = {"epochs": 60, "batch_size": 16, "learning_rate": 1e-3}
HELD = 300


def even(count: int, seed: int, wrong: float) -> Ground:
    """`count` images to learn from and `HELD` others, half of each class; the share `wrong` of labels is swapped."""
    ground = small(pneumonia(train=0, validation=0, test=0, seed=seed))
    by_class: dict[bytes, list[Case]] = {}
    for case in ground.cases:
        by_class.setdefault(ground.bench.labels[case.label], []).append(case)
    cases = []
    first, second = by_class
    for name, other in ((first, second), (second, first)):
        learnt, held = by_class[name][: count // 2], by_class[name][count // 2 : (count + HELD) // 2]
        for some in (learnt, held):  # as many wrong ones in both, or their number would tell the parts apart
            for case in some[: round(wrong * len(some))]:
                ground.bench.labels[case.label] = other
        cases += learnt + [replace(case, part="test") for case in held]
    return replace(ground, cases=cases)


def measured(ground: Ground, seed: int, base: ModelInfo | None = None, **settings: Any) -> dict[str, Any]:
    """One run: accuracy, membership, epsilon, and the seconds that training took."""
    begun = time.process_time()
    finished, after = outcome(list(ground.fit(seed, base, **{**ALWAYS, **settings})))
    right = [one["accuracy"] for one in after.values()]
    found = finished.facts["examined"]["privacy"]
    return {
        "accuracy": round(float(np.mean(right)), 3),
        **{name: round(found[name], 3) for name in ("membership_auc", "low", "high", "advantage")},
        **({"base_auc": round(found["base_auc"]["value"], 3)} if "base_auc" in found else {}),
        **({name: round(found[name], 3) for name in ("epsilon", "noise", "rate")} if "epsilon" in found else {}),
        "cpu_s": round(time.process_time() - begun, 1),
    }


def main(count: int, seeds: int, wrong: float) -> None:
    private = {"epochs": 20, "batch_size": count // 3, "learning_rate": 1e-3, "warmup": 0.0}
    variants: dict[str, dict[str, Any]] = {
        "overfitted": OVERFITTED,
        "epsilon 8": {**private, "epsilon": 8.0},
        "epsilon 4": {**private, "epsilon": 4.0},
        "as private, plain": private,
    }
    rows: dict[str, list[Any]] = {name: [] for name in variants}
    for seed in range(seeds):
        ground = even(count, seed, wrong)
        for name, settings in variants.items():
            rows[name].append(measured(ground, seed, **settings))
            print(name, seed, rows[name][-1], file=sys.stderr, flush=True)
    print(json.dumps(rows))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
