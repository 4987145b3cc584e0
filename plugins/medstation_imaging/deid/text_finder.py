"""Finds burnt-in text by its looks: rows of glyphs that are alike in height, brightness and stroke, with sharp edges.

It does not read. Speckle and anatomy rarely make three neighbours of one brightness on one base line; print does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from medstation_imaging.deid.boxes import Box, merged
from medstation_imaging.deid.glyphs import Glyphs, Relief, glyphs_of
from medstation_imaging.deid.tones import tone_pictures

LEVELS = (30.0, 60.0, 100.0, 150.0)
"""Contrasts at which glyphs are looked for, of 255."""


@dataclass(frozen=True)
class Look:
    """What counts as a line of text. Lengths are in glyph heights, brightness in steps of 255.

    Pictures larger than `largest` on a side are looked at at a half, a third, … of their size.
    """

    gap: float = 1.1
    least: int = 3
    spread: float = 9.0
    wobble: float = 0.2
    stroke: float = 0.4
    margin: int = 2
    reach: float = 4.0
    space: float = 1.3
    faint: float = 20.0
    largest: int = 1600


def find_text(pictures: Iterable[np.ndarray], look: Look | None = None) -> list[Box]:
    """Boxes (columns and rows, end exclusive) around what looks like text in any of `pictures` (y, x), 0 to 255."""
    look = look or Look()
    boxes: list[Box] = []
    for whole in pictures:
        shrink = max(1, -(-max(whole.shape) // look.largest))
        picture = shrunk(whole, shrink)
        height, width = picture.shape
        for shown, level, least in _shown(picture):
            lines = lines_of(glyphs_of(shown, level), replace(look, least=least))
            found = [completed(line, shown, level, look).grown(look.margin, width, height) for line in lines]
            boxes += [box.enlarged(shrink, whole.shape[1], whole.shape[0]) for box in found]
    return merged(boxes)


def shrunk(picture: np.ndarray, times: int) -> np.ndarray:
    """Means of blocks of `times` x `times`; the last rows and columns that fill no block are repeated."""
    if times == 1:
        return picture
    rows, columns = (-length % times for length in picture.shape)
    even = np.pad(picture, ((0, rows), (0, columns)), mode="edge")
    blocks = even.reshape(even.shape[0] // times, times, even.shape[1] // times, times)
    return np.asarray(blocks.mean(axis=(1, 3)), np.float32)


def _shown(picture: np.ndarray) -> Iterator[tuple[Relief, float, int]]:
    """The picture and its negative at every level of contrast, then pixels of one tone; and the fewest glyphs."""
    for relief in (Relief(picture), Relief(255 - picture)):
        yield from ((relief, level, 3) for level in LEVELS)
    yield from ((Relief(shown), 128.0, 6) for shown in tone_pictures(picture))


def completed(line: Box, relief: Relief, level: float, look: Look) -> Box:
    """The line with what else of its brightness stands beside it: glyphs that touch, lone ones, wide spaces."""
    tall = line.bottom - line.top
    rows = slice(line.top, line.bottom)
    print_like = relief.stands_out[rows] > level
    inside = relief.picture[rows, line.left : line.right][print_like[:, line.left : line.right]]
    tone = float(np.percentile(inside, 70)) if inside.size else 255.0
    ink: np.ndarray = np.any(print_like & (np.abs(relief.picture[rows] - tone) <= look.faint), axis=0)
    reach, step = int(look.reach * tall), int(look.space * tall) + 1
    left = _last(ink[max(0, line.left - reach) : line.left][::-1], step)
    right = _last(ink[line.right : line.right + reach], step)
    return Box(line.left - left, line.top, line.right + right, line.bottom)


def _last(ink: np.ndarray, step: int) -> int:
    """How far ink goes on without a gap longer than `step`."""
    end = 0
    for place in np.flatnonzero(ink):
        if place - end >= step:
            break
        end = int(place) + 1
    return end


def lines_of(glyphs: Glyphs, look: Look) -> list[Box]:
    """The lines that glyphs stand in."""
    found = []
    for members in _chains(glyphs, look):
        if len(members) >= look.least and _is_line(glyphs.taken(members), look):
            row = glyphs.taken(members)
            found.append(Box(int(row.left.min()), int(row.top.min()), int(row.right.max()), int(row.bottom.max())))
    return found


def _is_line(row: Glyphs, look: Look) -> bool:
    """Glyphs stand on one line, have one tone and one width of stroke; the fewer they are, the more strictly."""
    height = float(np.median(row.height))
    tall = row.height >= 0.6 * height
    count = int(tall.sum())
    if count < look.least:
        return False
    strict = 0.5 if count < 5 else 1.0
    low = np.abs(row.bottom[tall] - np.median(row.bottom[tall]))
    on_line = float(np.mean(low <= max(1.0, strict * look.wobble * height)))
    tone = float(np.subtract(*np.percentile(row.tone[tall], [80, 20])))
    stroke = row.stroke[tall]
    uneven = float(np.subtract(*np.percentile(stroke, [80, 20])) / np.median(stroke))
    return on_line >= (0.7 if count >= 5 else 0.99) and tone <= look.spread and uneven <= strict * look.stroke


def _chains(glyphs: Glyphs, look: Look) -> list[np.ndarray]:
    """Groups of glyphs, each next to another one of its group."""
    order = np.argsort(glyphs.left, kind="stable")
    group = np.arange(len(order))
    for place, one in enumerate(order):
        reach = glyphs.right[one] + look.gap * glyphs.height[one]
        for other in order[place + 1 :]:
            if glyphs.left[other] > reach:
                break
            if _neighbours(glyphs, one, other):
                _join(group, one, other)
    roots = np.array([_root(group, index) for index in range(len(group))], int)
    return [np.flatnonzero(roots == root) for root in np.unique(roots)]


def _neighbours(glyphs: Glyphs, one: int, other: int) -> bool:
    shared = min(glyphs.bottom[one], glyphs.bottom[other]) - max(glyphs.top[one], glyphs.top[other])
    small, large = sorted((glyphs.height[one], glyphs.height[other]))
    alike = abs(glyphs.tone[one] - glyphs.tone[other]) <= 25
    return bool(shared >= 0.5 * small and large <= 2.2 * small and alike)


def _root(group: np.ndarray, index: int) -> int:
    while group[index] != index:
        group[index] = group[group[index]]
        index = int(group[index])
    return index


def _join(group: np.ndarray, one: int, other: int) -> None:
    group[_root(group, int(other))] = _root(group, int(one))
