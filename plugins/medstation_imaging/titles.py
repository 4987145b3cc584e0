"""Titles and one-line descriptions of records."""

from __future__ import annotations

from medstation.api import Json


def title(facts: Json, distance: float | None) -> str:
    """Such as `CT chest 1.0 mm`: the modality, the best description at hand, and the slice distance if not named."""
    modality = facts.get("modality", "")
    text = next(filter(None, (facts.get(name, "") for name in ("series_description", "protocol"))), "")
    if not text:
        text = facts.get("body_part", "").capitalize() or facts.get("study_description", "")
    if modality and not text.upper().startswith(modality):
        text = f"{modality} {text}".strip()
    if distance is not None and not any(character.isdigit() for character in text):
        text = f"{text} {distance:.1f} mm"
    return text or "Images"


def count_text(images: int, distance: float | None) -> str:
    """Such as `600 images · 1.25 mm`."""
    count = "1 image" if images == 1 else f"{images} images"
    return count if distance is None else f"{count} · {distance:.2f} mm"


def when(facts: Json) -> str:
    return str(facts.get("when", ""))
