"""Convolutional adapters on hippocampus volumes, beside all weights and the upper part alone.

    python tests/bench/learning/adapters_volumes.py [what,name=value ...]

A base learns one of the two structures from some patients; from there both structures are learnt from a few others, in
each of the given ways, with the same number of steps.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace

import numpy as np
from ground import Ground, hippocampus, outcome
from ways import compared

from medstation_imaging import masks

BASE, FEW = 40, 12
"""Patients that the base learns from, and other ones that it is tuned on."""
PLAIN = {"patience": 0, "threads": 1}
WAYS = ("all", "head", "last,trained_layers=4", "lora,rank=4", "dora,rank=4", "ia3", "bottleneck,rank=8")


def one_structure(ground: Ground) -> Ground:
    """The same volumes with the first structure alone."""
    bench = replace(ground.bench, labels=dict(ground.bench.labels))
    for name, payload in ground.bench.labels.items():
        mask, names = masks.decode(payload)
        bench.labels[name] = masks.encode((mask == 1).astype(np.uint8), names[:1])
    return replace(ground, bench=bench)


def parts() -> tuple[Ground, Ground]:
    """For the base, and for the tuning: other patients to learn from, the same validation and test patients."""
    every = hippocampus(train=BASE + FEW, validation=6, test=30)
    learnt = [case for case in every.cases if case.part == "train"]
    rest = [case for case in every.cases if case.part != "train"]
    return one_structure(replace(every, cases=learnt[:BASE] + rest)), replace(every, cases=learnt[BASE:] + rest)


def main(ways: list[str]) -> None:
    first, second = parts()
    begun = time.process_time()
    finished, _ = outcome(list(first.fit(epochs=3, patches_per_case=3, **PLAIN)))
    base = second.keep(finished)
    spent = round(time.process_time() - begun)
    print(json.dumps({"base dice": finished.facts["best_value"], "cpu seconds": spent}), flush=True)
    compared(second, base, ways, epochs=4, patches_per_case=8, **PLAIN)


if __name__ == "__main__":
    main(sys.argv[1:] or list(WAYS))
