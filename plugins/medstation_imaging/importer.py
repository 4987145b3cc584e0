"""The importer of imaging: DICOM series and NIfTI files become records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from medstation.api import FileSource, Found, Record, RecordDraft, SettingValue, Skipped
from medstation_imaging import scan


class ImagingImporter:
    """A `medstation.api.Importer`. It has no settings and keeps nothing between calls."""

    def __init__(self, settings: Mapping[str, SettingValue]) -> None:
        """`settings` is empty: DICOM and NIfTI files say all that is needed themselves."""

    def wants(self, path: Path) -> bool:
        return scan.wants(path)

    def scan(self, paths: Iterable[Path]) -> Iterator[Found | Skipped]:
        return scan.scan(paths)

    def assemble(self, group: Sequence[Found]) -> Sequence[RecordDraft | Skipped]:
        from medstation_imaging.assemble import assemble_series
        from medstation_imaging.nifti import nifti_record

        if group and group[0].facts["format"] == "nifti":
            used, *others = group
            reason = f"is another {used.facts['name']}; one of that name and folder name is used"
            return [nifti_record(used, 0), *(Skipped(found.path, reason, "Give it another name.") for found in others)]
        return assemble_series(group)

    def thumbnail(self, record: Record, files: FileSource) -> bytes | None:
        from medstation_imaging.thumbnail import thumbnail

        return thumbnail(record, files)
