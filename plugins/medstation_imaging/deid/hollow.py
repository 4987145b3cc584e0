"""Items of a sequence that must be there but may say nothing: their form stays, every value in them is a dummy."""

from __future__ import annotations

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from medstation_imaging.deid.decide import CLASS_UIDS
from medstation_imaging.deid.dummies import dummy
from medstation_imaging.deid.elements import TEXT_KINDS, places
from medstation_imaging.deid.pseudonyms import Pseudonyms

FORM = frozenset({
    0x0040A040, 0x0040A010, 0x0040A050, 0x0040A130, 0x00700023, 0x00700003, 0x00700004, 0x00700005, 0x00700020,
    0x00700021, 0x00700024, 0x00700015, 0x00700012, 0x00700002, 0x0040B000, 0x0040A0B0,
})  # fmt: skip
"""Elements that say what kind of thing an item is: value type, relationship, graphic type and its number of points."""


def hollowed(item: Dataset, pseudonyms: Pseudonyms) -> None:
    """In place; UIDs were replaced before and stay, so that references hold."""
    for place in places(item):
        element = place.element()
        if element is None:
            del item[place.tag]
        elif element.VR == "SQ":
            for inner in element.value or ():
                hollowed(inner, pseudonyms)
        elif place.tag not in FORM and place.tag not in CLASS_UIDS and element.VR != "UI":
            _empty(element)


def _empty(element: DataElement) -> None:
    if element.VR in TEXT_KINDS or element.VM <= 1:
        element.value = dummy(element.VR) if element.value not in (None, "", b"") else element.value
    else:
        element.value = [dummy(element.VR)] * element.VM
