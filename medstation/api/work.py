"""What runs in a worker: trainers, predictors, importers, exporters. None of it knows Qt, keys or where the vault is.

A trainer is a generator: a JSON-safe request in, events out. Each `yield` is a point of progress and of cancellation:
the worker stores what the event carries before it asks for the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from medstation.api.records import (
    FileSource,
    Found,
    Json,
    LabelDraft,
    Metrics,
    ModelInfo,
    PredictionDraft,
    Record,
    RecordDraft,
    Skipped,
)
from medstation.api.settings import SettingValue

if TYPE_CHECKING:
    import numpy as np

ReportProgress = Callable[[float, str], None]
"""(fraction done 0..1, what is being done) -> None. Raises `Stopped` when the user stopped the job."""


@dataclass(frozen=True)
class Case:
    """A record of a data set: `label` is a label id ("" for none), `part` is "train", "validation" or "test"."""

    record: Record
    label: str
    part: str

    @property
    def patient(self) -> str:
        return self.record.person.key


@dataclass(frozen=True)
class TrainRequest:
    """What to train. `base` is the model to start from, or None to start from scratch. `seed` makes it repeatable.

    `earlier` are the cases that `base` was made with, by part, where they are still there and settings ask for them;
    `unlabelled` are records of the data set's kind without a label; `teacher` is a model to learn from. `predictor` is
    the recipe's own (a `LoadPredictor`), for those records.
    """

    run: str
    recipe: str
    settings: Mapping[str, SettingValue]
    cases: Sequence[Case]
    seed: int
    base: ModelInfo | None = None
    earlier: Sequence[Case] = ()
    unlabelled: Sequence[Case] = ()
    teacher: ModelInfo | None = None
    predictor: str = ""


class Workbench(Protocol):
    """What the worker lends to a trainer or predictor."""

    def files(self, record: Record) -> FileSource:
        """The record's original files."""

    def label(self, label_id: str) -> bytes:
        """A label's payload, in its kind's encoding."""

    def weights(self, model_id: str) -> bytes:
        """A model's weights, as the bytes of a safetensors file."""

    def checkpoint(self) -> bytes | None:
        """The last checkpoint of this run when it is being resumed, else None."""

    def stop_requested(self) -> bool:
        """True when the user asked to stop and keep the best so far: end training, evaluate, finish."""


@dataclass(frozen=True)
class Started:
    """Work begins: `facts` are shown at the top of the run page (parameters, device, cases per part, ...)."""

    epochs: int
    facts: Json = field(default_factory=dict)


@dataclass(frozen=True)
class Progress:
    """`done` of 1.0, with a line of text."""

    done: float
    text: str = ""


@dataclass(frozen=True)
class Metric:
    """Values at the end of `epoch` (inside: fractional), named like "loss/train", "loss/validation", "dice"."""

    epoch: float
    values: Mapping[str, float]


@dataclass(frozen=True)
class Checkpoint:
    """Everything needed to go on from here: `data` is stored in the vault, replacing the run's last checkpoint."""

    epoch: int
    data: bytes


@dataclass(frozen=True)
class Evaluation:
    """Per-case metrics on the frozen test set, by record id; `model` is "before" or "after"."""

    model: str
    cases: Mapping[str, Metrics]


@dataclass(frozen=True)
class Finished:
    """The end: weights (safetensors bytes) and config of the best model; `stopped` says why it ended.

    `stopped` is "completed", "early" (no longer getting better) or "user".
    """

    weights: bytes
    config: Json
    epochs: int
    best_epoch: int
    stopped: str
    facts: Json = field(default_factory=dict)


Event = Started | Progress | Metric | Checkpoint | Evaluation | Finished


class Trainer(Protocol):
    """A recipe's `trainer`: a generator function."""

    def __call__(self, request: TrainRequest, bench: Workbench) -> Iterator[Event]: ...


class Predictor(Protocol):
    """A loaded model. Made by a recipe's `predictor`: `(model, weights) -> Predictor`. Load once, predict many."""

    def predict(self, record: Record, files: FileSource, report: ReportProgress) -> PredictionDraft: ...


class LoadPredictor(Protocol):
    """A recipe's `predictor`."""

    def __call__(self, model: ModelInfo, weights: bytes) -> Predictor: ...


class Score(Protocol):
    """A recipe's `score`: one case's columns of metrics, from a prediction's payload and a label's (b"" for none)."""

    def __call__(self, record: Record, files: FileSource, prediction: bytes, label: bytes) -> Metrics: ...


class Importer(Protocol):
    """A task's `importer`: made with the values of the task's `import_settings`, by name."""

    def wants(self, path: Path) -> bool:
        """Cheap look (name, first bytes): might this file be for this task?"""

    def scan(self, paths: Iterable[Path]) -> Iterator[Found | Skipped]:
        """Read headers only; one answer per file (more for a file of several parts). Never raises for a bad file."""

    def assemble(self, group: Sequence[Found]) -> Sequence[RecordDraft | Skipped]:
        """Records of one group; called again with old and new files together when more files of it are imported."""

    def thumbnail(self, record: Record, files: FileSource) -> bytes | None:
        """A PNG of at most 96 x 96 pixels, or None."""


class ReadLabel(Protocol):
    """A label kind's `reader`: a label from a file, checked against its record (`BadInput` if it does not fit)."""

    def __call__(self, record: Record, files: FileSource, path: Path) -> LabelDraft: ...


@dataclass(frozen=True)
class ExportItem:
    """What is exported: a record alone (`payload` None), or a label or prediction of it."""

    record: Record
    kind: str
    payload: bytes | None
    summary: Json
    author: str
    model: ModelInfo | None = None

    @property
    def by(self) -> str:
        """Who or what said it: the person, or the model with its version; "" for a record alone."""
        return f"{self.model.name}@{self.model.version}" if self.model else self.author


class Export(Protocol):
    """An exporter's `write`: writes `out` (a file path chosen by the user) and returns the files written."""

    def __call__(self, item: ExportItem, files: FileSource, out: Path) -> Sequence[Path]: ...


class Deidentify(Protocol):
    """A task's `deidentify`: copies of `files` without identity, under the folder `out`, for those files it can read.

    `settings` are the values of the task's `deidentify_settings`. `key` (32 secret bytes) makes the pseudonyms: the
    same key gives the same ones in every run. A file that cannot be made safe is not written, and said so.
    Returns a report: "written" and "refused" (counts), "files", "refusals" ([{"number", "reason", "hint"}], numbers
    counted from 1) and "sources" ({number: name} of the refused ones), without any identity but in "sources".
    """

    def __call__(
        self, files: FileSource, out: Path, settings: Mapping[str, SettingValue], key: bytes, report: ReportProgress
    ) -> Json: ...


@dataclass(frozen=True)
class Fetched:
    """What a `Fetch` gives a view: named arrays (C-contiguous) and JSON facts."""

    arrays: Mapping[str, np.ndarray]
    facts: Json = field(default_factory=dict)


class LookForText(Protocol):
    """A task's `deidentify_look`: pictures of `files` that may hold text, for a person to confirm where it is.

    Arrays are grey pictures (rows, columns) uint8. Facts: "files", for each picture {"source", "preview" (its array's
    name), "rows", "columns", "why", "boxes" [[left, top, right, bottom]] (ends not included)}, and "refusals" as of
    `Deidentify`. With {"confirmed": true, "by": a name, "files": the same with corrected boxes} as JSON text in the
    setting "confirm_pixels", `Deidentify` blanks these boxes.
    """

    def __call__(self, files: FileSource, report: ReportProgress) -> Fetched: ...


class Fetch(Protocol):
    """Prepares a record's data for its view, in a worker: decoding happens here, never in the window's process."""

    def __call__(self, record: Record, files: FileSource, arguments: Json, report: ReportProgress) -> Fetched: ...


class Picture(Protocol):
    """A task's `picture`: a still of a record with one label or prediction on it (or none), as PNG bytes."""

    def __call__(self, record: Record, files: FileSource, kind: str, payload: bytes | None) -> bytes: ...


@dataclass(frozen=True)
class Explained:
    """Why a model said what it said of a record. `target` is what was asked about, in words ("pneumonia").

    `values`: importance in the grid of each tensor that the recipe's `asked` named, above 0 where it speaks for the
    target; `parts` (parts,): the same, per part. `place` is where these stand in the record, as `asked` told it.
    """

    recipe: str
    config: Json
    target: str
    values: Mapping[str, np.ndarray]
    parts: np.ndarray
    place: Json


class ExplainPicture(Protocol):
    """A task's `explain_picture`: a still of a record with what spoke for and against an answer on it, as PNG bytes."""

    def __call__(self, record: Record, files: FileSource, explained: Explained) -> bytes: ...


@dataclass(frozen=True)
class ModelDraft:
    """A model from elsewhere before it is stored: weights as safetensors bytes, and the config its recipe reads."""

    recipe: str
    weights: bytes
    config: Json


class ReadModel(Protocol):
    """A task's `import_model`: a model from a file or folder of another program; None for what is not of its kind.

    Nothing of it is ever run: `Refused` for pickles and for models with code of their own.
    """

    def __call__(self, path: Path) -> ModelDraft | None: ...


class WriteModel(Protocol):
    """A task's `export_model`: writes the new folder `out` as other programs read it, and returns the files written.

    `BadInput` for a model that has no such form.
    """

    def __call__(self, model: ModelInfo, weights: bytes, out: Path) -> Sequence[Path]: ...
