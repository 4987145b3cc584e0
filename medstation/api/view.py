"""What a task's data view gets and gives. The view is a QWidget class; this module does not import Qt.

A view is made as `View(context, parent)`. It shows `context.record` and draws what it is handed with `show_layer`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from medstation.api.errors import MedStationError
from medstation.api.records import Finding, Json, LabelDraft, Record
from medstation.api.task import Ref
from medstation.api.work import Fetched


@dataclass(frozen=True)
class Layer:
    """A label or prediction to draw. `id` is its own in the library; `origin` is "label" or "prediction"."""

    id: str
    kind: str
    origin: str
    title: str
    payload: bytes
    findings: tuple[Finding, ...] = ()


class ViewContext(Protocol):
    """What a view may use."""

    @property
    def record(self) -> Record: ...

    @property
    def palette(self) -> Mapping[str, str]:
        """Colour tokens of the theme in use: name -> "#rrggbb" (see `medstation.widgets.theme.TOKENS`)."""

    def fetch(
        self,
        ref: Ref,
        arguments: Json,
        on_ready: Callable[[Fetched], None],
        on_failed: Callable[[MedStationError], None],
        on_progress: Callable[[float, str], None] | None = None,
    ) -> Callable[[], None]:
        """Run a `Fetch` in a worker; callbacks come in the window's thread. Returns a function that cancels it."""

    def say(self, text: str) -> None:
        """One line in the status line."""

    def save_label(self, draft: LabelDraft) -> None:
        """Store what the person drew or typed as a new version of the record's label."""


class DataView(Protocol):
    """The methods a view class has beside being a QWidget."""

    def show_layer(self, layer: Layer) -> None: ...

    def hide_layer(self, layer_id: str) -> None: ...

    def go_to(self, place: Json) -> None:
        """Show the place a finding named."""

    def state(self) -> Json:
        """What to keep between starts (zoom, position, window, ...)."""

    def restore(self, state: Json) -> None: ...
