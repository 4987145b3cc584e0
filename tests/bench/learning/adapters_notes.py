"""LoRA and its kin on entities in abstracts, beside all weights and the head alone.

    python tests/bench/learning/adapters_notes.py far|near BASE [what,name=value ...]

far: a base that learnt chemicals and diseases (BC5CDR) learns the diseases of another corpus (NCBI), which draws their
borders in its own way. near: a base learns more abstracts of its own corpus. BASE is where the base is, or is made if
it is missing. Every way takes the same number of steps.
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


def near() -> Ground:
    """Of the abstracts that the base does not know, two thirds to learn from, one third to be tested on."""
    learnt = language_base.entities("bc5cdr", ("devel",), 160, "test")
    kept = [case.record.id for case in learnt.cases if case.part == "train"][:40]
    cases = [replace(case, part="validation") if case.record.id in kept else case for case in learnt.cases]
    return replace(learnt, cases=cases)


def far() -> Ground:
    """The training abstracts to learn from and to choose the epoch by; the devel abstracts to be tested on."""
    learnt = language_base.entities("ncbi_disease", ("train",), 60)
    judged = language_base.entities("ncbi_disease", ("devel",), 1_000_000, "test")
    for case in judged.cases:
        name = f"t-{case.record.id}"
        learnt.bench.sources[name] = judged.bench.sources[case.record.id]
        learnt.bench.labels[f"l-{name}"] = judged.bench.labels[case.label]
        learnt.cases.append(replace(case, record=replace(case.record, id=name), label=f"l-{name}"))
    return learnt


def main(which: str, path: str, ways: list[str]) -> None:
    make, files = {"far": (far, ("train", "devel")), "near": (near, ("train",))}[which]
    if not Path(path + ".json").exists():
        language_base.main(path, files=files)
    learnt = make()
    base, weights = language_base.load(path)
    learnt.bench.models[base.id] = weights
    window = {"window": 128, "stride": 16, "patience": 0, "threads": 1}
    compared(learnt, base, ways, epochs=3, batch_size=4, learning_rate=1e-3, **window)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:] or list(WAYS))
