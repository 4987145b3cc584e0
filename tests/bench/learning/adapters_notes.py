"""LoRA and its kin on disease names in abstracts (NCBI), beside all weights and the head alone.

    python tests/bench/learning/adapters_notes.py BASE [what,name=value ...]

BASE is what language_base.py writes, and is made where it is missing. Every way starts from it and takes the same
number of steps.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import language_base
from ground import Ground
from ways import compared

WAYS = ("all", "head", "last", "lora,rank=4", "rslora,rank=4", "dora,rank=4", "adalora,rank=4", "ia3", "prefix",
        "bottleneck,rank=16")  # fmt: skip


def ground() -> Ground:
    """The training abstracts to learn from and to choose the epoch by; the devel abstracts to be tested on."""
    learnt = language_base.entities("ncbi_disease", ("train",), 60)
    judged = language_base.entities("ncbi_disease", ("devel",), 1_000_000, "test")
    for case in judged.cases:
        name = f"t-{case.record.id}"
        learnt.bench.sources[name] = judged.bench.sources[case.record.id]
        learnt.bench.labels[f"l-{name}"] = judged.bench.labels[case.label]
        learnt.cases.append(replace(case, record=replace(case.record, id=name), label=f"l-{name}"))
    return learnt


def main(path: str, ways: list[str]) -> None:
    if not Path(path + ".json").exists():
        language_base.main(path)
    learnt = ground()
    base, weights = language_base.load(path)
    learnt.bench.models[base.id] = weights
    window = {"window": 128, "stride": 16, "patience": 0, "threads": 1}
    compared(learnt, base, ways, epochs=3, batch_size=4, learning_rate=1e-3, **window)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:] or list(WAYS))
