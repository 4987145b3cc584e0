"""The data set without identity: every element through its rule, those inside of sequences too."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from medstation_imaging.deid.dates import shifted
from medstation_imaging.deid.decide import DATE_KINDS, decide
from medstation_imaging.deid.dummies import WORD, dummy
from medstation_imaging.deid.elements import TEXT_KINDS, Place, named, places, values_of
from medstation_imaging.deid.hollow import hollowed
from medstation_imaging.deid.identity import Identity
from medstation_imaging.deid.pseudonyms import Pseudonyms
from medstation_imaging.deid.scrub import cleaned, without_known
from medstation_imaging.deid.settings import Choices

PATIENT_NAME, PATIENT_ID, AGE = 0x00100010, 0x00100020, 0x00101010
SUBJECTS = frozenset({0x00120040, 0x00120042})
_NUMBER = re.compile(r"[\d+\-.eE \0]*")
_PROSE = frozenset({"ST", "LT", "UT", "UC"})
_LONGEST = {"AE": 16, "CS": 16, "SH": 16, "LO": 64, "ST": 1024, "LT": 10240}


@dataclass
class Rewrite:
    """One file's rewriting; `counts` says how often each action was taken."""

    choices: Choices
    pseudonyms: Pseudonyms
    patient: str
    identity: Identity
    sop_class: str
    counts: Counter[str] = field(default_factory=Counter)

    def run(self, dataset: Dataset, path: tuple[str, ...] = (), clean: bool = False) -> None:
        """In place. `clean`: inside of something that is kept cleaned, where all text is cleaned."""
        for place in places(dataset, path):
            self._one(place, clean)
        for group in {int(tag) >> 16 for tag in dataset.keys() if int(tag) >> 16 & 1}:  # noqa: SIM118
            _drop_empty_blocks(dataset, group)

    def _one(self, place: Place, clean: bool) -> None:
        if place.tag >> 16 & 1 and 0x10 <= place.tag & 0xFFFF <= 0xFF:
            return  # the owner of a private block goes with its block
        element = place.element()
        if element is None:
            self._remove(place, "unreadable")
            return
        act = decide(place.tag, element.VR, place.creator(), self.choices, self.sop_class, place.depth)
        if act == "X":
            self._remove(place, "X")
        elif element.VR == "SQ":
            self._sequence(place, element, act, clean)
        else:
            self._value(place, element, act, clean)
            self.counts[act] += 1

    def _remove(self, place: Place, why: str) -> None:
        del place.holder[place.tag]
        self.counts[why] += 1

    def _sequence(self, place: Place, element: DataElement, act: str, clean: bool) -> None:
        self.counts[act] += 1
        if act == "Z":
            element.value = Sequence()
            return
        for item in element.value or ():
            self.run(item, (*place.path, named(place.tag)), clean or act == "C")
            if act == "D":
                hollowed(item, self.pseudonyms)

    def _value(self, place: Place, element: DataElement, act: str, clean: bool) -> None:
        if act in ("Z", "D"):
            element.value = self._stand_in(place, element, act)
        elif act == "U":
            self._each(element, lambda old: self._uid(old) if old else old)
        elif element.VR in DATE_KINDS:
            if act == "C":
                days = self.pseudonyms.days(self.patient)
                self._each(element, lambda old: shifted(old, element.VR, days))
        elif element.VR in TEXT_KINDS and element.VR != "UI":
            self._text(place, element, clean or act == "C" or element.VR in _PROSE)

    def _uid(self, old: str) -> str:
        return old if old.startswith("1.2.840.10008.") else self.pseudonyms.uid(old)

    def _stand_in(self, place: Place, element: DataElement, act: str) -> object:
        if place.tag in (PATIENT_NAME, PATIENT_ID):
            return self.pseudonyms.patient(self.patient)
        if place.tag in SUBJECTS:
            return self.pseudonyms.word(str(place.tag), str(element.value))
        if element.VR == "UI":
            return self.pseudonyms.uid(str(element.value)) if act == "D" else ""
        return dummy(element.VR) if act == "D" else None if element.VR not in TEXT_KINDS else ""

    def _text(self, place: Place, element: DataElement, clean: bool) -> None:
        coded = element.VR in ("CS", "AE", "AS", "DS", "IS")

        def kept(text: str) -> str:
            if place.tag == AGE:
                return young(text)
            if coded:
                if element.VR in ("DS", "IS") and not _NUMBER.fullmatch(text):
                    return str(dummy(element.VR))
                if element.VR in ("DS", "IS") and len(text.strip()) < 6:
                    return text
                return text if without_known(text, self.identity, True) == text else str(dummy(element.VR))
            new = cleaned(text, self.identity) if clean else without_known(text, self.identity)
            return (new if new.strip() or not text.strip() else WORD)[: _LONGEST.get(element.VR, len(new))]

        before = [str(value) for value in values_of(element)]
        self._each(element, kept)
        if before != [str(value) for value in values_of(element)]:
            self.counts["cleaned"] += 1

    @staticmethod
    def _each(element: DataElement, change: object) -> None:
        """Every value through `change`; untouched when nothing differs, so that its bytes stay."""
        old = values_of(element)
        new = [change(str(value)) for value in old]  # type: ignore[operator]
        if new != [str(value) for value in old]:
            element.value = new if len(new) > 1 else new[0]


def young(age: str) -> str:
    """Ages above 89 become 90: few people reach them."""
    years = age.strip()
    return "090Y" if years.endswith("Y") and years[:-1].isdigit() and int(years[:-1]) > 89 else age


def _drop_empty_blocks(dataset: Dataset, group: int) -> None:
    """Owners of private blocks in which nothing is left."""
    tags = [int(tag) for tag in dataset.keys() if int(tag) >> 16 == group]  # noqa: SIM118
    used = {tag >> 8 & 0xFF for tag in tags if tag & 0xFFFF > 0xFF}
    for tag in tags:
        if tag & 0xFFFF <= 0xFF and (tag & 0xFF) not in used:
            del dataset[tag]
