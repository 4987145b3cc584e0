"""A person's confirmation: previews with the boxes drawn, a file of boxes to edit, and reading it back."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from medstation.api import BadInput, Json, NotFound
from medstation_imaging.deid.boxes import Box, box_from_json, boxes_to_json
from medstation_imaging.deid.picture import Picture

FILE = "boxes.json"
_FIRST = "Run it with review first."
_CONFIRM = 'Look at the previews, then set "confirmed" to true and "by" to a name.'
HOW = (
    "Look at each preview. Correct its boxes ([left, top, right, bottom] in pixels) until they cover all text, then "
    'set "confirmed" to true and write your name under "by". The previews show what is burnt in: delete them after.'
)


def preview(picture: Picture, boxes: list[Box]) -> bytes:
    """A PNG of the first frame with the boxes drawn in red."""
    from PIL import Image, ImageDraw

    grey = list(picture.shown())[-1].astype(np.uint8)
    image = Image.fromarray(grey).convert("RGB")
    draw = ImageDraw.Draw(image)
    for box in boxes:
        draw.rectangle((box.left, box.top, box.right - 1, box.bottom - 1), outline=(255, 64, 64))
    written = io.BytesIO()
    image.save(written, "PNG")
    return written.getvalue()


def sheet(entries: list[Json]) -> str:
    """The file of boxes, not yet confirmed."""
    return json.dumps({"how": HOW, "confirmed": False, "by": "", "files": entries}, indent=1) + "\n"


def entry(digest: str, picture: str, shape: tuple[int, int], reason: str, boxes: list[Box]) -> Json:
    """One picture of the sheet; `digest` is the SHA-256 of its source file."""
    rows, columns = shape
    return {
        "source": digest, "preview": picture, "rows": rows, "columns": columns, "why": reason,
        "boxes": boxes_to_json(boxes),
    }  # fmt: skip


def confirmed_boxes(given: str) -> Mapping[str, list[Box]]:
    """What a person confirmed, by source digest: `given` is the file's path, or the sheet itself.

    `BadInput` while nobody has.
    """
    where = "the sheet of boxes" if given.lstrip().startswith("{") else given
    data = _sheet(given, where)
    if not isinstance(data, dict) or data.get("confirmed") is not True or not str(data.get("by", "")).strip():
        raise BadInput(f"{where} is not confirmed", _CONFIRM)
    found: dict[str, list[Box]] = {}
    for number, one in enumerate(data.get("files") or (), 1):
        whole = isinstance(one, dict) and isinstance(one.get("source"), str) and isinstance(one.get("boxes"), list)
        if not whole:
            raise BadInput(f"{where}: entry {number} has no source or no boxes", "Run it with review again.")
        found[one["source"]] = [box_from_json(box, f"{Path(where).name}, entry {number}") for box in one["boxes"]]
    return found


def _sheet(given: str, where: str) -> object:
    try:
        return json.loads(given if where != given else Path(given).read_text(encoding="utf-8"))
    except OSError as error:
        raise NotFound(f"the file of boxes {where} cannot be read: {error.strerror}", _FIRST) from error
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise BadInput(f"{where} is no file of boxes: {error}", _FIRST) from error
