"""Image headers made fit to bind a SEG to: only what the SEG takes over, in UTF-8, without the source's own faults.

Real images carry empty or over-long values, codes of their de-identification software, and texts in old character
sets. A SEG that copied them would be invalid in turn.
"""

from __future__ import annotations

import re
from typing import Any

from pydicom.dataset import Dataset

UTF8 = "ISO_IR 192"
MAY_BE_EMPTY = ("PatientID", "PatientName", "PatientBirthDate", "PatientSex", "AccessionNumber", "StudyID", "StudyDate",
                "StudyTime", "ReferringPhysicianName", "PositionReferenceIndicator")  # fmt: skip
"""Attributes that a SEG must have, if only empty (DICOM type 2)."""
TAKEN = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "Modality",
         "Rows", "Columns", "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "NumberOfFrames",
         "DimensionOrganizationType", "StudyDescription", "PatientIdentityRemoved", "DeidentificationMethod",
         "LossyImageCompression", "LossyImageCompressionRatio", "LossyImageCompressionMethod")  # fmt: skip
PLANES = ("PixelMeasuresSequence", "PlaneOrientationSequence")
_FORMATS = {
    "PatientBirthDate": r"\d{8}",
    "StudyDate": r"\d{8}",
    "StudyTime": r"\d{2}(\d{2}(\d{2}(\.\d{1,6})?)?)?",
    "PatientSex": r"[MFO]",
}


def prepared(header: Dataset, slice_distance: float) -> Dataset:
    """A new header with what a SEG needs of `header`; `slice_distance` in mm."""
    made = Dataset()
    made.file_meta = header.file_meta
    made.SpecificCharacterSet = UTF8
    for name in (*MAY_BE_EMPTY, *TAKEN):
        value = _usable(name, header.get(name))
        if value is not None or name in MAY_BE_EMPTY:
            setattr(made, name, value)
    if made.get("PatientIdentityRemoved") == "YES" and not made.get("DeidentificationMethod"):
        made.DeidentificationMethod = "See the source images"
    if is_multiframe(header):
        _take_groups(made, header)
    else:
        made.SpacingBetweenSlices = made.SliceThickness = f"{slice_distance:.8g}"
    return made


def is_multiframe(header: Dataset) -> bool:
    """Whether the image is of the enhanced kind, whose frames each say where they lie."""
    return "PerFrameFunctionalGroupsSequence" in header


def _usable(name: str, value: Any) -> Any:
    """The value, texts as plain ones; None if it is empty or not in the format that DICOM asks for."""
    if value is None or value == "" or (name in _FORMATS and not re.fullmatch(_FORMATS[name], str(value).strip())):
        return None
    return str(value) if name in MAY_BE_EMPTY else value


def _take_groups(made: Dataset, header: Dataset) -> None:
    """The functional groups; what every frame repeats of the planes is said once for all."""
    own = header.PerFrameFunctionalGroupsSequence
    shared = header.SharedFunctionalGroupsSequence
    for name in PLANES:
        if name not in shared[0] and name in own[0]:
            setattr(shared[0], name, own[0][name].value)
    made.SharedFunctionalGroupsSequence = shared
    made.PerFrameFunctionalGroupsSequence = own
    for name in ("DimensionOrganizationSequence", "DimensionIndexSequence"):
        if name in header:
            setattr(made, name, header[name].value)
