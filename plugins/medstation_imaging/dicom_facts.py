"""What is noted of a DICOM header: JSON-safe facts, enough to group, place, decode and show the images later."""

from __future__ import annotations

from collections.abc import Callable

from medstation.api import Json, Person
from medstation_imaging import dicom_tags as tags
from medstation_imaging.dicom_elements import Elements
from medstation_imaging.dicom_frames import frame_facts, plane_facts, rescale_facts, window_facts

_TEXTS = {
    "sop_class": tags.SOP_CLASS,
    "sop": tags.SOP_INSTANCE,
    "study": tags.STUDY,
    "series": tags.SERIES,
    "frame_of_reference": tags.FRAME_OF_REFERENCE,
    "modality": tags.MODALITY,
    "manufacturer": tags.MANUFACTURER,
    "model": tags.MODEL,
    "institution": tags.INSTITUTION,
    "study_description": tags.STUDY_DESCRIPTION,
    "series_description": tags.SERIES_DESCRIPTION,
    "protocol": tags.PROTOCOL,
    "body_part": tags.BODY_PART,
    "laterality": tags.LATERALITY,
    "view": tags.VIEW,
    "photometric": tags.PHOTOMETRIC,
    "units": tags.UNITS,
    "document_title": tags.DOCUMENT_TITLE,
    "acquisition_time": tags.ACQUISITION_TIME,
    "content_time": tags.CONTENT_TIME,
}
_INTEGERS = {
    "series_number": tags.SERIES_NUMBER,
    "acquisition": tags.ACQUISITION_NUMBER,
    "instance": tags.INSTANCE_NUMBER,
    "echo": tags.ECHO_NUMBER,
    "temporal": tags.TEMPORAL_POSITION,
    "frames": tags.FRAMES,
}
_NUMBERS = {
    "echo_time": tags.ECHO_TIME,
    "trigger": tags.TRIGGER_TIME,
    "tube_voltage": tags.TUBE_VOLTAGE,
    "frame_time": tags.FRAME_TIME,
    "frame_reference_time": tags.FRAME_REFERENCE_TIME,
}
_WORDS = {
    "rows": tags.ROWS,
    "columns": tags.COLUMNS,
    "samples": tags.SAMPLES,
    "planar": tags.PLANAR,
    "bits_allocated": tags.BITS_ALLOCATED,
    "bits_stored": tags.BITS_STORED,
    "high_bit": tags.HIGH_BIT,
    "signed": tags.SIGNED,
}


def _text(elements: Elements, tag: int) -> str | None:
    return (values[0] or None) if (values := elements.texts(tag)) else None


def _integer(elements: Elements, tag: int) -> int | None:
    values = elements.numbers(tag)
    return int(values[0]) if values and values[0] == int(values[0]) else None


def _number(elements: Elements, tag: int) -> float | None:
    return values[0] if (values := elements.numbers(tag)) else None


def _word(elements: Elements, tag: int) -> int | None:
    return values[0] if (values := elements.words(tag)) else None


_READERS: dict[int, tuple[str, Callable[[Elements, int], str | int | float | None]]] = {
    tag: (name, read)
    for names, read in ((_TEXTS, _text), (_INTEGERS, _integer), (_NUMBERS, _number), (_WORDS, _word))
    for name, tag in names.items()
}


def image_facts(elements: Elements) -> Json:
    """Facts by name; what the header lacks is left out."""
    facts: Json = {}
    for tag in elements.tags():
        field = _READERS.get(tag)
        if field is not None and (value := field[1](elements, tag)) is not None:
            facts[field[0]] = value
    facts |= plane_facts(elements) | rescale_facts(elements) | window_facts(elements) | _diffusion(elements)
    return facts | _rest(elements)


def _rest(elements: Elements) -> Json:
    facts: Json = {}
    if image_type := elements.texts(tags.IMAGE_TYPE):
        facts["image_type"] = image_type
    if len(spacing := elements.numbers(tags.DETECTOR_SPACING)) == 2:
        facts["detector_spacing"] = spacing
    if elements.has(tags.MODALITY_LUT):
        facts["lut"] = True
    if when := _when(elements):
        facts["when"] = when
    if elements.has(tags.FRAME_GROUPS):
        facts |= frame_facts(elements)
    return facts


def _diffusion(elements: Elements) -> Json:
    facts: Json = {}
    if values := elements.doubles(tags.B_VALUE):
        facts["b_value"] = values[0]
    if values := elements.doubles(tags.GRADIENT):
        facts["gradient"] = values
    return facts


_DATES = (
    (tags.SERIES_DATE, tags.SERIES_TIME),
    (tags.ACQUISITION_DATE, tags.ACQUISITION_TIME),
    (tags.STUDY_DATE, tags.STUDY_TIME),
    (tags.CONTENT_DATE, tags.CONTENT_TIME),
)


def _when(elements: Elements) -> str:
    """The series' date and time, else the next best, as ISO 8601."""
    for date_tag, time_tag in _DATES:
        if date := iso_date("".join(elements.texts(date_tag)[:1])):
            time = "".join(elements.texts(time_tag)[:1]).replace(":", "")[:6]
            return f"{date}T{time[:2]}:{time[2:4]}:{time[4:]}" if len(time) == 6 and time.isdigit() else date
    return ""


def iso_date(text: str) -> str:
    """`20240131` (or the old `2024.01.31`) as `2024-01-31`; "" for anything else."""
    digits = text.replace(".", "").strip()
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}" if len(digits) == 8 and digits.isdigit() else ""


def person(elements: Elements) -> Person:
    """The patient. Without a PatientID the key is made of what else is known, so that nobody is mixed with another."""
    name = _readable("".join(elements.texts(tags.PATIENT_NAME)[:1]))
    born = iso_date("".join(elements.texts(tags.BIRTH_DATE)[:1]))
    key = "".join(elements.texts(tags.PATIENT_ID)[:1])
    if not key and name:
        key = f"no ID: {name} {born}".strip()
    if not key:
        key = "no ID: study " + "".join(elements.texts(tags.STUDY)[:1])
    return Person(key, name, "".join(elements.texts(tags.SEX)[:1]), born)


def _readable(name: str) -> str:
    """A person name (PS3.5 6.2.1) for reading: `Yamada^Tarou=山田^太郎` as `Yamada, Tarou (山田 太郎)`."""
    groups = [[part.strip() for part in group.split("^") if part.strip()] for group in name.split("=")[:2]]
    latin = ", ".join(filter(None, [groups[0][0], " ".join(groups[0][1:])])) if groups[0] else ""
    local = " ".join(groups[1]) if len(groups) > 1 else ""
    return f"{latin} ({local})" if latin and local else latin or local
