"""The open data that techniques are measured on, as cases for the engine: no vault, no window, one line each.

    ground = pneumonia(train=1000)
    events = list(ground.fit(epochs=5, seed=1))

The scripts beside this one are run by hand (`python tests/bench/learning/NAME.py`) with MEDSTATION_DATA set; what they
found stands in resources/help. Each prints one JSON object at its end.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from medstation.actions.opening import look
from medstation.actions.plain_files import PlainFiles
from medstation.api import Case, Evaluation, Event, FileSource, Finished, Json, ModelInfo, Person, Record, TrainRequest
from medstation.learning import Recipe, fit
from medstation_imaging.classes import encode_class
from medstation_imaging.classification import ClassificationRecipe, Sample

DATA = Path(os.environ.get("MEDSTATION_DATA", "missing: set MEDSTATION_DATA"))


@dataclass
class Bench:
    """A `Workbench` in memory."""

    sources: dict[str, FileSource] = field(default_factory=dict)
    labels: dict[str, bytes] = field(default_factory=dict)
    models: dict[str, bytes] = field(default_factory=dict)
    saved: bytes | None = None

    def files(self, record: Record) -> FileSource:
        return self.sources[record.id]

    def label(self, label_id: str) -> bytes:
        return self.labels[label_id]

    def weights(self, model_id: str) -> bytes:
        return self.models[model_id]

    def checkpoint(self) -> bytes | None:
        return self.saved

    def stop_requested(self) -> bool:
        return False


@dataclass
class Ground:
    """A recipe with cases on a bench."""

    recipe: Recipe[Any]
    cases: list[Case]
    bench: Bench = field(default_factory=Bench)

    def fit(self, seed: int = 0, base: ModelInfo | None = None, **settings: Any) -> Iterator[Event]:
        """One run's events; what `TrainRequest` takes beside settings can be put in with `replace` on the request."""
        return fit(self.recipe, TrainRequest("run-1", "bench", settings, self.cases, seed, base), self.bench)

    def keep(self, finished: Finished, name: str = "base") -> ModelInfo:
        """A finished run's model, to start another one from."""
        self.bench.models[name] = finished.weights
        return ModelInfo(name, name, 1, "candidate", "bench", "bench", finished.config, {})

    def fewer(self, count: int, part: str = "train", seed: int = 0) -> Ground:
        """The same ground with only `count` cases of a part, drawn by `seed`."""
        mine = [case for case in self.cases if case.part == part]
        chosen = {mine[place].record.id for place in np.random.default_rng(seed).permutation(len(mine))[:count]}
        return replace(self, cases=[case for case in self.cases if case.part != part or case.record.id in chosen])


def of(kind: type, events: Iterable[Event]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def outcome(events: Sequence[Event]) -> tuple[Finished, dict[str, Any]]:
    """The finished event and the test cases' metrics after."""
    after = [event for event in of(Evaluation, events) if event.model == "after"]
    return of(Finished, events)[-1], dict(after[-1].cases) if after else {}


class _Pixels(ClassificationRecipe):
    """The classification recipe on images in memory, each with its own mean and deviation as the recipe has it."""

    def __init__(self, images: np.ndarray) -> None:
        self._images = images

    def survey(self, case: Case, bench: Any) -> Json:
        return {**super().survey(case, bench), "shape": None}

    def prepare(self, case: Case, config: Json, bench: Any) -> Sample:
        name = bench.label(case.label)
        image = self._images[int(case.record.id)].astype(np.float32)
        image = (image - image.mean()) / (image.std() + 1e-6)
        target = 0 if name == encode_class(config["classes"][0]) else 1
        return Sample(torch.from_numpy(image), target)


def pneumonia(train: int = 0, validation: int = 300, test: int = 524, seed: int = 0) -> Ground:
    """PneumoniaMNIST, 28 x 28: `train` and `validation` images of its train part (0: all that are left), and `test`
    images of its validation part as the test. Every image is a patient of its own.
    """
    data = np.load(DATA / "images_pneumoniamnist" / "pneumoniamnist_trainval.npz")
    images = np.concatenate([data["train_images"], data["val_images"]])
    truth = np.concatenate([data["train_labels"], data["val_labels"]]).ravel()
    order = np.random.default_rng(seed).permutation(len(data["train_images"]))
    parts = {
        "validation": order[:validation],
        "train": order[validation : validation + train] if train else order[validation:],
        "test": len(order) + np.arange(len(data["val_images"]))[:test],
    }
    bench, cases = Bench(), []
    for part, places in parts.items():
        for place in places.tolist():
            name = ("normal", "pneumonia")[int(truth[place])]
            bench.labels[f"l-{place}"] = encode_class(name)
            record = Record(str(place), "imaging.series", "images", Person(f"P{place}"), str(place), "", "", {})
            cases.append(Case(record, f"l-{place}", part))
    return Ground(_Pixels(images), cases, bench)


def hippocampus(train: int = 60, validation: int = 10, test: int = 30, seed: int = 0) -> Ground:
    """Hippocampus volumes with masks of two structures (NIfTI)."""
    from medstation_imaging.segmentation import SegmentationRecipe

    folder = DATA / "images_hippocampus_msd"
    names = sorted(path.name for path in (folder / "images").iterdir())
    order = np.random.default_rng(seed).permutation(len(names))
    chosen = [names[place] for place in order[: train + validation + test]]
    found = _looked([folder / "images" / name for name in chosen], "imaging.series")
    bench, cases = Bench(), []
    for number, (record, files, path) in enumerate(found):
        label = _read("imaging.series", "mask", record, files, folder / "labels" / path.name)
        part = "train" if number < train else "validation" if number < train + validation else "test"
        cases.append(_placed(bench, record, files, label, part, number))
    return Ground(SegmentationRecipe(), cases, bench)


def ncbi(recipe: Recipe[Any], train: int = 0, held: float = 0.5) -> Ground:
    """NCBI disease abstracts: its training part to learn from (0: all), `held` of its devel part as the validation, the
    rest of devel as the test.
    """
    folder = DATA / "text_ncbi_disease_pubtator"
    learnt = _looked([folder / "train" / "NCBItrainset_corpus.txt"], "notes.documents", labels=True)
    judged = _looked([folder / "devel" / "NCBIdevelopset_corpus.txt"], "notes.documents", labels=True)
    split = round(len(judged) * held)
    parts = {"train": learnt[: train or None], "validation": judged[:split], "test": judged[split:]}
    bench, cases = Bench(), []
    for part, some in parts.items():
        for record, files, label in some:
            cases.append(_placed(bench, record, files, label, part, len(cases)))
    return Ground(recipe, cases, bench)


def fibrillation(seed: int = 0) -> Ground:
    """Normal rhythm against atrial fibrillation, CinC 2017: 60 % to learn from, 15 % to validate, 25 % to test."""
    from medstation_signals.classes import encode
    from medstation_signals.record_class import RecordClass

    folder = DATA / "signals_cinc2017_af"
    told = dict(line.split(",")[:2] for line in (folder / "REFERENCE.csv").read_text("utf-8").split() if "," in line)
    names = sorted(name for name, kind in told.items() if kind in "NA" and (folder / f"{name}.hea").exists())
    order = np.random.default_rng(seed).permutation(len(names))
    paths = [folder / f"{names[place]}.{suffix}" for place in order for suffix in ("hea", "mat")]
    found = _looked(paths, "signals.recordings")
    bench, cases = Bench(), []
    for number, (record, files, path) in enumerate(found):
        share = number / len(found)
        part = "train" if share < 0.6 else "validation" if share < 0.75 else "test"
        cases.append(_placed(bench, record, files, encode(told[path.stem]), part, number))
    return Ground(RecordClass(), cases, bench)


def glucose(validation: int = 2, test: int = 3) -> Ground:
    """Glucose of the BIG IDEAs persons, forecast by the transformer recipe; a person is in one part only."""
    from medstation_signals.patchtst import PatchRecipe

    files = sorted((DATA / "signals_cgm_bigideas").glob("*.csv"))
    found = [one for one in _looked(files, "signals.recordings") if one[0].kind == "glucose"]
    train = len(found) - validation - test
    bench, cases = Bench(), []
    for number, (record, source, _) in enumerate(found):
        part = "train" if number < train else "validation" if number < train + validation else "test"
        cases.append(_placed(bench, record, source, b"", part, number))
    return Ground(PatchRecipe("", 300.0), cases, bench)


def _looked(paths: list[Path], task: str, labels: bool = False) -> list[Any]:
    """(record, its files, its first path) of each record, or with `labels` (record, its files, its label's payload)."""
    if labels:
        return _labelled(paths, task)
    desk: Any = SimpleNamespace(report=lambda done, text="": None)
    items, _ = look(paths, task, desk)
    return [(record, PlainFiles(found), found[0].path) for record, found in items]


def _labelled(paths: list[Path], task: str) -> list[tuple[Record, FileSource, bytes]]:
    from medstation.actions.importing import importers
    from medstation.actions.opening import as_record
    from medstation.actions.workstation import find_plugins
    from medstation.api import Found

    importer = importers(find_plugins(), task, {})[task]
    made = []
    for found in importer.scan(paths):
        if isinstance(found, Found):
            (draft,) = importer.assemble([found])
            made.append((as_record(task, found, draft), PlainFiles([found]), draft.labels[0].payload))
    return made


def _read(task: str, kind: str, record: Record, files: FileSource, path: Path) -> bytes:
    from medstation.actions.workstation import find_plugins
    from medstation.api import resolve_ref

    declared = find_plugins().task(task).label_kind(kind)
    assert declared is not None
    payload: bytes = resolve_ref(declared.reader)(record, files, path).payload
    return payload


def _placed(bench: Bench, record: Record, files: FileSource, label: bytes, part: str, number: int) -> Case:
    name = f"r-{number}"
    record = replace(record, id=name)
    bench.sources[name], bench.labels[f"l-{name}"] = files, label
    return Case(record, f"l-{name}" if label else "", part)
