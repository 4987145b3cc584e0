"""Every rule of PS3.15 table E.1-1 (2026c), in the basic profile and under every option."""

from __future__ import annotations

import itertools

import pytest
from pydicom.datadict import dictionary_has_tag, dictionary_VR, keyword_for_tag
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from medstation_imaging.deid.decide import VERSIONS, decide
from medstation_imaging.deid.dummies import dummy
from medstation_imaging.deid.identity import Identity
from medstation_imaging.deid.iod_types import type_of
from medstation_imaging.deid.pseudonyms import Pseudonyms
from medstation_imaging.deid.rewrite import Rewrite
from medstation_imaging.deid.settings import Choices
from medstation_imaging.deid.table import Rule, rules

NONE, CT = "1.2.3", "1.2.840.10008.5.1.4.1.1.2"
BY_OPTION = {
    "uids": Choices(keep_uids=True), "device": Choices(keep_device=True), "institution": Choices(keep_institution=True),
    "patient": Choices(keep_characteristics=True), "full_dates": Choices(dates="keep"),
    "modified_dates": Choices(dates="shift"), "descriptors": Choices(clean_descriptors=True),
    "structured": Choices(clean_structured=True), "graphics": Choices(clean_graphics=True),
}  # fmt: skip
RULES = list(rules().values())


def kind_of(rule: Rule) -> str:
    kind = dictionary_VR(rule.tag) if dictionary_has_tag(rule.tag) else "SQ" if "Sequence" in rule.keyword else "LO"
    return kind.split(" or ")[0]


def test_the_table_is_whole() -> None:
    assert len(RULES) == 652
    assert {way for rule in RULES for way in rule.basic.split("/")} == {"X", "Z", "D", "U", "U*"}
    counts = {name: sum(name in rule.options for rule in RULES) for name in BY_OPTION}
    assert counts == {
        "uids": 60, "device": 59, "institution": 10, "patient": 19, "full_dates": 169, "modified_dates": 169,
        "descriptors": 139, "structured": 4, "graphics": 1,
    }  # fmt: skip
    for rule in RULES:
        if dictionary_has_tag(rule.tag) and dictionary_VR(rule.tag) in ("DA", "DT", "TM"):
            of_birth = rule.keyword in ("PatientBirthDate", "PatientBirthTime", "GPSTimeStamp")
            assert ("full_dates" in rule.options) != of_birth, rule.keyword


def test_the_table_agrees_with_the_dictionary_of_the_standard() -> None:
    """PS3.6, as pydicom knows it: names, which elements are UIDs, and which are dates (above)."""
    known = [rule for rule in RULES if dictionary_has_tag(rule.tag)]
    assert len(known) >= 627
    assert [rule.keyword for rule in known] == [keyword_for_tag(rule.tag) for rule in known]
    for rule in known:
        if dictionary_VR(rule.tag) == "UI" and rule.keyword not in ("UID", "DigitalSignatureUID"):
            assert rule.options.get("uids") == "K", rule.keyword
        elif dictionary_VR(rule.tag) not in ("UI", "SQ"):
            assert "U" not in rule.basic and "uids" not in rule.options, rule.keyword


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.keyword)
def test_the_basic_profile_does_what_the_table_says(rule: Rule) -> None:
    if rule.tag >> 16 in (0x0000, 0x0002, 0x0004):  # commands, file meta and directories are made anew or left out
        assert decide(rule.tag, kind_of(rule), "", Choices(), NONE, 0) == "X"
        return
    act = decide(rule.tag, kind_of(rule), "", Choices(), NONE, 0)
    ways = rule.basic.replace("U*", "U").split("/")
    assert act in ways
    if len(ways) > 1:  # the object is not known: the way that is valid everywhere
        assert act == next(way for way in "UDZX" if way in ways)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.keyword)
def test_options_do_what_the_table_says(rule: Rule) -> None:
    for option, choices in BY_OPTION.items():
        act = decide(rule.tag, kind_of(rule), "", choices, NONE, 0)
        said = rule.options.get(option)
        if rule.tag >> 16 in (0x0000, 0x0002, 0x0004):
            assert act == "X"
        elif said is None:
            assert act == decide(rule.tag, kind_of(rule), "", Choices(), NONE, 0), option
        elif said == "C" and kind_of(rule) in ("OB", "UN"):
            assert act == "X", option  # nobody can clean bytes
        elif said == "C" and rule.tag in VERSIONS:
            assert act == "K", option  # the version of a code list is nobody's date
        else:
            assert act == said, option


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.keyword)
def test_no_value_survives_the_basic_profile(rule: Rule) -> None:
    kind, holder = kind_of(rule), Dataset()
    if rule.tag >> 16 == 2 or kind == "AT":
        return
    planted: object = {
        "SQ": Sequence([_item()]),
        "OB": b"QUASTENBERG!",
        "OW": b"QUASTENBERG!",
        "UN": b"QUASTENBERG!",
    }.get(
        kind,
        {
            "DA": "20230917",
            "DT": "20230917101112",
            "TM": "101112.13",
            "UI": "1.2.826.77.1",
            "DS": "17.5",
            "IS": "4711",
        }.get(kind),
    )
    if planted is None:
        planted = 4711 if isinstance(dummy(kind), int) else 47.5 if isinstance(dummy(kind), float) else "QUASTENBERG"
    for depth in range(2):
        holder = Dataset()
        holder.add_new(rule.tag, kind, planted)
        outer = Dataset()
        outer.add_new(0x00081140, "SQ", Sequence([holder]))
        _rewrite(outer if depth else holder)
        told = str(outer if depth else holder)
        assert not any(sign in told for sign in ("QUASTENBERG", "20230917", "101112", "1.2.826.77.1", "17.5", "4711"))


def _item() -> Dataset:
    item = Dataset()
    item.PatientName, item.CodeMeaning, item.ReferencedSOPInstanceUID = "QUASTENBERG", "QUASTENBERG", "1.2.826.77.1"
    return item


def _rewrite(dataset: Dataset) -> None:
    identity = Identity(names={"quastenberg"}, uids={"1.2.826.77.1"})
    Rewrite(Choices(), Pseudonyms(bytes(32)), "p", identity, NONE).run(dataset)


@pytest.mark.parametrize(
    "group, number", list(itertools.product((0x5000, 0x5012, 0x6000, 0x601E), (0x0010, 0x3000, 0x4000)))
)
def test_curves_and_overlays_go_unless_graphics_are_cleaned(group: int, number: int) -> None:
    for option, choices in BY_OPTION.items():
        if option == "graphics" and group >= 0x6000:
            assert decide(group << 16 | number, "OW", "", choices, NONE, 0) in ("K", "C")
            assert decide(group << 16 | number, "OW", "", choices, NONE, 1) == "X"  # nobody looked at it
            continue
        assert decide(group << 16 | number, "OW", "", choices, NONE, 0) == "X"


def test_private_elements_go_unless_the_standard_calls_them_safe() -> None:
    safe, unsafe = 0x00191027, 0x00191033
    kept = Choices(keep_safe_private=True)
    assert decide(safe, "DS", "GEMS_ACQU_01", Choices(), NONE, 0) == "X"
    assert decide(safe, "DS", "GEMS_ACQU_01", kept, NONE, 0) == "K"
    assert decide(safe, "DS", "SOMEBODY ELSE", kept, NONE, 0) == "X"
    assert decide(unsafe, "DS", "GEMS_ACQU_01", kept, NONE, 0) == "X"


def test_conditional_rules_follow_what_the_object_needs() -> None:
    assert type_of(CT, 0x00080023, 0) == "2C"
    assert decide(0x00080023, "DA", "", Choices(), CT, 0) == "Z"  # content date, Z/D
    assert decide(0x00080012, "DA", "", Choices(), CT, 0) == "X"  # instance creation date, X/D, optional in a CT
    assert decide(0x00081140, "SQ", "", Choices(), NONE, 0) == "U"  # referenced images, X/Z/U*
    secondary = "1.2.840.10008.5.1.4.1.1.88.33"
    assert type_of(secondary, 0x00080023, 0) == "1"
    assert decide(0x00080023, "DA", "", Choices(), secondary, 0) == "D"


@pytest.mark.parametrize(
    "tag, kind, act",
    [
        (0x00189999, "LO", "X"),
        (0x00089215, "SQ", "K"),
        (0x00280010, "PN", "D"),
        (0x0008010D, "UI", "U"),
        (0x00081190, "UR", "X"),
    ],
)
def test_elements_the_table_does_not_name_are_judged_by_their_kind(tag: int, kind: str, act: str) -> None:
    assert decide(tag, kind, "", Choices(), NONE, 0) == act
