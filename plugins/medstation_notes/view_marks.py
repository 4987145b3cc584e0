"""What is drawn on the text: entities of labels and predictions, with their colours. No widgets here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from medstation.widgets.theme import blend, contrast
from medstation_notes.spans import Span

USUAL = ("Disease", "Drug", "Test", "Procedure", "Symptom", "Anatomy")
"""Types offered where a note has none yet; data with other types adds them."""
TOKENS = ("label_4", "label_7", "label_2", "label_6", "label_5", "label_3", "label_8", "label_1")
READABLE = 3.0
"""The least contrast of an outline against the page."""


@dataclass(frozen=True)
class Mark:
    """One entity on screen. `label` is filled, `prediction` outlined; one that both say is drawn as both."""

    span: Span
    label: bool
    prediction: bool

    @property
    def tag(self) -> str:
        """The small words after the entity."""
        sure = self.span.confidence
        share = f" {100 * sure:.0f} %" if sure is not None and self.prediction and not self.label else ""
        return f"\u2005{self.span.type}{share}\u2009"


def marks_of(labels: Iterable[Span], predictions: Iterable[Span]) -> list[Mark]:
    """Marks in reading order."""
    found = {span.key: Mark(span, True, False) for span in labels}
    for span in predictions:
        both = span.key in found
        found[span.key] = Mark(span, both, True)
    return [found[key] for key in sorted(found, key=lambda key: (key[0], -key[1], key[2]))]


def types_of(spans: Iterable[Span], known: Sequence[str] = ()) -> list[str]:
    """All types in a steady order: those known, the usual ones, then others by name."""
    order = list(dict.fromkeys((*known, *USUAL)))
    return order + sorted({span.type for span in spans} - set(order))


def colours(types: Sequence[str], palette: Mapping[str, str]) -> dict[str, str]:
    """Type -> a colour that can be seen on the page."""
    return {kind: _seen(palette[TOKENS[place % len(TOKENS)]], palette) for place, kind in enumerate(types)}


def _seen(colour: str, palette: Mapping[str, str]) -> str:
    """The colour, darkened on a light page until an outline of it can be seen."""
    share = 1.0
    while contrast(blend(colour, "#000000", share), palette["background"]) < READABLE and share > 0.3:
        share -= 0.1
        if contrast(palette["background"], "#000000") < READABLE:
            break
    return blend(colour, "#000000", share)
