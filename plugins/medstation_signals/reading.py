"""Reading a record's signals from its files, whatever their format."""

from __future__ import annotations

from collections.abc import Sequence

from medstation.api import BadInput, FileSource, Record, ReportProgress
from medstation_signals.csv_read import load_csv
from medstation_signals.dicom_wave import load_dicom
from medstation_signals.edf_read import load_edf
from medstation_signals.recording import Recording
from medstation_signals.wfdb_read import load_wfdb


def quiet(done: float, text: str) -> None:
    """For readers that are too quick to report on."""


def load(
    record: Record,
    files: FileSource,
    report: ReportProgress = quiet,
    channels: Sequence[int] | None = None,
    until: float = float("inf"),
) -> Recording:
    """The record's signals; only those numbered in `channels`, and only the first `until` seconds, where that saves
    reading."""
    kind = files.facts(0)["format"] if len(files) else ""
    if kind == "wfdb":
        return load_wfdb(files, report, channels, until)
    if kind == "edf":
        return load_edf(files, report, channels, until)
    if kind == "csv":
        return load_csv(files)
    if kind == "dicom":
        return load_dicom(files, int(record.meta.get("group", 0)))
    raise BadInput(f"{record.title!r} has no signals that can be read.", "Import it again from its source.")
