"""Which objects may carry text in their picture, enclose documents, or show a face."""

from __future__ import annotations

import re

from pydicom.dataset import Dataset

ALWAYS = frozenset((
    "US", "IVUS", "ES", "XC", "GM", "SM", "OP", "OPT", "OCT", "OAM", "SC", "OT",
    "DOC", "ECG", "EPS", "HC", "AU", "BI", "EC",
))  # fmt: skip
"""Modalities whose pictures come with text on them, whatever they say."""
UNLESS_SAID = frozenset((
    "CR", "DX", "MG", "PX", "IO", "XA", "RF", "RG", "DG", "TG", "LS",
))  # fmt: skip
"""Modalities whose pictures may: trusted where the object says that nothing is burnt in."""
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
VIDEO = re.compile(r"1\.2\.840\.10008\.1\.2\.4\.10\d(\.1)?")
_CROSS_SECTIONAL = frozenset({"CT", "MR", "PT"})
_HEAD = re.compile(
    r"\b(head|brain|skull|face|facial|crani\w*|cereb\w*|neuro\w*|orbit\w*|sinus\w*|iac|stroke|pituitary|temporal bone|"
    r"maxill\w*|mandib\w*|jaw|dental|hirn|kopf|sch(?:ä|ae)del|gesicht|hnc|head.?neck)\b",
    re.IGNORECASE,
)


def text_risk(dataset: Dataset) -> str:
    """Why the picture may hold burnt-in text, or ""."""
    if not any(name in dataset for name in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")):
        return ""
    modality = str(dataset.get("Modality", "")).strip().upper()
    kind = {part.upper() for part in _values(dataset, "ImageType")}
    if str(dataset.get("BurnedInAnnotation", "")).strip().upper() == "YES":
        return "it says itself that text is burnt in"
    if str(dataset.get("SOPClassUID", "")).startswith(SECONDARY_CAPTURE):
        return "it is a secondary capture"
    if modality in ALWAYS:
        return f"pictures of modality {modality} often hold text"
    if kind & {"CAPTURE", "DOSE_INFO", "REPORT"} or "SCREEN" in " ".join(kind):
        return "it is a copy of a screen"
    if int(dataset.get("SamplesPerPixel", 1) or 1) > 1:
        return f"it is a colour picture of modality {modality or 'unknown'}"
    said = str(dataset.get("BurnedInAnnotation", "")).strip().upper() == "NO"
    if modality in UNLESS_SAID and not said:
        return f"pictures of modality {modality} may hold text, and it does not say that it holds none"
    return "" if modality else "its modality is unknown"


def may_show_face(dataset: Dataset) -> bool:
    """A CT, MR or PET of the head, from which a face can be drawn."""
    if str(dataset.get("Modality", "")).strip().upper() not in _CROSS_SECTIONAL:
        return False
    names = (
        "BodyPartExamined", "StudyDescription", "SeriesDescription", "ProtocolName", "RequestedProcedureDescription",
    )  # fmt: skip
    said = " ".join(text for name in names for text in _values(dataset, name)).replace("_", " ")
    regions = dataset.get("AnatomicRegionSequence") or ()
    said += " ".join(str(item.get("CodeMeaning", "")) for item in regions)
    return bool(_HEAD.search(said))


def _values(dataset: Dataset, name: str) -> list[str]:
    value = dataset.get(name)
    if value is None or value == "":
        return []
    several = not isinstance(value, str) and hasattr(value, "__iter__")
    return [str(part) for part in value] if several else [str(value)]
