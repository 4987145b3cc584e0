"""Facts of planes and values, of a whole image or, in the functional groups of enhanced files, frame by frame."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from medstation.api import Json
from medstation_imaging import dicom_tags as tags
from medstation_imaging.dicom_elements import Elements


def plane_facts(elements: Elements) -> Json:
    """Where a plane lies (mm, patient LPS): only complete values."""
    facts: Json = {}
    for name, tag, count in (
        ("position", tags.POSITION, 3),
        ("orientation", tags.ORIENTATION, 6),
        ("spacing", tags.SPACING, 2),
    ):
        if len(values := elements.numbers(tag)) == count:
            facts[name] = values
    return facts


def rescale_facts(elements: Elements) -> Json:
    facts: Json = {}
    for name, tag in (("slope", tags.SLOPE), ("intercept", tags.INTERCEPT)):
        if values := elements.numbers(tag):
            facts[name] = values[0]
    if texts := elements.texts(tags.RESCALE_TYPE):
        facts["rescale_type"] = texts[0]
    return facts


def window_facts(elements: Elements) -> Json:
    """The first display window as [centre, width]."""
    centre, width = elements.numbers(tags.WINDOW_CENTRE), elements.numbers(tags.WINDOW_WIDTH)
    return {"window": [centre[0], width[0]]} if centre and width and width[0] > 0 else {}


def frame_facts(elements: Elements) -> Json:
    """`shared`: facts of all frames; `each`: one object per frame with what differs."""
    shared = _group_facts(elements.items(tags.SHARED_GROUPS))
    each = [_group_facts([item]) for item in elements.items(tags.FRAME_GROUPS)]
    for facts in each:
        for name in [name for name, value in facts.items() if shared.get(name) == value]:
            del facts[name]
    return {"shared": shared, "each": each}


def frames_of(facts: Json) -> Iterator[Json]:
    """The facts of each frame of a file: one for a plain image, one per frame of a multi-frame file."""
    count = facts.get("frames", 1)
    shared, each = facts.get("shared"), facts.get("each")
    if each is None:
        for _ in range(count):
            yield facts
        return
    whole = {name: value for name, value in facts.items() if name not in ("shared", "each")} | (shared or {})
    for number in range(count):
        yield whole | (each[number] if number < len(each) else {})


def _group_facts(groups: Any) -> Json:
    facts: Json = {}
    for group in groups[:1]:
        for tag, read in _READERS:
            for item in group.items(tag)[:1]:
                facts |= read(item)
    return facts


def _content(item: Elements) -> Json:
    facts: Json = {}
    if texts := item.texts(tags.STACK_ID):
        facts["stack"] = texts[0]
    if values := item.longs(tags.TEMPORAL_INDEX):
        facts["temporal"] = values[0]
    if values := item.longs(tags.DIMENSION_VALUES):
        facts["dimensions"] = values
    return facts


def _echo(item: Elements) -> Json:
    return {"echo_time": values[0]} if (values := item.doubles(tags.EFFECTIVE_ECHO_TIME)) else {}


def _trigger(item: Elements) -> Json:
    return {"trigger": values[0]} if (values := item.doubles(tags.TRIGGER_DELAY)) else {}


def _frame_type(item: Elements) -> Json:
    return {"image_type": values} if (values := item.texts(tags.FRAME_TYPE)) else {}


def _diffusion(item: Elements) -> Json:
    facts: Json = {"b_value": values[0]} if (values := item.doubles(tags.B_VALUE)) else {}
    for direction in item.items(tags.GRADIENT_SEQUENCE)[:1]:
        if vector := direction.doubles(tags.GRADIENT):
            facts["gradient"] = vector
    return facts


_READERS = (
    (tags.MEASURES_SEQUENCE, plane_facts),
    (tags.POSITION_SEQUENCE, plane_facts),
    (tags.ORIENTATION_SEQUENCE, plane_facts),
    (tags.RESCALE_SEQUENCE, rescale_facts),
    (tags.WINDOW_SEQUENCE, window_facts),
    (tags.CONTENT_SEQUENCE, _content),
    (tags.ECHO_SEQUENCE, _echo),
    (tags.DIFFUSION_SEQUENCE, _diffusion),
    (tags.TRIGGER_SEQUENCE, _trigger),
    (tags.MR_FRAME_TYPE_SEQUENCE, _frame_type),
    (tags.CT_FRAME_TYPE_SEQUENCE, _frame_type),
)
