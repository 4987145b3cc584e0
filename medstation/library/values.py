"""What the library answers with, beside the values of `medstation.api`."""

from __future__ import annotations

from dataclasses import dataclass, field

from medstation.api import Finding, Json, Record, Skipped

PARTS = ("train", "validation", "test")
RUN_STATES = ("waiting", "running", "done", "stopped", "failed", "interrupted")
MODEL_STATES = ("candidate", "proposed", "approved", "retired")
VERDICTS = ("accepted", "corrected", "rejected")


@dataclass(frozen=True)
class Ingested:
    """What became of a group: its records, files newly stored, files that were stored before, files not taken."""

    records: list[Record]
    added: int
    duplicates: int
    skipped: list[Skipped]


@dataclass(frozen=True)
class Counts:
    """How much is known of a record, for lists."""

    labels: int
    predictions: int


@dataclass(frozen=True)
class DataSetItem:
    """A record of a data set with the label version it is pinned to; `patient` is the person's key."""

    record_id: str
    label_id: str
    patient: str
    part: str


@dataclass(frozen=True)
class DataSet:
    """Labelled records, split by patient; it never changes. `part` is one of "train", "validation", "test"."""

    name: str
    task: str
    label_kind: str
    created: str
    items: tuple[DataSetItem, ...]
    record_kinds: tuple[str, ...] = ()

    def part(self, part: str) -> tuple[DataSetItem, ...]:
        return tuple(item for item in self.items if item.part == part)


@dataclass(frozen=True)
class Run:
    """One fine-tuning. `dataset` is a name; `base` and `model` are model ids or "".

    `state` is one of "waiting", "running", "done", "stopped", "failed", "interrupted" (its process is gone).
    """

    id: str
    name: str
    task: str
    recipe: str
    dataset: str
    base: str
    settings: Json
    seed: int
    state: str
    message: str
    created: str
    model: str
    results: Json


@dataclass(frozen=True)
class Decision:
    """What somebody decided of a model: its state from then on, why, and what the gate had found (`judged`)."""

    model: str
    state: str
    reason: str
    judged: Json
    author: str
    when: str


@dataclass(frozen=True)
class Prediction:
    """What a model said of a record; `verdict` is the newest one: "", "accepted", "corrected" or "rejected"."""

    id: str
    record: str
    model: str
    kind: str
    when: str
    findings: tuple[Finding, ...]
    confidence: float | None
    summary: Json = field(default_factory=dict)
    verdict: str = ""
