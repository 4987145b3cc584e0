"""What is done to one element: the table's rule, the chosen options, and what the object needs."""

from __future__ import annotations

from pydicom.datadict import dictionary_has_tag
from pydicom.tag import Tag

from medstation_imaging.deid.iod_types import type_of
from medstation_imaging.deid.overlays import FORM, SAID
from medstation_imaging.deid.safe_private import is_safe
from medstation_imaging.deid.settings import Choices
from medstation_imaging.deid.table import Rule, rules

DATE_KINDS = ("DA", "DT", "TM")
CLASS_UIDS = frozenset({
    0x00080016, 0x00080062, 0x0008001A, 0x0008001B, 0x00081150, 0x0008115A, 0x0008010C, 0x00080117, 0x00080118,
    0x00041510, 0x0004151A, 0x00041512, 0x00080106, 0x00209311,
})  # fmt: skip
"""UIDs that name a kind of thing, never an instance; those of the standard's own root are such too."""
VERSIONS = frozenset({0x00080106, 0x00080107, 0x0040DB06, 0x0040DB07})
"""Dates of code lists and templates, of no patient: shifting them would make another version of them."""
REMOVED_GROUPS = frozenset({0x0000, 0x0002, 0x0004, 0xFFFA, 0xFFFC})


def decide(tag: int, kind: str, creator: str, choices: Choices, sop_class: str, depth: int) -> str:
    """One of X (remove), Z (empty), D (dummy), U (new UID), C (clean) and K (keep; sequences are gone through).

    `kind` is the element's VR, `creator` the owner of a private element, `depth` how many sequences it lies in.
    """
    group, number = tag >> 16, tag & 0xFFFF
    if group in REMOVED_GROUPS or number == 0 or group & 0xFF00 == 0x5000:
        return "X"
    if group & 0xFF00 == 0x6000:
        return _overlay(number, choices, depth)
    if Tag(tag).is_private:
        return "K" if choices.keep_safe_private and is_safe(tag, creator) else "X"
    rule = rules().get(tag)
    if rule is None:
        return _unlisted(tag, kind, choices)
    kept = _by_option(rule, kind, choices)
    if kept == "C" and kind in ("OB", "OW", "UN"):
        return "X"  # bytes that nobody can clean
    return kept or _basic(rule.basic, type_of(sop_class, tag, depth))


def chosen(choices: Choices) -> tuple[str, ...]:
    """The table's columns that count."""
    columns = {
        "uids": choices.keep_uids,
        "device": choices.keep_device,
        "institution": choices.keep_institution,
        "patient": choices.keep_characteristics,
        "full_dates": choices.dates == "keep",
        "modified_dates": choices.dates == "shift",
        "descriptors": choices.clean_descriptors,
        "structured": choices.clean_structured,
        "graphics": choices.clean_graphics,
    }
    return tuple(name for name, on in columns.items() if on)


def _overlay(number: int, choices: Choices, depth: int) -> str:
    """Planes left by `settle_overlays` keep their form under the option; nobody looked at those inside of sequences."""
    if not choices.clean_graphics or depth:
        return "X"
    return "K" if number in FORM else "C" if number in SAID else "X"


def _by_option(rule: Rule, kind: str, choices: Choices) -> str:
    """K or C where an option says so. A shifted date stays shifted, whatever other option would keep it."""
    said = [rule.options[name] for name in chosen(choices) if name in rule.options]
    if rule.tag in VERSIONS and said:
        return "K"
    if choices.dates == "shift" and "modified_dates" in rule.options:
        return "C"
    return "K" if "K" in said else "C" if "C" in said else ""


def _basic(code: str, needed: str) -> str:
    """A choice like "X/Z/D" by the type: removed if optional, empty if it may be, else a dummy."""
    ways = code.split("/")
    if len(ways) == 1:
        return code
    if "U*" in ways:
        return "X" if needed == "3" else "Z" if needed in ("2", "2C") else "U"
    wanted = {"3": "XZD", "2": "ZD", "2C": "ZD"}.get(needed, "DZ")
    return next((way for way in wanted if way in ways), ways[-1])


def _unlisted(tag: int, kind: str, choices: Choices) -> str:
    """Elements the table does not name: by their VR (note to table E.1-1), and unknown ones removed."""
    if not dictionary_has_tag(tag) or kind in ("UN", "AE", "UR"):
        return "X"
    if kind in DATE_KINDS:
        return {"remove": "D", "shift": "C", "keep": "K"}[choices.dates]
    if kind == "UI":
        return "K" if tag in CLASS_UIDS or choices.keep_uids else "U"
    return "D" if kind == "PN" else "K"
