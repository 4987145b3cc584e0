"""Writes a phantom as what a hospital would send: a CT series in DICOM, and its mask as a DICOM SEG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid5

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from medstation_imaging import seg_build
from medstation_samples.grid import Array, Grid

NAMESPACE = UUID("6f1d5e0a-5a07-4c5e-9d5b-0d3a3f1f7c42")
OFFSET = 1024
TIME = "101500"
MAKER = "MedStation samples"


@dataclass(frozen=True)
class Study:
    """Whom the images are of, and all that names them. Nobody: the people are made up."""

    patient_id: str
    patient_name: str
    sex: str
    birth_date: str
    date: str
    seed: int

    def uid(self, what: str) -> str:
        """A UID (2.25.x) that is the same each time for the same seed, patient and `what`."""
        return f"2.25.{uuid5(NAMESPACE, f'{self.seed}/{self.patient_id}/{what}').int}"


def write_series(study: Study, grid: Grid, values: Array, folder: Path) -> list[Dataset]:
    """One file per slice, `values` being HU int16 (z, y, x); returns the slices' headers, bottom first."""
    folder.mkdir(parents=True, exist_ok=True)
    stored = (values.astype(np.int32) + OFFSET).clip(0, 4095).astype("<u2")
    common, headers = _study_facts(study, grid), []
    for index, pixels in enumerate(stored):
        header = _slice(common, study, grid, index)
        header.PixelData = pixels.tobytes()
        header.save_as(folder / f"CT{index + 1:04}.dcm", enforce_file_format=True)
        del header.PixelData
        headers.append(header)
    return headers


def write_mask(study: Study, headers: Sequence[Dataset], mask: Array, names: Sequence[str], path: Path) -> None:
    """The SEG of `mask`, uint8 (z, y, x), drawn on the slices of `headers`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    segmentation = seg_build.build(
        headers,
        mask,
        names,
        seg_build.Origin("Demo^Reader"),
        float(headers[0].SpacingBetweenSlices),
        series_instance_uid=study.uid("labels"),
        sop_instance_uid=study.uid("labels/1"),
        content_date=study.date,
        content_time=TIME,
        series_date=study.date,
        series_time=TIME,
    )
    seg_build.pin(segmentation, study.uid("dimensions"), study.date, TIME)
    segmentation.save_as(path)


def _slice(common: Dataset, study: Study, grid: Grid, index: int) -> Dataset:
    header = Dataset()
    header.update(common)
    header.file_meta = FileMetaDataset()
    header.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    z, y, x = grid.origin
    header.SOPInstanceUID = study.uid(f"slice/{index}")
    header.InstanceNumber = index + 1
    header.SliceLocation = round(z + index * grid.spacing[0], 4)
    header.ImagePositionPatient = [round(x, 4), round(y, 4), header.SliceLocation]
    return header


def _study_facts(study: Study, grid: Grid) -> Dataset:
    """What all slices share."""
    header = Dataset()
    header.SpecificCharacterSet = "ISO_IR 100"
    header.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    header.SOPClassUID = CTImageStorage
    header.StudyDate = header.SeriesDate = header.AcquisitionDate = header.ContentDate = study.date
    header.StudyTime = header.SeriesTime = header.AcquisitionTime = header.ContentTime = TIME
    header.AccessionNumber = header.ReferringPhysicianName = header.PositionReferenceIndicator = ""
    header.StudyID = "1"
    header.Modality, header.BodyPartExamined, header.PatientPosition = "CT", "CHEST", "HFS"
    header.Manufacturer = header.ManufacturerModelName = MAKER
    header.StudyDescription, header.SeriesDescription = "CT chest (made by code)", "Chest 1.0 soft"
    header.PatientID, header.PatientName = study.patient_id, study.patient_name
    header.PatientBirthDate, header.PatientSex = study.birth_date, study.sex
    header.StudyInstanceUID, header.SeriesInstanceUID = study.uid("study"), study.uid("series")
    header.FrameOfReferenceUID = study.uid("frame of reference")
    header.SeriesNumber, header.AcquisitionNumber, header.KVP = 2, 1, 120
    header.SamplesPerPixel, header.PhotometricInterpretation = 1, "MONOCHROME2"
    header.BitsAllocated, header.BitsStored, header.HighBit, header.PixelRepresentation = 16, 12, 11, 0
    header.RescaleIntercept, header.RescaleSlope, header.RescaleType = -OFFSET, 1, "HU"
    header.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    header.PixelSpacing = [round(grid.spacing[1], 6), round(grid.spacing[2], 6)]
    header.SliceThickness = header.SpacingBetweenSlices = round(grid.spacing[0], 4)
    header.Rows, header.Columns = grid.shape[1:]
    header.WindowCenter, header.WindowWidth = [-500, 50], [1500, 400]
    header.WindowCenterWidthExplanation = ["LUNG", "SOFT TISSUE"]
    return header
