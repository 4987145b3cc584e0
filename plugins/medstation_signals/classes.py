"""What a whole recording is called: the label kind "class"."""

from __future__ import annotations

import json

from medstation.api import BadInput, LabelDraft


def encode(name: str, probabilities: dict[str, float] | None = None) -> bytes:
    """The payload of the kind "class"; a prediction also holds the probability of every class."""
    content: dict[str, object] = {"class": name}
    if probabilities is not None:
        content["probabilities"] = probabilities
    return json.dumps(content).encode()


def decode(payload: bytes) -> tuple[str, dict[str, float]]:
    """Name and probabilities (empty for a label) of a payload."""
    try:
        content = json.loads(payload)
        name = content["class"]
        if not isinstance(name, str) or not name:
            raise TypeError("the class is no text")
        chances = {str(key): float(value) for key, value in (content.get("probabilities") or {}).items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadInput(f"this is no class: {error}", 'Give JSON {"class": name}.') from error
    return name, chances


def draft(name: str) -> LabelDraft:
    """A label that calls the recording `name`."""
    return LabelDraft("class", encode(name), {"class": name})
