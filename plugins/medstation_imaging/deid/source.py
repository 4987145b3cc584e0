"""Who a source file is about: its patient's identity, and every value in it that could give people away."""

from __future__ import annotations

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from medstation_imaging.deid.decide import CLASS_UIDS, DATE_KINDS, decide
from medstation_imaging.deid.elements import Place, everywhere, texts_of
from medstation_imaging.deid.identity import Identity
from medstation_imaging.deid.settings import Choices
from medstation_imaging.deid.table import rules

BIRTH_DATE = 0x00100030
_HARMLESS = frozenset({
    0x00100040, 0x00101010, 0x00101020, 0x00101030, 0x00102160, 0x001021A0, 0x001021C0, 0x00102203, 0x00080201,
    0x00102150, 0x00102152, 0x00101080, 0x00101081, 0x001021F0, 0x04000600,
})  # fmt: skip
"""Removed, but shared by many people (sex, age, country, …): their values prove nothing elsewhere."""


def patient_identity(dataset: Dataset) -> str:
    """What tells the patient from others: the ID and its issuer, else name and birth date, else the study."""
    number, issuer = str(dataset.get("PatientID", "") or "").strip(), dataset.get("IssuerOfPatientID", "") or ""
    if number:
        return f"{number}\0{str(issuer).strip()}"
    name, born = str(dataset.get("PatientName", "") or "").strip(), dataset.get("PatientBirthDate", "") or ""
    if name:
        return f"{name}\0{born}"
    return str(dataset.get("StudyInstanceUID", "") or dataset.get("SOPInstanceUID", ""))


def identity_of(dataset: Dataset, choices: Choices) -> Identity:
    """The values that must not turn up in the output, given what was chosen to be kept."""
    found = Identity()
    sop_class = str(dataset.get("SOPClassUID", ""))
    for place, element in everywhere(dataset):
        act = decide(place.tag, element.VR, place.creator(), choices, sop_class, place.depth)
        if act != "K" and not place.creator():
            _note(found, place, element, act, choices)
    return found


def _note(found: Identity, place: Place, element: DataElement, act: str, choices: Choices) -> None:
    kind, tag = element.VR, place.tag
    for text in texts_of(element):
        if kind == "PN":
            found.add_name(text)
        elif kind == "UI":
            if act != "C" and _is_instance(tag, text) and not choices.keep_uids:
                found.uids.add(text.strip())
        elif kind in ("DA", "DT"):
            if tag == BIRTH_DATE or choices.dates != "keep":
                found.add_date(text.strip())
        elif kind not in DATE_KINDS and act in ("X", "Z", "D") and _identifies(tag):
            for line in text.splitlines():
                found.add_value(line)


def _is_instance(tag: int, uid: str) -> bool:
    """Whether a UID is of one thing, not of a kind of things, and long enough to be of anything."""
    return tag not in CLASS_UIDS and not uid.startswith("1.2.840.10008.") and len(uid.strip()) >= 6


def _identifies(tag: int) -> bool:
    """Whether a text element's value points at people or places: rows of the table that are no descriptions."""
    rule = rules().get(tag)
    return rule is not None and "descriptors" not in rule.options and tag not in _HARMLESS
