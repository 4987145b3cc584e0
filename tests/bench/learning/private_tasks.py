"""Private and adversarial learning on a recipe of each task: what each costs and brings, and the time of a step.

    python tests/bench/learning/private_tasks.py imaging

imaging: PneumoniaMNIST, a small network from scratch. signals: atrial fibrillation by the record-class recipe. notes:
diseases by the neural tagger, from a base that learnt other abstracts openly. One seed each, printed as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from typing import Any

from ground import Ground, fibrillation, ncbi, outcome, pneumonia
from small_network import small

from medstation.api import Checkpoint, Evaluation, ModelInfo, Started
from medstation.learning.combining import estimate

ALWAYS = {"threads": 1, "precision": "fp32", "patience": 0}
ADVERSARIAL = {"adversarial": "pgd", "adversarial_size": 0.1, "adversarial_steps": 3}


def measured(ground: Ground, base: ModelInfo | None, settings: dict[str, Any]) -> dict[str, Any]:
    """One run: the deciding metric, membership, robustness where it was tested, and CPU milliseconds of a step."""
    events, begun, ended, steps = [], 0.0, 0.0, 1
    for event in ground.fit(0, base, **{**ALWAYS, **settings}):
        if isinstance(event, Started):
            steps = event.facts["steps_per_epoch"] * event.epochs
        if isinstance(event, Evaluation) and event.model == "before":
            begun = time.process_time()
        if isinstance(event, Checkpoint):
            ended = time.process_time()
        events.append(event)
    finished, after = outcome(events)
    patients = {case.record.id: case.patient for case in ground.cases}
    value = estimate(ground.recipe.metrics[0], after, patients)
    privacy, robustness = finished.facts["examined"]["privacy"], finished.facts["examined"].get("robustness")
    return {
        ground.recipe.metrics[0].name: [round(one, 3) for one in (value.value, value.low, value.high)],
        "membership": [round(privacy[name], 3) for name in ("membership_auc", "low", "high")],
        **{name: round(privacy[name], 3) for name in ("epsilon", "delta", "noise", "rate") if name in privacy},
        **(curves_of(robustness) if robustness else {}),
        "ms_a_step": round(1000 * (ended - begun) / steps, 1),
    }


def curves_of(robustness: dict[str, Any]) -> dict[str, Any]:
    curves = robustness["curves"].items()
    found = {name: [round(point["value"], 3) for point in curve["points"]] for name, curve in curves}
    return {"clean": round(robustness["clean"]["value"], 3), **found}


def imaging() -> tuple[Ground, ModelInfo | None, dict[str, Any], dict[str, Any]]:
    ground = small(pneumonia(train=600, validation=50, test=200))
    plain = {"size": 28, "augmentation": False, "epochs": 8, "batch_size": 60}
    return ground, None, plain, {"learning_rate": 2e-3, "epochs": 12}


def signals() -> tuple[Ground, ModelInfo | None, dict[str, Any], dict[str, Any]]:
    return fibrillation(), None, {"epochs": 20, "batch_size": 50}, {"epochs": 30, "learning_rate": 5e-3}


def notes() -> tuple[Ground, ModelInfo | None, dict[str, Any], dict[str, Any]]:
    from medstation_notes.tagger import TaggerRecipe

    sizes = {"hidden": 64, "word_size": 50, "letters": 30, "batch_size": 4}
    ground = ncbi(TaggerRecipe(), train=260).fewer(10, "validation").fewer(12, "test")
    learnt = [case for case in ground.cases if case.part == "train"]
    others, mine = {case.record.id for case in learnt[:180]}, {case.record.id for case in learnt[180:]}
    first = replace(ground, cases=[case for case in ground.cases if case.record.id not in mine])
    base = ground.keep(outcome(list(first.fit(0, **{**ALWAYS, **sizes, "epochs": 5})))[0])
    ground = replace(ground, cases=[case for case in ground.cases if case.record.id not in others])
    return ground, base, {**sizes, "epochs": 3}, {"batch_size": 20, "learning_rate": 1e-3}


def main(task: str) -> None:
    ground, base, plain, private = {"imaging": imaging, "signals": signals, "notes": notes}[task]()
    variants = {
        "plain": {**plain, "robustness_test": True},
        "pgd": {**plain, **ADVERSARIAL, "robustness_test": True},
        "epsilon 8": {**plain, **private, "epsilon": 8.0},
        "as private, plain": {**plain, **private},
    }
    rows = {}
    for name, settings in variants.items():
        rows[name] = measured(ground, base, settings)
        print(name, rows[name], file=sys.stderr, flush=True)
    print(json.dumps({task: rows}))


if __name__ == "__main__":
    main(sys.argv[1])
