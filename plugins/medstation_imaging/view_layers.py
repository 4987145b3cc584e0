"""Labels and predictions as what viewports draw: masks in colour, classes as a line of text. No Qt widgets here."""

from __future__ import annotations

import json
from collections.abc import Mapping

from medstation.api import BadInput, Layer
from medstation.widgets.drawing import Line
from medstation.widgets.masks import MaskLayer
from medstation_imaging.masks import decode

LABEL_TOKENS = ("label_2", "label_3", "label_7", "label_6", "label_5", "label_8")
"""Of the label colours those that are neither the orange nor the violet which stand for AI."""
PALER = 0.5


def layer_colours(origin: str, palette: Mapping[str, str]) -> tuple[str, ...]:
    """Colours of segments 1, 2, ...: predictions orange and violet, then paler; labels the other overlay colours."""
    if origin != "prediction":
        return tuple(palette[token] for token in LABEL_TOKENS)
    pair = (palette.get("image_ai", palette["ai"]), palette.get("image_ai_alt", palette["label_4"]))
    return (*pair, *(paler(colour) for colour in pair))


def paler(colour: str) -> str:
    parts = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(part + (255 - part) * PALER):02x}" for part in parts)


def layer_note(layer: Layer) -> str:
    """What the legend says of the whole layer: predictions are told by a word too, not by colour alone."""
    return f"AI {layer.title}".strip() if layer.origin == "prediction" else layer.title


def mask_layer(layer: Layer, palette: Mapping[str, str]) -> MaskLayer:
    """Decode a mask's payload; some 100 ms for a whole CT."""
    mask, names = decode(layer.payload)
    return MaskLayer(mask, names, layer_colours(layer.origin, palette), layer.title, layer_note(layer))


def class_line(layer: Layer, palette: Mapping[str, str]) -> Line | None:
    """A class label or prediction as a line: "pneumonia 93 % · AI chest-class v2"; None for other kinds."""
    if layer.kind != "class":
        return None
    try:
        said = json.loads(layer.payload)
        name = str(said["class"])
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{layer.title} holds no class: {error}", "Run `medstation vault check`.") from error
    chance = (said.get("probabilities") or {}).get(name)
    share = f" {chance:.0%}".replace("%", " %") if isinstance(chance, float) else ""
    return Line(f"{name}{share} · {layer_note(layer)}", layer_colours(layer.origin, palette)[0])
