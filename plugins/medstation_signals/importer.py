"""The importer of signals: WFDB, EDF, DICOM waveforms and tables of measurements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from medstation.api import FileSource, Found, Record, RecordDraft, SettingValue, Skipped
from medstation_signals.csv_scan import is_table, scan_table, table_records, wants_table
from medstation_signals.dicom_wave import dicom_records, scan_dicom, wants_dicom
from medstation_signals.edf_read import edf_records, scan_edf, wants_edf
from medstation_signals.wfdb_record import wfdb_records
from medstation_signals.wfdb_scan import REFERENCE, WfdbScan


class SignalsImporter:
    """A `medstation.api.Importer`; `settings` say how tables are read (see `import_settings`)."""

    def __init__(self, settings: Mapping[str, SettingValue] | None = None) -> None:
        self._settings = {name: value for name, value in (settings or {}).items() if value not in ("", 0)}
        self._patient = str(self._settings.get("patient", ""))
        self._wfdb = WfdbScan(self._patient)

    def wants(self, path: Path) -> bool:
        if not path.is_file() or not path.stat().st_size:
            return False
        if self._wfdb.wants(path) or wants_edf(path):
            return True
        return wants_table(path, self._settings) if is_table(path) else wants_dicom(path)

    def scan(self, paths: Iterable[Path]) -> Iterator[Found | Skipped]:
        for path in paths:
            try:
                yield from self._scan(path)
            except OSError as error:
                yield Skipped(path, f"cannot be read: {error.strerror or error}", "Check the file and its permissions.")

    def _scan(self, path: Path) -> Iterator[Found | Skipped]:
        if not path.is_file():
            yield Skipped(path, "is not there", "Check the path.")
        elif not path.stat().st_size:
            yield Skipped(path, "is empty", "Copy it again.")
        elif path.name == REFERENCE or path.suffix == ".hea":
            yield from self._wfdb.scan([path])
        elif is_table(path):
            yield from scan_table(path, self._settings)
        elif wants_edf(path):
            yield scan_edf(path, self._patient)
        elif wants_dicom(path):
            yield scan_dicom(path)
        else:
            yield from self._wfdb.scan([path])

    def assemble(self, group: Sequence[Found]) -> Sequence[RecordDraft | Skipped]:
        return _ASSEMBLERS[group[0].facts["format"]](group)

    def thumbnail(self, record: Record, files: FileSource) -> bytes | None:
        from medstation_signals.thumbnail import thumbnail

        return thumbnail(record, files)


_ASSEMBLERS = {"wfdb": wfdb_records, "edf": edf_records, "csv": table_records, "dicom": dicom_records}
