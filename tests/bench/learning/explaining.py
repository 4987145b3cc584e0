"""How faithful each method of explanation is, on each task: areas of insertion and deletion against random orders.

    python tests/bench/learning/explaining.py images|volumes|words|tokens|rhythm|forecast [FOLDER]

A model is trained shortly first, or taken from FOLDER (NAME.safetensors and NAME.json), where it is also kept.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ground import Ground, fibrillation, glucose, hippocampus, ncbi, outcome, pneumonia

from medstation.api import Case, Json, MedStationError
from medstation.learning.asked import Asked
from medstation.learning.explaining import names
from medstation.learning.explaining.explain import explain
from medstation.learning.network import ready


@dataclass(frozen=True)
class Field:
    """`cases` are explained by the quick methods, and `few` of them by those that ask hundreds of times."""

    ground: Callable[[], Ground]
    settings: Json
    cases: int
    few: int
    left_out: tuple[str, ...] = field(default=())


def _words() -> Ground:
    from medstation_notes.tagger import TaggerRecipe

    return ncbi(TaggerRecipe())


def _tokens() -> Ground:
    from medstation_notes.transformer_tokens import TokensRecipe

    return ncbi(TokensRecipe())


FIELDS = {
    "images": Field(lambda: pneumonia(train=1000, validation=100), {"epochs": 3, "batch_size": 16}, 12, 12),
    "volumes": Field(lambda: hippocampus(train=30, validation=5, test=6), {"epochs": 6}, 3, 0),
    "words": Field(_words, {"epochs": 6}, 4, 2),
    "tokens": Field(_tokens, {"epochs": 4}, 4, 2),
    "rhythm": Field(fibrillation, {"epochs": 15, "batch_size": 16}, 24, 24),
    "forecast": Field(glucose, {"epochs": 4, "width": 32}, 3, 3),
}
SLOW = ("lime", "shap")


def main(name: str, folder: Path | None) -> Json:
    torch.set_num_threads(1)
    chosen = FIELDS[name]
    ground = chosen.ground()
    config, weights = trained(name, ground, chosen, folder)
    net = ready(ground.recipe.build(config), config, weights)
    cases = [case for case in ground.cases if case.part == "test"][: chosen.cases]
    questions = [asked_about(ground, net, case, config) for case in cases]
    return {method: _measured(ground, net, questions, method, chosen) for method in names()}


def trained(name: str, ground: Ground, chosen: Field, folder: Path | None) -> tuple[Json, bytes]:
    """Config and weights: from FOLDER, else made now and kept there."""
    kept = folder / f"{name}.safetensors" if folder else None
    if kept and kept.exists():
        return json.loads(kept.with_suffix(".json").read_text("utf-8")), kept.read_bytes()
    finished, _ = outcome(list(ground.fit(seed=1, threads=1, **chosen.settings)))
    if kept:
        kept.write_bytes(finished.weights)
        kept.with_suffix(".json").write_text(json.dumps(finished.config), "utf-8")
    return finished.config, finished.weights


def asked_about(ground: Ground, net: Any, case: Case, config: Json) -> Asked:
    """The case as the model is asked about it."""
    if case.record.id not in ground.bench.sources:  # images in memory, without files
        from medstation_imaging.asking import asked_of

        image = ground.recipe.prepare(case, config, ground.bench).image
        return asked_of(image.numpy(), config["classes"])
    return ground.recipe.asked(net, case.record, ground.bench.files(case.record), config)


def _measured(ground: Ground, net: Any, questions: list[Asked], method: str, chosen: Field) -> Json:
    rows = []
    for asked in questions[: chosen.few] if method in SLOW else questions:
        try:
            made = explain(ground.recipe, net, asked, method)
        except MedStationError as error:
            return {"not": error.message}
        rows.append((made.check.insertion, made.check.deletion, made.check.random, made.check.better, made.seconds))
    if not rows:
        return {"not": "not measured"}
    insertion, deletion, chance, better, seconds = np.array(rows, float).mean(axis=0).round(3).tolist()
    found = {"insertion": insertion, "deletion": deletion, "by lot": chance, "better": better, "seconds": seconds}
    result = {"cases": len(rows), **found}
    sys.stderr.write(f"{method}: {result}\n")
    return result


if __name__ == "__main__":
    where = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    sys.stdout.write(json.dumps({sys.argv[1]: main(sys.argv[1], where)}, indent=1) + "\n")
