"""Makes a DICOM SEG of a mask, bound to the images it was drawn on. Type BINARY, which every reader knows."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import highdicom
import numpy as np
from highdicom.seg import SegmentAlgorithmTypeValues, Segmentation, SegmentationTypeValues, SegmentDescription
from pydicom.dataset import Dataset
from pydicom.sr.coding import Code
from pydicom.uid import UID, generate_uid

from medstation.api import API_VERSION, ModelInfo
from medstation_imaging.seg_sources import prepared

MAKER = "MedStation"
SERIES_NUMBER = 900

_TISSUE = Code("85756007", "SCT", "Tissue")
_STRUCTURE = Code("123037004", "SCT", "Anatomical Structure")
_ABNORMAL = Code("49755003", "SCT", "Morphologically Abnormal Structure")
_MEANINGS = {
    "nodule": (_ABNORMAL, Code("27925004", "SCT", "Nodule")),
    "lesion": (_ABNORMAL, Code("52988006", "SCT", "Lesion")),
    "tumor": (_ABNORMAL, Code("4147007", "SCT", "Mass")),
    "tumour": (_ABNORMAL, Code("4147007", "SCT", "Mass")),
    "mass": (_ABNORMAL, Code("4147007", "SCT", "Mass")),
    "cyst": (_ABNORMAL, Code("367643001", "SCT", "Cyst")),
    "lung": (_STRUCTURE, Code("39607008", "SCT", "Lung")),
    "heart": (_STRUCTURE, Code("80891009", "SCT", "Heart")),
    "liver": (_STRUCTURE, Code("10200004", "SCT", "Liver")),
    "spleen": (_STRUCTURE, Code("78961009", "SCT", "Spleen")),
    "kidney": (_STRUCTURE, Code("64033007", "SCT", "Kidney")),
    "prostate": (_STRUCTURE, Code("41216001", "SCT", "Prostate")),
    "brain": (_STRUCTURE, Code("12738006", "SCT", "Brain")),
}


@dataclass(frozen=True)
class Origin:
    """Who or what drew the mask: a person (`model` None), or a model."""

    author: str
    model: ModelInfo | None = None


def build(
    sources: Sequence[Dataset],
    frames: np.ndarray,
    names: Sequence[str],
    origin: Origin,
    slice_distance: float,
    **more: Any,
) -> Segmentation:
    """A SEG of `frames`, uint8 (n, rows, columns) with 1.. for `names`: one for each source image, in their order.

    `sources` are headers of single-frame images `slice_distance` mm apart, or the one header of a multi-frame image
    with n frames. `more` goes to `highdicom.seg.Segmentation` (UIDs and dates, where they must be known beforehand).
    """
    described = [_describe(number, name, origin) for number, name in enumerate(names, start=1)]
    fixed: dict[str, Any] = {
        "series_instance_uid": generate_uid(prefix=None),
        "sop_instance_uid": generate_uid(prefix=None),
        "series_number": SERIES_NUMBER,
        "instance_number": 1,
        "series_description": _short(f"{MAKER}: {', '.join(names)}"),
        "content_label": "SEGMENTATION",
        "content_description": _short(f"by {origin.model.name}" if origin.model else "drawn by a person"),
        "content_creator_name": _person(origin.author),
    }
    with warnings.catch_warnings():
        # highdicom warns of patient names with one component; the name must stay what it is in the images.
        warnings.simplefilter("ignore", UserWarning)
        return Segmentation(
            source_images=[prepared(source, slice_distance) for source in sources],
            pixel_array=frames,
            segmentation_type=SegmentationTypeValues.BINARY,
            segment_descriptions=described,
            manufacturer=MAKER,
            manufacturer_model_name=MAKER,
            software_versions=f"API {API_VERSION}",
            device_serial_number=origin.model.id if origin.model else "0",
            **(fixed | more),
        )


def pin(segmentation: Dataset, uid: str, date: str, time: str) -> None:
    """Replace what differs from one making of a SEG to the next: the UID of its dimensions, and when it was made."""
    for item in (*segmentation.DimensionOrganizationSequence, *segmentation.DimensionIndexSequence):
        item.DimensionOrganizationUID = UID(uid)
    for equipment in segmentation.get("ContributingEquipmentSequence", []):
        equipment.ContributionDateTime = date + time
    segmentation.InstanceCreationDate, segmentation.InstanceCreationTime = date, time


def _describe(number: int, name: str, origin: Origin) -> SegmentDescription:
    category, kind = _meaning(name)
    if origin.model is None:
        return SegmentDescription(number, _short(name), category, kind, SegmentAlgorithmTypeValues.MANUAL)
    algorithm = highdicom.AlgorithmIdentificationSequence(
        name=_short(origin.model.name),
        version=str(origin.model.version),
        family=Code("123110", "DCM", "Artificial Intelligence"),
    )
    kind_of_work = SegmentAlgorithmTypeValues.AUTOMATIC
    return SegmentDescription(number, _short(name), category, kind, kind_of_work, algorithm)


def _meaning(name: str) -> tuple[Code, Code]:
    """SNOMED CT codes for a segment's name, as far as its words tell; "tissue" otherwise."""
    words = "".join(letter if letter.isalpha() else " " for letter in name.lower()).split()
    known = (_MEANINGS.get(word) or _MEANINGS.get(word.removesuffix("s")) for word in words)
    return next((meaning for meaning in known if meaning), (_TISSUE, _TISSUE))


def _person(author: str) -> str | None:
    """A person name (VR PN): with one component it ends in a caret, or it would read as the retired form."""
    name = author.replace("\\", " ").replace("=", " ").strip()[:63]
    return (name if "^" in name else f"{name}^") if name else None


def _short(text: str) -> str:
    """At most the 64 characters that DICOM gives a line (VR LO), without its separator."""
    return text.replace("\\", "/")[:64]
