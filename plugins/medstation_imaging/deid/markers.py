"""What a de-identified object says of itself (PS3.15 E.2, CID 7050), and its file meta, made anew."""

from __future__ import annotations

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import UID

from medstation_imaging.deid.settings import Choices
from medstation_imaging.deid.table import EDITION

BASIC = ("113100", "Basic Application Confidentiality Profile")
CODES = {
    "pixels": ("113101", "Clean Pixel Data Option"),
    "clean_graphics": ("113103", "Clean Graphics Option"),
    "clean_structured": ("113104", "Clean Structured Content Option"),
    "clean_descriptors": ("113105", "Clean Descriptors Option"),
    "keep": ("113106", "Retain Longitudinal Temporal Information Full Dates Option"),
    "shift": ("113107", "Retain Longitudinal Temporal Information Modified Dates Option"),
    "keep_characteristics": ("113108", "Retain Patient Characteristics Option"),
    "keep_device": ("113109", "Retain Device Identity Option"),
    "keep_uids": ("113110", "Retain UIDs Option"),
    "keep_safe_private": ("113111", "Retain Safe Private Option"),
    "keep_institution": ("113112", "Retain Institution Identity Option"),
}
"""CID 7050 by choice; "keep" and "shift" are of dates, "pixels" is said when text was looked for in the picture."""


def mark(dataset: Dataset, choices: Choices, pixels_clean: bool, face: bool) -> None:
    """In place. `face`: the object may show one."""
    codes = [BASIC, *(CODES[name] for name in CODES if _chosen(name, choices, pixels_clean))]
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = [f"MedStation: PS3.15 {EDITION} annex E", *(text[:64] for _, text in codes)]
    dataset.DeidentificationMethodCodeSequence = Sequence([_code(value, text) for value, text in codes])
    dataset.LongitudinalTemporalInformationModified = {
        "remove": "REMOVED", "shift": "MODIFIED", "keep": "UNMODIFIED",
    }[choices.dates]  # fmt: skip
    if pixels_clean:
        dataset.BurnedInAnnotation = "NO"
    if face:
        dataset.RecognizableVisualFeatures = "YES"


def _chosen(name: str, choices: Choices, pixels_clean: bool) -> bool:
    if name == "pixels":
        return pixels_clean
    return choices.dates == name if name in ("keep", "shift") else bool(getattr(choices, name))


def _code(value: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "DCM", meaning
    return item


def fresh_meta(dataset: Dataset, syntax: str) -> FileMetaDataset:
    """File meta of the object alone: no AE titles, no private information, no names of programs."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.get("SOPClassUID", "")
    meta.MediaStorageSOPInstanceUID = dataset.get("SOPInstanceUID", "")
    meta.TransferSyntaxUID = UID(syntax)
    return meta
