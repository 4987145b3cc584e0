"""Private and adversarial learning and the tests of a finished model, on a recipe of each task as it is."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from medstation.actions.plain_files import PlainFiles
from medstation.api import Case, FileSource, Finished, Json, Person, Record, TrainRequest
from medstation.learning import Recipe, fit
from medstation_imaging.classes import encode_class
from medstation_imaging.classification import ClassificationRecipe
from medstation_imaging.classification import Sample as Image
from medstation_notes.importer import NotesImporter
from medstation_notes.tagger import TaggerRecipe
from medstation_samples import notes as samples
from medstation_signals import beats
from medstation_signals.beats import BeatRecipe

BOTH = {"epochs": 1, "epsilon": 50.0, "private_noise": 1.0, "adversarial": "fgsm", "robustness_test": True,
        "threads": 1, "batch_size": 2}  # fmt: skip
PARTS = ("train", "train", "train", "train", "validation", "test", "test")


@dataclass
class Bench:
    sources: dict[str, FileSource] = field(default_factory=dict)
    labels: dict[str, bytes] = field(default_factory=dict)

    def files(self, record: Record) -> FileSource:
        return self.sources[record.id]

    def label(self, label_id: str) -> bytes:
        return self.labels[label_id]

    def checkpoint(self) -> None:
        return None

    def stop_requested(self) -> bool:
        return False


def case(number: int, part: str) -> Case:
    record = Record(f"r-{number}", "", "", Person(f"P{number}"), f"Case {number}", "", "", {})
    return Case(record, f"l-r-{number}", part)


def learnt(recipe: Recipe[Any], cases: list[Case], bench: Any, **settings: object) -> tuple[Finished, Json]:
    request = TrainRequest("run-1", "", {**BOTH, **settings}, cases, 0, None)
    done = next(event for event in fit(recipe, request, bench) if isinstance(event, Finished))
    return done, done.facts["examined"]


class Pictures(ClassificationRecipe):
    def prepare(self, case: Case, config: Json, bench: Any) -> Image:
        number = int(case.record.id.split("-")[1])
        image = torch.randn(32, 32, generator=torch.Generator().manual_seed(number))
        return Image(image + number % 2, number % 2)


def test_imaging():
    bench = Bench(labels={f"l-r-{number}": encode_class(("no", "yes")[number % 2]) for number in range(len(PARTS))})
    done, found = learnt(Pictures(), [case(*one) for one in enumerate(PARTS)], bench, size=32)
    assert found["privacy"]["epsilon"] > 0
    assert (found["privacy"]["members"], found["privacy"]["others"]) == (4, 3)
    assert set(found["robustness"]["curves"]) == {"noise", "blur", "contrast", "missing", "attack"}
    assert found["robustness"]["measure"] == "balanced accuracy"
    assert done.epochs == 1


def test_notes(tmp_path: Path):
    path, bench, cases = tmp_path / "notes.jsonl", Bench(), []
    path.write_text("\n".join(json.dumps(row) for row in samples.notes(3, len(PARTS))), "utf-8")
    importer = NotesImporter({})
    for number, (found, part) in enumerate(zip(importer.scan([path]), PARTS, strict=False)):
        (draft,) = importer.assemble([found])
        made = case(number, part)
        record = replace(made.record, kind=draft.kind, meta=draft.meta)
        bench.sources[record.id], bench.labels[made.label] = PlainFiles([found]), draft.labels[0].payload
        cases.append(replace(made, record=record))
    _, found = learnt(TaggerRecipe(), cases, bench, hidden=16, word_size=16, letters=8)
    assert found["privacy"]["epsilon"] > 0
    assert set(found["robustness"]["curves"]) == {"noise", "missing", "attack"}


class Waves(BeatRecipe):
    """Beats of two classes, wide and narrow ones, without files."""

    def survey(self, case: Case, bench: Any) -> Json:
        return {"classes": {"N": 20, "V": 20}}

    def prepare(self, case: Case, config: Json, bench: Any) -> beats.Sample:
        rng = np.random.default_rng(int(case.record.id.split("-")[1]))
        targets = np.arange(40) % 2
        width = np.where(targets, 12.0, 4.0)[:, None]
        shapes = np.exp(-(((np.arange(beats.LENGTH) - 40) / width) ** 2)) + rng.normal(0, 0.05, (40, beats.LENGTH))
        rhythms = np.zeros((40, beats.RHYTHM), np.float32)
        moments = np.arange(40) + 1.0
        kinds = np.array([beats.CLASSES.index(config["classes"][kind]) for kind in targets])
        truth = np.stack([moments, kinds], axis=1)
        return beats.Sample(
            shapes.astype(np.float32), rhythms, targets, truth, moments, shapes.astype(np.float32), rhythms
        )


def test_signals():
    done, found = learnt(Waves(), [case(*one) for one in enumerate(PARTS)], Bench(), steps=2, beats_per_batch=16)
    assert found["privacy"]["epsilon"] > 0
    assert done.config["changes"] == {"norm": "group"}
    assert any("replaced by group norms" in note for note in done.facts["notes"])
    assert set(found["robustness"]["curves"]) == {"noise", "blur", "contrast", "missing", "attack"}
