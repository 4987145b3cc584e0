"""What the shell handed the view to show: labels and predictions, told apart. No Qt here."""

from __future__ import annotations

from medstation.api import Layer
from medstation_notes.classes import decode_class
from medstation_notes.spans import Span, checked, decode_spans


class Layers:
    """Layers by id, the newest last. The newest entity label is the one that is edited."""

    def __init__(self) -> None:
        self._layers: dict[str, Layer] = {}
        self._checked: dict[str, tuple[list[Span], int]] = {}

    def add(self, layer: Layer) -> None:
        self.remove(layer.id)
        self._layers[layer.id] = layer

    def remove(self, layer_id: str) -> Layer | None:
        self._checked.pop(layer_id, None)
        return self._layers.pop(layer_id, None)

    def _fitting(self, layer: Layer, text: str) -> tuple[list[Span], int]:
        if layer.id not in self._checked:
            good, wrong = checked(decode_spans(layer.payload), text)
            self._checked[layer.id] = good, len(wrong)
        return self._checked[layer.id]

    def _of(self, kind: str, origin: str) -> list[Layer]:
        return [one for one in self._layers.values() if (one.kind, one.origin) == (kind, origin)]

    def predicted(self, text: str) -> list[Span]:
        """Entities of all predictions that are shown; the surer one where two models say the same."""
        found: dict[tuple[int, int, str], Span] = {}
        for layer in self._of("spans", "prediction"):
            for span in self._fitting(layer, text)[0]:
                known = found.get(span.key)
                if known is None or (span.confidence or 0) > (known.confidence or 0):
                    found[span.key] = span
        return list(found.values())

    @property
    def labelled(self) -> bool:
        return bool(self._of("spans", "label"))

    def newest_label(self, text: str) -> tuple[list[Span], int]:
        """The entities of the newest label, and how many of it are of another text and left out."""
        found = self._of("spans", "label")
        return self._fitting(found[-1], text) if found else ([], 0)

    def class_name(self) -> str:
        """The class that the newest label gives, "" without one."""
        return next((decode_class(layer.payload)[0] for layer in reversed(self._of("class", "label"))), "")

    def class_said(self) -> tuple[list[str], str]:
        """(classes known from labels and predictions, what the models say in words)."""
        known: list[str] = [decode_class(layer.payload)[0] for layer in self._of("class", "label")]
        said = []
        for layer in self._of("class", "prediction"):
            name, chances = decode_class(layer.payload)
            known += [name, *chances]
            share = f" {100 * chances[name]:.0f} %" if name in chances else ""
            said.append(f"AI {layer.title}: {name}{share}")
        return sorted(set(known)), " · ".join(said)
