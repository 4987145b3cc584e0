"""What a person can choose: the options of PS3.15 annex E, declared once. The default is the basic profile alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from medstation.api import Setting, SettingValue

DEIDENTIFY_SETTINGS = (
    Setting(
        "dates", "choice", "remove", "Dates",
        "remove them, shift them by one number of days for each patient, or keep them.",
        choices=("remove", "shift", "keep"),
    ),
    Setting("keep_uids", "switch", False, "Keep UIDs", "Otherwise new ones, the same for every file of a study."),
    Setting("keep_device", "switch", False, "Keep device identity", "Stations, serial numbers, calibration."),
    Setting("keep_institution", "switch", False, "Keep institution", "Name, address and department of the hospital."),
    Setting("keep_characteristics", "switch", False, "Keep patient characteristics", "Sex, age to 89, size, weight, …"),
    Setting("clean_descriptors", "switch", False, "Keep cleaned descriptions", "Descriptions and comments, cleaned."),
    Setting("clean_structured", "switch", False, "Keep cleaned reports", "Content of structured reports, cleaned."),
    Setting("clean_graphics", "switch", False, "Keep cleaned graphics", "Overlays without print, and annotations."),
    Setting("keep_safe_private", "switch", False, "Keep safe private elements", "Those that the standard lists."),
    Setting(
        "documents", "choice", "refuse", "Enclosed documents",
        "refuse files that enclose a PDF, or drop: put a blank page in its place.",
        choices=("refuse", "drop"),
    ),
    Setting(
        "confirm_pixels", "text", "", "Burnt-in text",
        'Of pictures that may hold text: "" refuses them, "auto" blanks what is found, a file blanks what a person '
        "confirmed in it.",
    ),
    Setting("review", "switch", False, "Review", "Write previews and the boxes found, to be confirmed; nothing else."),
)  # fmt: skip


@dataclass(frozen=True)
class Choices:
    """The settings' values, by name."""

    dates: str = "remove"
    keep_uids: bool = False
    keep_device: bool = False
    keep_institution: bool = False
    keep_characteristics: bool = False
    clean_descriptors: bool = False
    clean_structured: bool = False
    clean_graphics: bool = False
    keep_safe_private: bool = False
    documents: str = "refuse"
    confirm_pixels: str = ""
    review: bool = False

    @classmethod
    def of(cls, settings: Mapping[str, SettingValue]) -> Choices:
        return cls(**settings)  # type: ignore[arg-type]
