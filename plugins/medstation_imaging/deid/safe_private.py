"""Private elements that the standard lists as safe (PS3.15 table E.3.10-1), of those that hold numbers.

Listed ones that hold text, UIDs, sequences or bytes are left out: their content is not known to be harmless.
"""

from __future__ import annotations

_SAFE: dict[tuple[str, int], str] = {
    ("ELSCINT1", 0x00E1): "21 50",
    ("ELSCINT1", 0x01F1): "07 26 27",
    ("GEIIS PACS", 0x0903): "10 11 12",
    ("GEMS_ACQU_01", 0x0019): "23 24 27",
    ("GEMS_HELIOS_01", 0x0045): "01 02",
    ("GEMS_PARM_01", 0x0043): "39 6F",
    ("GEMS_SERS_01", 0x0025): "07",
    ("Philips Imaging DD 001", 0x2001): (
        "01 02 03 08 09 0A 0F 11 13 14 15 16 17 18 1A 1B 1D 22 23 2D 32 35 60 7B 81 82 83 84 85 86 88 89 8A"
    ),
    ("Philips MR Imaging DD 001", 0x2005): "0D 0E",
    ("Philips PET Private Group", 0x7053): "00 09",
    ("SIEMENS MR HEADER", 0x0019): "0C 0E 27",
}
SAFE = frozenset(
    (creator, group, int(number, 16)) for (creator, group), numbers in _SAFE.items() for number in numbers.split()
)


def is_safe(tag: int, creator: str) -> bool:
    """Whether a private element may stay. The element that reserves a block is handled with the block."""
    return (creator.strip(), tag >> 16, tag & 0xFF) in SAFE and (tag & 0xFFFF) > 0x00FF
