"""Recordings made for tests, and what stands in for the library around them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from medstation.api import Case, Found, ModelInfo, Record, RecordDraft, Skipped
from medstation_signals.importer import SignalsImporter

RATE = 250


class Files:
    """A `FileSource` over plain files."""

    def __init__(self, founds: Sequence[Found]) -> None:
        self._founds = list(founds)

    def __len__(self):
        return len(self._founds)

    def name(self, index):
        return self._founds[index].path.name

    def facts(self, index):
        import json

        return json.loads(json.dumps(self._founds[index].facts))

    def size(self, index):
        return self._founds[index].path.stat().st_size

    def read(self, index, offset=0, length=-1):
        data = self._founds[index].path.read_bytes()
        return data[offset:] if length < 0 else data[offset : offset + length]

    def readinto(self, index, offset, buffer):
        buffer[:] = self.read(index, offset, len(buffer))


class Bench:
    """A `Workbench` over imported files and labels."""

    def __init__(self, files: dict[str, Files], labels: dict[str, bytes] | None = None, weights: bytes = b"") -> None:
        self._files, self._labels, self._weights = files, labels or {}, weights

    def files(self, record):
        return self._files[record.id]

    def label(self, label_id):
        return self._labels[label_id]

    def weights(self, model_id):
        return self._weights

    def checkpoint(self):
        return None

    def stop_requested(self):
        return False


def imported(paths, settings=None) -> tuple[list[tuple[Record, Files, RecordDraft]], list[Skipped]]:
    """Records of `paths` as the library would hold them, and what was skipped."""
    importer = SignalsImporter(settings)
    groups: dict[tuple[str, str], list[Found]] = {}
    skipped: list[Skipped] = []
    for item in importer.scan(paths):
        if isinstance(item, Skipped):
            skipped.append(item)
        else:
            groups.setdefault((item.person.key, item.group), []).append(item)
    made = []
    for group in groups.values():
        for draft in importer.assemble(group):
            if isinstance(draft, Skipped):
                skipped.append(draft)
                continue
            name = f"r-{len(made) + 1}"
            record = Record(name, "signals.recordings", draft.kind, group[0].person, draft.title, draft.subtitle,
                            draft.when, draft.meta, draft.notes)  # fmt: skip
            made.append((record, Files([group[index] for index in draft.files]), draft))
    return made, skipped


def one(paths, settings=None) -> tuple[Record, Files, RecordDraft]:
    """The only record of `paths`."""
    made, skipped = imported(paths, settings)
    assert len(made) == 1, (made, skipped)
    return made[0]


def write_wfdb(folder: Path, name: str, values: np.ndarray, rate: int = RATE, beats=(), said: int = 0) -> list[Path]:
    """A format-16 record of `values` (time, leads) in mV; `said` is the number of samples the header claims."""
    from medstation_samples.signals import encoded

    lines = [f"{name} {values.shape[1]} {rate} {said or len(values)} 08:00:00 01/03/2026"]
    lines += [f"{name}.dat 16 200/mV 16 0 0 0 0 {lead}" for lead in ("II", "V5", "V1")[: values.shape[1]]]
    paths = [folder / f"{name}.hea", folder / f"{name}.dat"]
    paths[0].write_text("\n".join(lines) + "\n")
    paths[1].write_bytes(np.rint(values * 200).astype("<i2").tobytes())
    if beats:
        paths.append(folder / f"{name}.atr")
        paths[2].write_bytes(encoded(list(beats)))
    return paths


def cases(made, parts) -> tuple[list[Case], Bench]:
    """Cases of imported records with their first label, and the bench that lends them."""
    labels = {record.id: draft.labels[0].payload for record, _, draft in made if draft.labels}
    found = [Case(record, record.id if record.id in labels else "", part)
             for (record, _, _), part in zip(made, parts, strict=True)]  # fmt: skip
    return found, Bench({record.id: files for record, files, _ in made}, labels)


def model(recipe: str, config: dict) -> ModelInfo:
    return ModelInfo("m-1", "model", 1, "candidate", "signals.recordings", recipe, config, {})


def quiet(done: float, text: str) -> None:
    """A report that nobody reads."""
