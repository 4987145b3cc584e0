"""Which files make a WFDB record: its header, its signals, its annotations, its segments."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from medstation.api import BadInput, Found, Json, Person, Skipped
from medstation_signals.wfdb_annotations import parse_annotations
from medstation_signals.wfdb_formats import UNREADABLE
from medstation_signals.wfdb_header import parse_header

REFERENCE = "REFERENCE.csv"
"""The table beside the records of a PhysioNet challenge: record, class."""
_LARGEST_ANNOTATION = 64 << 20


class Folder:
    """The WFDB headers of one folder, read once: which file belongs to which record."""

    def __init__(self, folder: Path) -> None:
        self.headers: dict[str, Json] = {}
        self.faults: dict[str, BadInput] = {}
        self.signals: dict[str, str] = {}
        self.masters: dict[str, str] = {}
        for path in sorted(folder.glob("*.hea")):
            self._read(path)
        self.classes = _reference(folder / REFERENCE) if self.headers else {}

    def _read(self, path: Path) -> None:
        try:
            header = parse_header(path.read_bytes(), path.name)
        except (BadInput, OSError) as error:
            self.faults[path.name] = (
                error if isinstance(error, BadInput) else BadInput(f"{path.name} cannot be read: {error.strerror}")
            )
            return
        self.headers[path.stem] = header
        for signal in header["signals"]:
            self.signals.setdefault(signal["file"], path.stem)
        for name, _ in header["segments"]:
            self.masters[name] = path.stem

    def owner(self, path: Path) -> str:
        """The name of the record that the file is part of, "" for none."""
        stem = self.signals.get(path.name) or (path.stem if path.stem in self.headers else "")
        return self.masters.get(stem, stem)

    def rate(self, record: str) -> float:
        return float(self.headers[record]["rate"])


class WfdbScan:
    """Looks at files with the headers beside them; folders are read once per import."""

    def __init__(self, patient: str = "") -> None:
        self._patient = patient
        self._folders: dict[Path, Folder] = {}

    def wants(self, path: Path) -> bool:
        if path.suffix == ".hea":
            return True
        if path.name == REFERENCE:
            return any(path.parent.glob("*.hea"))
        return path.suffix not in (".csv", ".txt", ".json", ".edf", ".bdf") and bool(self._folder(path).owner(path))

    def _folder(self, path: Path) -> Folder:
        return self._folders.setdefault(path.parent, Folder(path.parent))

    def scan(self, paths: Iterable[Path]) -> Iterator[Found | Skipped]:
        for path in paths:
            try:
                yield self._one(path)
            except OSError as error:
                yield Skipped(path, f"cannot be read: {error.strerror or error}", "Check its permissions.")
            except BadInput as error:
                yield Skipped(path, error.message, error.hint)

    def _one(self, path: Path) -> Found | Skipped:
        folder = self._folder(path)
        if path.name == REFERENCE:
            return Skipped(path, "its classes are read with the records they name", harmless=True)
        if path.name in folder.faults:
            raise folder.faults[path.name]
        owner = folder.owner(path)
        if not owner:
            return Skipped(path, "no WFDB header beside it names it", "Import it together with its .hea file.")
        packed = _packed(folder.headers[owner])
        if packed:
            return Skipped(path, f"the signals of {owner} are packed as {packed}", "Unpack them with the WFDB tools.")
        facts: Json = {"format": "wfdb", "file": path.name, "record": owner}
        if path.suffix == ".hea":
            header = folder.headers[path.stem]
            facts |= {"role": "header", "header": header, "class": folder.classes.get(path.stem, "")}
        elif path.name in folder.signals:
            facts |= {"role": "signal", "size": path.stat().st_size}
        else:
            facts |= self._annotation(path, folder.rate(owner))
        return Found(path, f"wfdb/{path.parent.name}/{owner}", Person(self._patient or owner), facts)

    def _annotation(self, path: Path, rate: float) -> Json:
        if path.stat().st_size > _LARGEST_ANNOTATION:
            raise BadInput(f"{path.name} is too large for annotations", "Give the annotations of one record.")
        read = parse_annotations(path.read_bytes(), path.name)
        return {
            "role": "annotation",
            "annotator": path.suffix[1:],
            "samples": read.samples,
            "symbols": read.symbols,
            "texts": {str(index): text for index, text in enumerate(read.texts) if text},
            "rate": read.rate or rate,
        }


def _packed(header: Json) -> str:
    """How all signals of a record are packed, when that cannot be read."""
    forms = [signal["format"] for signal in header["signals"]]
    return UNREADABLE[forms[0]] if forms and all(form in UNREADABLE for form in forms) else ""


def _reference(path: Path) -> dict[str, str]:
    """Record -> class of a challenge's table; empty when there is none."""
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        rows = [row for row in csv.reader(file) if len(row) >= 2]
    return {row[0].strip(): row[1].strip() for row in rows}
