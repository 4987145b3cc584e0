"""Every row of table E.1-1 carried out: a value is planted, and the finished element is what the action's code says.

At the top of the data set, in a sequence, and in a sequence of a sequence; in the basic profile and under each option
that says something about the row.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from test_deid_table import BY_OPTION, NONE, RULES, kind_of

from medstation_imaging.deid.dates import shifted
from medstation_imaging.deid.decide import decide
from medstation_imaging.deid.dummies import dummy
from medstation_imaging.deid.identity import Identity
from medstation_imaging.deid.pseudonyms import Pseudonyms
from medstation_imaging.deid.rewrite import PATIENT_ID, PATIENT_NAME, SUBJECTS, Rewrite
from medstation_imaging.deid.settings import Choices
from medstation_imaging.deid.table import Rule

NAME, UID = "QUASTENBERG", "1.2.826.77.1"
PSEUDONYMS = Pseudonyms(bytes(range(32)))
DAYS = PSEUDONYMS.days("p")
OUTER, INNER = 0x00081140, 0x00081199
BYTES = ("OB", "OW", "UN")
DATES = {"DA": "20230917", "DT": "20230917101112", "TM": "101112"}
VALUES: dict[str, Any] = {
    **DATES, "UI": UID, "DS": "17.5", "IS": "4711", "AS": "041Y", "AE": "LIVER", "CS": "LIVER", "PN": NAME,
    **dict.fromkeys(BYTES, b"liver!"),
}  # fmt: skip


def planted(kind: str, harmless: bool) -> Any:
    if kind == "SQ":
        item = Dataset()
        item.CodeMeaning, item.CodeValue = "liver" if harmless else f"liver {NAME}", "4711"
        item.ReferencedSOPInstanceUID = UID
        return Sequence([item])
    if kind == "AT":
        return 0x00100010
    if kind in VALUES:
        return VALUES[kind]
    if isinstance(dummy(kind), int | float):
        return type(dummy(kind))(47)
    return "liver" if harmless else f"liver {NAME}"


def rewritten(rule: Rule, kind: str, value: Any, choices: Choices, depth: int) -> Dataset:
    """The data set that held the element, after its data set was rewritten `depth` sequences above it."""
    holder = whole = Dataset()
    holder.add_new(rule.tag, kind, value)
    for tag in (OUTER, INNER)[:depth]:
        outer = Dataset()
        outer.add_new(tag, "SQ", Sequence([whole]))
        whole = outer
    Rewrite(choices, PSEUDONYMS, "p", Identity(names={NAME.lower()}, uids={UID}), NONE).run(whole)
    return holder


def checks(rule: Rule) -> Iterator[tuple[str, Choices]]:
    yield "basic", Choices()
    yield from ((option, BY_OPTION[option]) for option in rule.options)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.keyword)
def test_the_finished_element_is_what_its_code_says(rule: Rule) -> None:
    kind = kind_of(rule)
    for option, choices in checks(rule):
        for depth in range(3):
            act = decide(rule.tag, kind, "", choices, NONE, depth)
            value = planted(kind, harmless=act == "K")
            holder = rewritten(rule, kind, value, choices, depth)
            assert JUDGES[act](holder.get(rule.tag), rule, kind), f"{act}, {option}, {depth} deep"
            if act != "K":
                told = str(holder)
                assert NAME not in told and (kind == "UI" or UID not in told), f"{act}, {option}, {depth} deep"


def is_empty(element: Any, rule: Rule, kind: str) -> bool:
    if rule.tag in (PATIENT_NAME, PATIENT_ID):
        return str(element.value) == PSEUDONYMS.patient("p")
    if rule.tag in SUBJECTS:
        return len(str(element.value)) == 12
    return element is not None and (len(element.value) == 0 if kind == "SQ" else element.is_empty)


def is_dummy(element: Any, rule: Rule, kind: str) -> bool:
    if kind == "SQ":
        item = element.value[0]
        return item.CodeMeaning == dummy("LO") and item.ReferencedSOPInstanceUID == PSEUDONYMS.uid(UID)
    if kind == "UI":
        return str(element.value) == PSEUDONYMS.uid(UID)
    if rule.tag in (PATIENT_NAME, PATIENT_ID, *SUBJECTS):
        return is_empty(element, rule, kind)
    return not element.is_empty and element.value == dummy(kind)


def is_new_uid(element: Any, rule: Rule, kind: str) -> bool:
    value = element.value[0].ReferencedSOPInstanceUID if kind == "SQ" else element.value
    return str(value) == PSEUDONYMS.uid(UID)


def is_kept(element: Any, rule: Rule, kind: str) -> bool:
    if kind == "SQ":  # gone through: its own elements follow their own rules
        return element.value[0].CodeMeaning == "liver"
    if kind == "PN":
        return NAME not in str(element.value)
    return str(element.value) == str(planted(kind, harmless=True)) or element.value == planted(kind, harmless=True)


def is_clean(element: Any, rule: Rule, kind: str) -> bool:
    if kind in DATES:
        return str(element.value) == shifted(DATES[kind], kind, DAYS)
    if kind == "SQ":
        return element.value[0].CodeMeaning == "liver [removed]"
    return NAME not in str(element.value) and not element.is_empty


JUDGES: dict[str, Any] = {
    "X": lambda element, rule, kind: element is None,
    "Z": is_empty, "D": is_dummy, "U": is_new_uid, "K": is_kept, "C": is_clean,
}  # fmt: skip
