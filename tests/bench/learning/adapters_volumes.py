"""Convolutional adapters on hippocampus volumes of another contrast, beside all weights and the upper part alone.

    python tests/bench/learning/adapters_volumes.py [what,name=value ...]

A base learns both structures from some patients. From there they are learnt from a few other patients whose grey values
are turned around, as between T1 and T2 weighting, where the base finds almost nothing: in each of the given ways, with
the same number of steps.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace

from ground import Ground, hippocampus, outcome
from ways import compared

from medstation.api import Case, Json, Workbench
from medstation_imaging.segmentation import Sample, SegmentationRecipe

BASE, FEW = 40, 12
"""Patients that the base learns from, and other ones that it is tuned on."""
PLAIN = {"patience": 0, "threads": 1}
WAYS = ("all", "head", "last,trained_layers=4", "lora,rank=4", "dora,rank=4", "ia3", "bottleneck,rank=8")


class Turned(SegmentationRecipe):
    """Dark is bright: the volumes are normalised, so that changing their sign turns them around."""

    def prepare(self, case: Case, config: Json, bench: Workbench) -> Sample:
        sample = super().prepare(case, config, bench)
        return replace(sample, image=-sample.image)


def parts() -> tuple[Ground, Ground]:
    """For the base, and for the tuning: other patients to learn from, the same validation and test patients."""
    every = hippocampus(train=BASE + FEW, validation=6, test=30)
    learnt = [case for case in every.cases if case.part == "train"]
    rest = [case for case in every.cases if case.part != "train"]
    return replace(every, cases=learnt[:BASE] + rest), replace(every, recipe=Turned(), cases=learnt[BASE:] + rest)


def main(ways: list[str]) -> None:
    first, second = parts()
    begun = time.process_time()
    finished, _ = outcome(list(first.fit(epochs=10, patches_per_case=4, **PLAIN)))
    base = second.keep(finished)
    spent = round(time.process_time() - begun)
    print(json.dumps({"base dice": finished.facts["best_value"], "cpu seconds": spent}), flush=True)
    compared(second, base, ways, epochs=4, patches_per_case=12, **PLAIN)


if __name__ == "__main__":
    main(sys.argv[1:] or list(WAYS))
