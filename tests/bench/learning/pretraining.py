"""Bases made without labels against starting from scratch, at 10 and 50 labels, three seeds each.

    python tests/bench/learning/pretraining.py images|volumes|series [seeds]
    python tests/bench/learning/pretraining.py notes [seeds] BASE

images: PneumoniaMNIST (base: masked-image on 1000 images). volumes: hippocampus (base: masked-volume on 60 volumes).
series: glucose of the BIG IDEAs persons, a day being a label (base: masked-series on the training persons' recordings).
notes: NCBI disease; BASE is what language_base.py wrote, scratch is the same network with fresh weights.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from ground import Ground, glucose, hippocampus, ncbi, outcome, pneumonia

from medstation.api import Case, ModelInfo
from medstation.learning import examinations
from medstation.learning.combining import difference, estimate
from medstation.learning.weights import pack

LABELS = (10, 50)
HALF_A_DAY = 144
"""Values of five minutes."""
Made = tuple[Ground, Callable[[Ground], Ground], ModelInfo, dict[str, Any]]


def images() -> Made:
    """The ground, how its base is made, the base, and the settings of a run."""
    from medstation_imaging.masked_image import MaskedImageRecipe, Sample

    class Masked(MaskedImageRecipe):
        def survey(self, case: Case, bench: Any) -> Any:
            return {"shape": None}

        def prepare(self, case: Case, config: Any, bench: Any) -> Sample:
            return Sample(ground.recipe.prepare(case, {**config, "classes": ["normal", "pneumonia"]}, bench).image)

    ground = pneumonia(train=1000, validation=0, test=300)
    shared = {"size": 28, "network": "resnet10", "threads": 1}
    base = _base(Ground(Masked(), _without_test(ground), ground.bench), ground, epochs=6, batch_size=32, **shared)
    return ground, lambda one: one, base, {**shared, "epochs": 20, "patience": 0, "batch_size": 8}


def volumes() -> Made:
    from medstation_imaging.masked_volume import MaskedVolumeRecipe

    ground = hippocampus(train=60, validation=4, test=20)
    shared = {"width": 8, "threads": 1, "patch_voxels": 32_768}
    made = Ground(MaskedVolumeRecipe(), _without_test(ground), ground.bench)
    base = _base(made, ground, epochs=8, patches_per_case=4, batch_size=2, **shared)
    return ground, lambda one: one, base, {**shared, "epochs": 4, "patience": 0, "foreground": 0.5}


def series() -> Made:
    from medstation_signals.later import SPAN
    from medstation_signals.masked_series import MaskedSeries

    ground = glucose(validation=0, test=4)
    shared = {"threads": 1, "width": 32, "layers": 2}
    made = Ground(MaskedSeries("", 300.0), _without_test(ground), ground.bench)
    base = _base(made, ground, epochs=30, batch_size=4, **shared)

    seen = {**base.config, "shape": {**base.config["shape"], "horizon": 12}}

    def by_day(one: Ground) -> Ground:
        days: list[Case] = []
        for case in one.cases:
            count = round(float(case.record.meta.get("duration_s") or 0) / 86_400) if case.part == "train" else 0
            if not count:
                days.append(case)
            for day in range(count):
                meta = {**case.record.meta, SPAN: [day / count, (day + 1) / count]}
                record = replace(case.record, id=f"{case.record.id}#{day}", meta=meta)
                one.bench.sources[record.id] = one.bench.sources[case.record.id]
                made = Case(record, "", case.part)
                if len(one.recipe.prepare(made, seen, one.bench).origins) > HALF_A_DAY:
                    days.append(made)
        return replace(one, cases=days)

    return ground, by_day, base, {**shared, "epochs": {10: 8, 50: 3}, "patience": 0, "batch_size": 2}


def notes(path: str) -> Made:
    from language_base import load

    from medstation_notes.mlm import MlmRecipe
    from medstation_notes.transformer_tokens import TokensRecipe

    ground = ncbi(TokensRecipe(), held=0.2)
    base, weights = load(path)
    ground.bench.models[base.id] = weights
    fresh = MlmRecipe().build(base.config).state_dict()
    ground.bench.models["fresh"] = pack(fresh)
    settings = {"threads": 1, "window": 128, "stride": 16, "epochs": 12, "patience": 0, "learning_rate": 5e-4}
    return ground, lambda one: one, base, {**settings, "scratch": replace(base, id="fresh")}


def _without_test(ground: Ground) -> list[Case]:
    return [case for case in ground.cases if case.part != "test"]


def _base(masked: Ground, ground: Ground, **settings: Any) -> ModelInfo:
    begun = time.process_time()
    finished, _ = outcome(list(masked.fit(**settings)))
    print(json.dumps({"base": finished.facts["best_value"], "cpu_s": round(time.process_time() - begun)}), flush=True)
    return ground.keep(finished)


def main(which: str, seeds: str = "3", path: str = "") -> None:
    examinations.TABLE = ()  # they cost more than these runs, and change nothing of them
    made = {"images": images, "volumes": volumes, "series": series, "notes": lambda: notes(path)}[which]()
    ground, prepared, base, settings = made
    scratch = settings.pop("scratch", None)
    metric = ground.recipe.metrics[0]
    rows = []
    for labels in LABELS:
        epochs = settings["epochs"]
        given = {**settings, "epochs": epochs[labels] if isinstance(epochs, dict) else epochs}
        after: dict[str, dict[str, Any]] = {"scratch": {}, "base": {}}
        single: dict[str, list[float]] = {"scratch": [], "base": []}
        for seed in range(int(seeds)):
            few = prepared(ground).fewer(labels, seed=seed)
            for name, start in (("scratch", scratch), ("base", base)):
                begun = time.process_time()
                _, cases = outcome(list(few.fit(seed=seed, base=start, **given)))
                once = {record: dict(one) for record, one in cases.items()}
                single[name].append(estimate(metric, once, {one: one for one in once}, resamples=2).value)
                after[name] |= {f"{record}/{seed}": one for record, one in once.items()}
                print(json.dumps([which, labels, seed, name, round(single[name][-1], 4),
                                  round(time.process_time() - begun)]), flush=True)  # fmt: skip
        patients = {key: key.partition("/")[0] for key in after["base"]}
        gain = difference(metric, after["scratch"], after["base"], patients)
        rows.append({"labels": labels, "scratch": _mean(single["scratch"]), "base": _mean(single["base"]),
                     "gain": [round(one, 4) for one in (gain.value, gain.low, gain.high)]})  # fmt: skip
    print(json.dumps({"data": which, "metric": metric.name, "rows": rows}))


def _mean(values: Sequence[float]) -> list[float]:
    return [round(float(np.mean(values)), 4), *(round(one, 4) for one in values)]


if __name__ == "__main__":
    main(*sys.argv[1:])
