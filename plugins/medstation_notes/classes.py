"""The payload of a class: JSON `{"class": name}`; of a prediction of it also `"probabilities": {name: value}`."""

from __future__ import annotations

import json
from collections.abc import Mapping

from medstation.api import BadInput, LabelDraft

LONGEST_NAME = 120


def encode_class(name: str, probabilities: Mapping[str, float] | None = None) -> bytes:
    """`name` is the class; `probabilities` of all classes are given for predictions."""
    content: dict[str, object] = {"class": name}
    if probabilities is not None:
        content["probabilities"] = dict(probabilities)
    return json.dumps(content, ensure_ascii=False).encode()


def decode_class(payload: bytes) -> tuple[str, dict[str, float]]:
    """The class, and the probabilities of all classes (empty for a person's label)."""
    try:
        content = json.loads(payload)
        name, probabilities = content["class"], content.get("probabilities", {})
        chances = {str(key): float(value) for key, value in probabilities.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadInput(f"the class cannot be read: {error}", 'Write {"class": "name"}.') from error
    if not isinstance(name, str) or not name.strip() or len(name) > LONGEST_NAME:
        raise BadInput(f"{str(name)[:60]!r} is no class", f"A class is a word or a few, of 1 to {LONGEST_NAME} signs.")
    return name.strip(), chances


def class_draft(name: str) -> LabelDraft:
    return LabelDraft("class", encode_class(name), {"class": name})
