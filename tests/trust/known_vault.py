"""A small vault with some of everything in it, and every way to read from it with what must come out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kill_acts import PipeDesk
from toy_site import TASK, write_case

from medstation.actions import finetuning, importing, predicting
from medstation.api import LabelDraft, MedStationError
from medstation.library import Library
from medstation.vault import Kdf, Vault

PASSPHRASE = "a long enough passphrase"
RECORDS = 12
Reading = Callable[[Library], Any]


@dataclass
class Known:
    """`truth`: what each reading gives while the vault is whole; `blobs`: the blobs that a reading needs."""

    folder: Path
    key: bytes
    readings: dict[str, Reading]
    truth: dict[str, Any]
    blobs: dict[str, str]

    def attach(self) -> Library:
        return Library(Vault.attach(self.folder, self.key, "owner"), "reader")

    def read(self, library: Library) -> Iterator[tuple[str, Any, MedStationError | None]]:
        """(name, what came out, None) or (name, None, the error that was told) for every reading.

        Any other exception goes through: it would be shown as a bug.
        """
        for name, reading in self.readings.items():
            try:
                yield name, reading(library), None
            except MedStationError as error:
                yield name, None, error


def make(folder: Path, scratch: Path) -> Known:
    """Records (one of several chunks), labels in rows and in blobs, a data set, a run with its model, predictions."""
    sources = scratch / "sources"
    sources.mkdir()
    for number in range(RECORDS):
        write_case(sources, f"P{number}_a")
    vault = Vault.create(folder, PASSPHRASE, kdf=Kdf.weakest())
    library = Library(vault, "ada")
    desk = PipeDesk(folder, vault.key, lambda event: None)
    importing.run({"paths": [str(sources)], "task": TASK, "settings": {}, "user": "owner"}, desk)  # type: ignore[arg-type]
    records = [record.id for record in library.records(TASK)]
    for number, record in enumerate(records):
        library.add_label(record, LabelDraft("value", str(float(number)).encode(), {"value": float(number)}))
    library.add_label(records[0], LabelDraft("value", b"1" * 300_000, {"value": 1.0}))
    library.add_label(records[0], LabelDraft("value", b"7.0", {"value": 7.0}))
    library.create_dataset("set", TASK, "value")
    run = library.create_run("mean", TASK, "mean", "set", "", {"epochs": 2, "fail_at": 0, "wait_at": 0}, 0)
    model = finetuning.work({"run": run.id, "user": "owner"}, desk)["model_id"]  # type: ignore[arg-type]
    predicting.run({"model": model, "records": records[:4], "user": "owner"}, desk)  # type: ignore[arg-type]
    library.add_verdict("p-1", "accepted")
    readings = _readings(records, run.id, model)
    truth = {name: reading(library) for name, reading in readings.items()}
    known = Known(folder, vault.key, readings, truth, _blobs(library, records, model))
    vault.close()
    return known


def _readings(records: list[str], run: str, model: str) -> dict[str, Reading]:
    found: dict[str, Reading] = {
        "all records": lambda library: library.records(TASK),
        "data set": lambda library: library.dataset("set"),
        "run": lambda library: library.run(run),
        "events": lambda library: library.run_events(run),
        "model": lambda library: library.model(model),
        "weights": lambda library: library.weights(model),
        "large label": lambda library: library.label_payload(f"l-{RECORDS + 1}"),
        "audit": lambda library: [entry for entry in library.vault.audit.each() if entry.actor == "ada"],
    }
    for number, record in enumerate(records):
        found[f"record {record}"] = lambda library, record=record: library.record(record)
        found[f"file {record}"] = lambda library, record=record: library.files(record).read(0)
        found[f"labels {record}"] = lambda library, record=record: library.labels(record)
        found[f"payload {record}"] = lambda library, label=f"l-{number + 1}": library.label_payload(label)
    for number in range(1, 5):
        found[f"prediction {number}"] = lambda library, name=f"p-{number}": (
            library.prediction(name),
            library.prediction_payload(name),
        )
    return found


def _blobs(library: Library, records: list[str], model: str) -> dict[str, str]:
    with library.vault.read() as reader:
        files = reader.all(
            """SELECT record, blob FROM record_files JOIN pieces ON pieces.id = record_files.piece
                JOIN originals ON originals.id = pieces.original"""
        )
        weights = reader.one("SELECT blob FROM models")
        label = reader.one("SELECT blob FROM labels WHERE blob IS NOT NULL")
    assert weights and label
    return {
        **{f"file r-{row['record']}": row["blob"] for row in files},
        "weights": weights["blob"],
        "large label": label["blob"],
    }
