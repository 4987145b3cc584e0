"""A series taken apart into stacks: slices of one size and direction, one slice at each position."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from medstation.api import Json
from medstation_imaging import geometry
from medstation_imaging.dicom_kinds import can_decode, is_colour

SAME_DIRECTION = 1e-3


@dataclass(frozen=True, slots=True)
class Frame:
    """One image: frame `number` of file `file` (index into the group), with its facts."""

    file: int
    number: int
    facts: Json


@dataclass(frozen=True)
class Stack:
    """Frames that belong together, in order. `part` names the stack within its series and depends on its content only.

    `heights` are mm along the normal; None for images without a place in the patient.
    """

    frames: tuple[Frame, ...]
    part: str
    heights: np.ndarray | None = None
    notes: tuple[str, ...] = ()


def split(frames: Sequence[Frame]) -> list[Stack]:
    """All stacks of a series, the largest first."""
    found: list[Stack] = []
    for key, members in _by_shape(frames).items():
        part = _part(key)
        if key[-1] is None:
            found.append(Stack(tuple(sorted(members, key=_time_order)), part))
        else:
            found += _by_place(members, part, members[0].facts["orientation"])
    return sorted(found, key=lambda stack: (-len(stack.frames), stack.part))


def placed(facts: Json) -> bool:
    return "position" in facts and "orientation" in facts and "spacing" in facts


def _by_shape(frames: Sequence[Frame]) -> dict[tuple[Hashable, ...], list[Frame]]:
    """Frames by size, colour, pixel spacing and direction (the key's last member; None without a place)."""
    groups: dict[tuple[Hashable, ...], list[Frame]] = defaultdict(list)
    directions: list[tuple[float, ...]] = []
    known: dict[tuple[float, ...], tuple[float, ...] | None] = {}
    for frame in frames:
        facts = frame.facts
        spacing = direction = None
        if placed(facts):
            exact = tuple(facts["orientation"])
            if exact not in known:
                known[exact] = _direction(exact, directions)
            direction = known[exact]
            spacing = tuple(round(value, 4) for value in facts["spacing"])
        look = "" if can_decode(facts) else " undecodable"
        look = f" colour{look}" if is_colour(facts) else look
        key = (facts["rows"], facts["columns"], look, spacing if direction else None, direction)
        groups[key].append(frame)
    return groups


def _direction(exact: tuple[float, ...], directions: list[tuple[float, ...]]) -> tuple[float, ...] | None:
    """The known direction that `exact` equals but for rounding; itself if it is new; None if it is no direction."""
    try:
        geometry.axes(exact)
    except ValueError:
        return None
    for other in directions:
        if max(abs(a - b) for a, b in zip(exact, other, strict=True)) < SAME_DIRECTION:
            return other
    directions.append(exact)
    return exact


def _part(key: tuple[Hashable, ...]) -> str:
    rows, columns, look, spacing, direction = key
    size = f"{columns}x{rows}{look}"
    if not isinstance(direction, tuple):
        return size
    if isinstance(spacing, tuple):
        size += " " + ",".join(f"{value:g}" for value in spacing)
    return size + " " + ",".join(f"{value:.2f}".replace("-0.00", "0.00") for value in direction)


def _time_order(frame: Frame) -> tuple[int, int, str, int]:
    facts = frame.facts
    return facts.get("acquisition", 0), facts.get("instance", 0), facts.get("sop", ""), frame.number


def _by_place(frames: list[Frame], part: str, orientation: Sequence[float]) -> list[Stack]:
    positions = np.array([frame.facts["position"] for frame in frames], float)
    heights = geometry.distances(positions, orientation)
    order = np.argsort(heights, kind="stable")
    steps = np.diff(heights[order]) > geometry.SAME_PLACE_MM
    if bool(steps.all()):
        return [Stack(tuple(frames[i] for i in order), part, heights[order])]
    places = np.empty(len(frames), int)
    places[order] = np.concatenate([[0], np.cumsum(steps)])
    if places.max() == 0:
        return [Stack(tuple(sorted(frames, key=_time_order)), part, None, _one_place(len(frames)))]
    members = list(zip(frames, heights.tolist(), places.tolist(), strict=True))
    return _numbered(_separate(members, ()), part)


def _one_place(count: int) -> tuple[str, ...]:
    return (f"All {count} images lie at the same position; they are shown one after the other.",)


Member = tuple[Frame, float, int]
"""A frame, its height in mm, and the number of its place."""

DIVIDERS = (
    ("stack", "stack"),
    ("temporal", "time point"),
    ("echo", "echo"),
    ("echo_time", "echo time"),
    ("b_value", "b-value"),
    ("gradient", "gradient direction"),
    ("trigger", "trigger time"),
    ("tube_voltage", "tube voltage"),
    ("frame_reference_time", "frame time"),
    ("image_type", "image type"),
    ("acquisition", "acquisition"),
    ("acquisition_time", "acquisition time"),
    ("content_time", "content time"),
)


def _separate(members: list[Member], labels: tuple[str, ...]) -> list[tuple[list[Member], tuple[str, ...]]]:
    """Groups in which every place holds one frame, with what tells each group from the others."""
    places = {place for _, _, place in members}
    if len(places) == len(members):
        return [(members, labels)]
    for name, title in DIVIDERS:
        groups: dict[str, list[Member]] = defaultdict(list)
        values: dict[str, object] = {}
        for member in members:
            value = member[0].facts.get(name)
            groups[repr(value)].append(member)
            values[repr(value)] = value
        if len(groups) > 1 and all(2 * len({place for *_, place in group}) >= len(places) for group in groups.values()):
            keys = sorted(groups, key=lambda key: _sortable(values[key]))
            return [
                found for key in keys for found in _separate(groups[key], (*labels, f"{title} {_text(values[key])}"))
            ]
    return _by_turn(members, labels)


def _by_turn(members: list[Member], labels: tuple[str, ...]) -> list[tuple[list[Member], tuple[str, ...]]]:
    """The first frame of every place in acquisition order, then the second ones, ..."""
    turns: dict[int, list[Member]] = defaultdict(list)
    seen: dict[int, int] = defaultdict(int)
    for member in sorted(members, key=lambda member: _time_order(member[0])):
        turns[seen[member[2]]].append(member)
        seen[member[2]] += 1
    return [(group, (*labels, f"image {turn + 1} of the same position")) for turn, group in turns.items()]


def _sortable(value: object) -> tuple[int, float, str]:
    if isinstance(value, int | float):
        return 1, float(value), ""
    return (0, 0.0, "") if value is None else (2, 0.0, str(value))


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list):
        return "\\".join(_text(part) for part in value)
    return "none" if value is None else str(value)


def _numbered(groups: list[tuple[list[Member], tuple[str, ...]]], part: str) -> list[Stack]:
    stacks = []
    for index, (members, labels) in enumerate(groups):
        members.sort(key=lambda member: member[1])
        told = ", ".join(labels)
        note = f"The series holds several images at each position; this is part {index + 1} of {len(groups)} ({told})."
        heights = np.array([height for _, height, _ in members])
        stack = Stack(tuple(member[0] for member in members), part, heights, (note,))
        # The first one keeps the plain name, so that a record made before the others came stays the same record.
        stacks.append(stack if index == 0 else replace(stack, part=f"{part} | {told}"))
    return stacks
