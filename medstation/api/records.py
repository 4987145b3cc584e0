"""What is known of patients, records, labels and predictions: plain values, the same for every task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

Json = dict[str, Any]
"""A JSON object: text keys; text, numbers, booleans, None, lists and objects as values."""


@dataclass(frozen=True)
class Person:
    """Who a record belongs to. `key` is the identifier in the source (DICOM: PatientID); dates: `YYYY-MM-DD` or ""."""

    key: str
    name: str = ""
    sex: str = ""
    birth_date: str = ""


@dataclass(frozen=True)
class Found:
    """One file (or one part of a file) that an importer can use.

    `group` names what belongs together: all `Found` with the same person and group are assembled together, also with
    files imported earlier. `facts` is everything later readers need of the file's header (kept with the file).
    """

    path: Path
    group: str
    person: Person
    facts: Json


@dataclass(frozen=True)
class Skipped:
    """A file that was not taken, and why. `harmless` marks what nobody would miss (a DICOMDIR, a read-me)."""

    path: Path
    reason: str
    hint: str = ""
    harmless: bool = False


@dataclass(frozen=True)
class LabelDraft:
    """A label before it is stored. `payload` is in the label kind's own encoding; `summary` is small and searchable."""

    kind: str
    payload: bytes
    summary: Json = field(default_factory=dict)


@dataclass(frozen=True)
class RecordDraft:
    """A record as an importer assembled it from the files of one group.

    `files` are indices into the list that was given to `Importer.assemble`, in the record's own order.
    `part` tells several records of one group apart ("" if there is one). `when` is ISO 8601 or "".
    `subtitle` is one line for lists; `meta` is the task's own; `notes` are cautions that stay visible at the record.
    `labels` are those that came inside the source files (an annotated corpus, beat annotations beside a recording).
    """

    kind: str
    title: str
    files: tuple[int, ...]
    part: str = ""
    when: str = ""
    subtitle: str = ""
    meta: Json = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    labels: tuple[LabelDraft, ...] = ()


@dataclass(frozen=True)
class Record:
    """One item of a person, as the library holds it (or as it was opened without importing: then `id` is "")."""

    id: str
    task: str
    kind: str
    person: Person
    title: str
    subtitle: str
    when: str
    meta: Json
    notes: tuple[str, ...] = ()


class FileSource(Protocol):
    """A record's original files, in the record's order; in the vault or plain on disk, a reader cannot tell."""

    def __len__(self) -> int: ...

    def name(self, index: int) -> str:
        """The file's name where it came from, for messages."""

    def facts(self, index: int) -> Json:
        """What the importer's scan noted of the file."""

    def size(self, index: int) -> int:
        """Bytes."""

    def read(self, index: int, offset: int = 0, length: int = -1) -> bytes:
        """`length` bytes from `offset` (-1: to the end). `Refused` when the stored bytes were altered."""

    def readinto(self, index: int, offset: int, buffer: memoryview) -> None:
        """Fill `buffer` (writable, contiguous, 1-D bytes) from `offset`; `BadInput` when the file ends before."""


@dataclass(frozen=True)
class Finding:
    """One thing a model says of a record. `place` is the view's own way to go there; `colour` indexes the palette."""

    title: str
    detail: str = ""
    value: str = ""
    confidence: float | None = None
    colour: int = 0
    place: Json = field(default_factory=dict)


@dataclass(frozen=True)
class Label:
    """What a person said of a record. Versions count up per record and kind; old ones stay."""

    id: str
    record: str
    kind: str
    version: int
    author: str
    when: str
    summary: Json


@dataclass(frozen=True)
class PredictionDraft:
    """What a model says of a record; encoded like a label of the same `kind`."""

    kind: str
    payload: bytes
    findings: tuple[Finding, ...] = ()
    confidence: float | None = None
    summary: Json = field(default_factory=dict)


@dataclass(frozen=True)
class ModelInfo:
    """A model's name, version and state ("candidate", "proposed", "approved", "retired"), its recipe and card."""

    id: str
    name: str
    version: int
    state: str
    task: str
    recipe: str
    config: Json
    card: Json


Metrics = Mapping[str, float]
"""Metric name -> value of one case."""
