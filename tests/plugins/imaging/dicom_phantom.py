"""Small DICOM series made on the spot: what a test wants of them, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import dcmwrite
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from medstation.api import Found, Record, RecordDraft, Skipped
from medstation_imaging.folder import PlainFiles, as_record
from medstation_imaging.importer import ImagingImporter
from medstation_imaging.volume import Volume, load

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
STUDY, SERIES = "1.2.3.4", "1.2.3.4.5"


def dataset(pixels: np.ndarray, number: int = 0, **elements: Any) -> FileDataset:
    """A CT slice of `pixels` (y, x), at z = `number` mm unless `elements` says otherwise; None removes an element."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = f"{SERIES}.{number + 1}"
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    signed = pixels.dtype.kind == "i"
    plain: dict[str, Any] = {
        "SOPClassUID": CTImageStorage, "SOPInstanceUID": meta.MediaStorageSOPInstanceUID, "Modality": "CT",
        "StudyInstanceUID": STUDY, "SeriesInstanceUID": SERIES, "PatientID": "P1", "PatientName": "One^Test",
        "PatientBirthDate": "19500101", "PatientSex": "O", "StudyDate": "20240102", "StudyTime": "101500",
        "SeriesDescription": "chest", "InstanceNumber": number + 1, "SliceThickness": "99",
        "ImagePositionPatient": [0, 0, float(number)], "ImageOrientationPatient": list(AXIAL),
        "PixelSpacing": [0.7, 0.8], "SamplesPerPixel": 1, "PhotometricInterpretation": "MONOCHROME2",
        "Rows": pixels.shape[0], "Columns": pixels.shape[1], "BitsAllocated": pixels.itemsize * 8,
        "BitsStored": pixels.itemsize * 8, "HighBit": pixels.itemsize * 8 - 1, "PixelRepresentation": int(signed),
        "RescaleSlope": "1", "RescaleIntercept": "-1024", "WindowCenter": "40", "WindowWidth": "400",
        "PixelData": np.ascontiguousarray(pixels).tobytes(),
    }  # fmt: skip
    for name, value in (plain | elements).items():
        if value is not None:
            setattr(made, name, value)
    if "PixelData" in made:
        made["PixelData"].VR = "OW" if pixels.itemsize > 1 else "OB"
    return made


def pixels_of(number: int, shape: tuple[int, int] = (6, 5), kind: Any = np.int16) -> np.ndarray:
    """Pixels that tell which slice they are: `number` in the corner, and a ramp."""
    ramp = np.arange(shape[0] * shape[1]).reshape(shape) % 100
    ramp[0, 0] = number
    return ramp.astype(kind)


def write(folder: Path, name: str, made: Dataset) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    dcmwrite(path, made, enforce_file_format=True)
    return path


def write_series(folder: Path, positions: Sequence[Sequence[float]], **elements: Any) -> list[Path]:
    """One slice per position; slice k holds the value k in its corner."""
    return [
        write(folder, f"{k:03}.dcm", dataset(pixels_of(k), k, ImagePositionPatient=list(place), **elements))
        for k, place in enumerate(positions)
    ]


def assemble(paths: Sequence[Path]) -> tuple[list[tuple[Record, PlainFiles]], list[Skipped]]:
    """The records of files, as an import makes them, and what was skipped."""
    importer = ImagingImporter({})
    groups: dict[tuple[str, str], list[Found]] = {}
    skipped: list[Skipped] = []
    for answer in importer.scan(paths):
        if isinstance(answer, Skipped):
            skipped.append(answer)
        else:
            groups.setdefault((answer.person.key, answer.group), []).append(answer)
    records = []
    for group in groups.values():
        for draft in importer.assemble(group):
            if isinstance(draft, RecordDraft):
                records.append(as_record(draft, group))
            else:
                skipped.append(draft)
    return records, skipped


def only(paths: Sequence[Path]) -> tuple[Record, PlainFiles]:
    """The one record that the files make."""
    records, skipped = assemble(paths)
    assert not skipped
    assert len(records) == 1
    return records[0]


def loaded(record: Record, files: PlainFiles) -> Volume:
    return load(record, files, quiet)


def quiet(done: float, text: str) -> None:
    assert 0 <= done <= 1
