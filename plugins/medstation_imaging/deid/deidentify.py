"""The way through all files: what the core calls. Originals are read only, nothing is overwritten."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from medstation.api import BadInput, FileSource, Json, ReportProgress, SettingValue, must_be_new, new_file
from medstation_imaging.deid.looking import refusal, seen_in
from medstation_imaging.deid.one_file import Desk, Done, deidentified, learn
from medstation_imaging.deid.parsing import is_dicom
from medstation_imaging.deid.pseudonyms import Pseudonyms
from medstation_imaging.deid.report import readable, summary
from medstation_imaging.deid.review import FILE, confirmed_boxes, preview, sheet
from medstation_imaging.deid.settings import Choices

REPORT, TEXT = "deidentification.json", "deidentification.txt"


def deidentify(
    files: FileSource, out: Path, settings: Mapping[str, SettingValue], key: bytes, report: ReportProgress
) -> Json:
    """Copies of `files` without identity under `out`, made with `key`; see `medstation.api.work.Deidentify`."""
    choices = Choices.of(settings)
    return _review(files, out, report) if choices.review else _Batch(files, out, choices, key).run(report)


class _Batch:
    """One call: what was written and refused so far."""

    def __init__(self, files: FileSource, out: Path, choices: Choices, key: bytes) -> None:
        must_be_new(out / REPORT, out / TEXT)
        given = choices.confirm_pixels
        confirmed = {} if given in ("", "auto") else confirmed_boxes(given)
        self.desk = Desk(choices, Pseudonyms(key), confirmed)
        self.files, self.out = files, out
        self.written: list[Json] = []
        self.refused: list[Json] = []
        self.skipped = 0
        self.digests: dict[str, str] = {}

    def run(self, report: ReportProgress) -> Json:
        self._gather(report)
        for index in range(len(self.files)):
            report((1 + 3 * index / len(self.files)) / 4, f"file {index + 1} of {len(self.files)}")
            data = self.files.read(index)
            if not is_dicom(data):
                self.skipped += 1
                continue
            try:
                self._write(index, data)
            except BadInput as error:
                self.refused.append(refusal(index, error))
        told = summary(self.desk.choices, self.written, self.refused)
        _save(self.out / REPORT, (json.dumps(told, indent=1, ensure_ascii=False) + "\n").encode())
        _save(self.out / TEXT, readable(told).encode())
        names = {one["number"]: self.files.name(one["number"] - 1) for one in self.refused}
        return told | {"out": str(self.out), "no_dicom": self.skipped, "sources": names}

    def _gather(self, report: ReportProgress) -> None:
        """Who all these files are about, before any of them is written."""
        for index in range(len(self.files)):
            report(index / len(self.files) / 4, f"looking into file {index + 1} of {len(self.files)}")
            data = self.files.read(index)
            if is_dicom(data):
                with suppress(BadInput):  # said when it is its turn to be written
                    learn(data, self.desk)

    def _write(self, index: int, data: bytes) -> None:
        digest = sha256(data).hexdigest()
        if digest in self.digests:
            raise BadInput(f"it is the same as source {self.digests[digest]}", "Nothing is lost.")
        done = deidentified(data, self.desk)
        path = self._free(done)
        _save(path, done.data)
        self.digests[digest] = str(index + 1)
        name = path.relative_to(self.out).as_posix()
        self.written.append({"number": index + 1, "name": name} | done.facts)

    def _free(self, done: Done) -> Path:
        """Two different files may bear one UID: both are kept."""
        path = self.out / done.name
        for number in range(2, 1000):
            if not path.exists():
                return path
            path = path.with_name(f"{done.name.stem}_{number}.dcm")
        raise BadInput("hundreds of files bear its UID", "Give them one by one.")


def _review(files: FileSource, out: Path, report: ReportProgress) -> Json:
    """Previews of every picture that may hold text, and the sheet to confirm."""
    must_be_new(out / FILE)
    entries: list[Json] = []
    refused: list[Json] = []
    for one in seen_in(files, report, refused):
        name = f"{len(entries) + 1:05}.png"
        _save(out / name, preview(one.picture, one.boxes))
        entries.append(one.entry(name))
    _save(out / FILE, sheet(entries).encode())
    names = {one["number"]: files.name(one["number"] - 1) for one in refused}
    return {
        "review": str(out / FILE), "pictures": len(entries), "refused": len(refused), "refusals": refused,
        "sources": names,
    }  # fmt: skip


def _save(path: Path, data: bytes) -> None:
    with new_file(path) as file:
        file.write(data)
