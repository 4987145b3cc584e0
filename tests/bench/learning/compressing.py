"""What eight bits, pruning and ONNX cost and gain: accuracy on the test cases, size, and time on one core.

    python tests/bench/learning/compressing.py images|words|tokens|rhythm [FOLDER]

The models are those of `explaining.py`, trained shortly or taken from FOLDER.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import torch
from explaining import FIELDS, asked_about, trained
from ground import Ground

from medstation.api import Json, MedStationError
from medstation.learning.combining import combined, difference
from medstation.learning.compact import in_eight_bits, without_zeros
from medstation.learning.compressing.onnx_file import exported
from medstation.learning.compressing.pruning import pruned
from medstation.learning.network import ready
from medstation.learning.samples import Samples
from medstation.learning.weights import pack, unpack

SHARES = (0.3, 0.5, 0.7)


def main(name: str, folder: Path | None) -> Json:
    torch.set_num_threads(1)
    ground = FIELDS[name].ground()
    config, weights = trained(name, ground, FIELDS[name], folder)
    state = unpack(weights)
    forms = {"eight bits": pack(in_eight_bits(state))}
    forms |= {f"pruned {share:.0%}": pack(without_zeros(pruned(state, share))) for share in SHARES}
    before, seconds = _scores(ground, config, weights)
    rows: Json = {"as it is": {"bytes": len(weights), "value": _value(ground, before), "seconds": seconds}}
    for form, data in forms.items():
        after, seconds = _scores(ground, config, data)
        rows[form] = {
            "times smaller": round(len(weights) / len(data), 2), "value": _value(ground, after), "seconds": seconds,
            "change": _change(ground, before, after),
        }  # fmt: skip
        sys.stderr.write(f"{form}: {rows[form]}\n")
    net = ready(ground.recipe.build(config), config, weights)
    case = next(case for case in ground.cases if case.part == "test")
    try:
        rows["onnx"] = exported(ground.recipe, net, asked_about(ground, net, case, config), config).facts()
    except MedStationError as error:
        rows["onnx"] = {"not": error.message}
    return rows


def _scores(ground: Ground, config: Json, weights: bytes) -> tuple[dict[str, Any], float]:
    """Each test case's metrics, and the middle time of judging one."""
    net = ready(ground.recipe.build(config), config, weights)
    samples = Samples(ground.recipe, config, ground.bench)
    found, spent = {}, []
    for case in (case for case in ground.cases if case.part == "test"):
        sample = samples[case]
        begun = time.perf_counter()
        with torch.inference_mode():
            found[case.record.id] = ground.recipe.score(net, sample, config)
        spent.append(time.perf_counter() - begun)
    return found, round(sorted(spent)[len(spent) // 2], 4)


def _value(ground: Ground, scores: dict[str, Any]) -> float:
    return round(combined(ground.recipe.metrics[0], scores) or 0.0, 4)


def _change(ground: Ground, before: dict[str, Any], after: dict[str, Any]) -> list[float]:
    """After minus before, with its 95 % interval by patient."""
    patients = {case.record.id: case.patient for case in ground.cases}
    found = difference(ground.recipe.metrics[0], before, after, patients)
    return [round(one, 4) for one in (found.value, found.low, found.high)]


if __name__ == "__main__":
    where = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    sys.stdout.write(json.dumps({sys.argv[1]: main(sys.argv[1], where)}, indent=1) + "\n")
