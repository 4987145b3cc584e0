"""One DICOM file's header judged: what it is, whether it can be used, and the facts that are kept of it."""

from __future__ import annotations

import os
from pathlib import Path

from medstation.api import BadInput, Found, Json, Skipped
from medstation_imaging import dicom_tags as tags
from medstation_imaging.dicom_facts import image_facts, person
from medstation_imaging.dicom_header import DEFLATED, Header, fast_header, slow_header
from medstation_imaging.dicom_kinds import document_name, expects_pixels, native_bytes
from medstation_imaging.dicomdir import INDEX

STORED_VALUES, FLOAT_VALUES = 0x7FE00010, 0x7FE00008
_COPY_AGAIN = "It may be cut off; copy or export it again."
_DEFLATE_AT_MOST = 1032  # no deflated stream grows more than this when it is unpacked
_COMPRESS_AT_MOST = 2000  # an empty image may grow more, so this counts only where it matters:
_UNPROVEN = 1 << 30  # bytes
_USELESS_BELOW = 16  # of a frame of which less than a sixteenth is there, nothing is shown


def scan_dicom(path: Path) -> Found | Skipped:
    """Never raises for a bad file."""
    try:
        with path.open("rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            if header := fast_header(file, size):
                return _judge(path, header, size)
            header = slow_header(file)
            return _judge(path, header, size) if header else _no_dicom(path)
    except BadInput as error:
        return Skipped(path, error.message, error.hint)
    except OSError as error:
        return Skipped(path, f"cannot be read: {error.strerror or error}", "Check the file's permissions.")


def _no_dicom(path: Path) -> Skipped:
    hint = "Leave it out, or export it again from the scanner or PACS."
    return Skipped(path, "is not a DICOM file, whatever its name says", hint)


def _judge(path: Path, header: Header, size: int) -> Found | Skipped:
    elements, syntax, pixel_tag, offset, length = header
    facts: Json = {"format": "dicom", "syntax": syntax} | image_facts(elements)
    owner = person(elements)
    alone = "of its own: " + facts.get("sop", path.name)  # nothing says what the file belongs to
    group = facts.get("series", alone)
    name = document_name(facts)
    if name:
        return Found(path, group, owner, facts | {"document": name})
    if elements.has(tags.DIRECTORY):
        return Skipped(path, INDEX, harmless=True)
    if not pixel_tag or not (facts.get("rows") and facts.get("columns")):
        return _without_pixels(path, facts)
    pixels = _pixel_facts(facts, (pixel_tag, offset, length), size)
    return Skipped(path, pixels, _COPY_AGAIN) if isinstance(pixels, str) else Found(path, group, owner, facts | pixels)


def _without_pixels(path: Path, facts: Json) -> Skipped:
    what = f"({facts['modality']}) " if "modality" in facts else ""
    if expects_pixels(facts):
        return Skipped(path, f"{what}is an image without pixel data", _COPY_AGAIN)
    return Skipped(path, f"{what}holds no image and no known kind of document", "Nothing can be shown of it.")


def _pixel_facts(facts: Json, place: tuple[int, int, int], size: int) -> Json | str:
    """Where the pixel data lie and how much of them the file holds; or why they cannot be used."""
    tag, offset, length = place
    pixels: Json = {"pixels": [offset, length]}
    if tag != STORED_VALUES:
        pixels["float_bits"] = 32 if tag == FLOAT_VALUES else 64
    frames = max(1, facts.get("frames", 1))
    promised = native_bytes(facts | pixels | {"frames": frames})
    if facts["syntax"] == DEFLATED:
        return pixels if promised <= size * _DEFLATE_AT_MOST else f"promises {frames} frames, more than it can hold"
    if not promised:
        if frames > max(1, size // 8):
            return f"promises {frames} frames, more than it can hold"
        sound = _unpacked(facts, frames) <= max(_UNPROVEN, size * _COMPRESS_AT_MOST)
        return pixels if sound else f"promises an image of {facts['columns']} x {facts['rows']}, more than it can hold"
    held = max(0, size - offset if length < 0 else min(length, size - offset))
    if held >= promised:
        return pixels
    if not held or held * _USELESS_BELOW < promised // frames:
        return "ends where its pixel data begin" if held else "ends before its pixel data begin"
    return pixels | {"held_bytes": held, "promised_bytes": promised, "frames": -(-held * frames // promised)}


def _unpacked(facts: Json, frames: int) -> int:
    """Bytes of the decoded frames."""
    cell = -(-facts.get("bits_allocated", 8) // 8)
    return int(facts["rows"] * facts["columns"] * facts.get("samples", 1) * frames * cell)
