"""The data view's place: the task's view of the record, a run, a model, or what to do next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from medstation.api import Json, LabelDraft, Layer, resolve_ref
from medstation.shell.banner import Banner
from medstation.shell.items import Item
from medstation.shell.look import Look
from medstation.shell.model_page import ModelPage
from medstation.shell.run_page import RunPage
from medstation.shell.session import Session
from medstation.shell.view_context import RecordContext
from medstation.widgets.panels import EmptyState


class Stage(QWidget):
    """Holds one view at a time. Signals: `next_step_asked` (the empty state's button), `page_changed`."""

    next_step_asked = Signal()
    page_changed = Signal()

    def __init__(self, session: Session, look: Look, save: Callable[[LabelDraft], None]) -> None:
        super().__init__()
        self.setObjectName("workspace")
        self._session = session
        self._look = look
        self._save = save
        self._context: RecordContext | None = None
        self._key = ""
        self._states: dict[str, Json] = {}
        self.view: Any = None
        self.banner = Banner(look)
        self.empty = EmptyState("", "")
        self.empty.acted.connect(self.next_step_asked)
        self.run = RunPage(look)
        self.model = ModelPage(look)
        self.pages = QStackedWidget()
        for page in (self.empty, self.run, self.model):
            self.pages.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.banner)
        layout.addWidget(self.pages, 1)

    def show_page(self, page: QWidget) -> None:
        """The run page, the model page, the empty state, or the view that is open."""
        self.pages.setCurrentWidget(page)
        self.page_changed.emit()

    async def show_item(self, item: Item | None) -> None:
        """The task's view of a record; the view's module is loaded off the window's thread."""
        self.close_view()
        task = self._session.shown.task
        if item is None or task is None:
            self.show_page(self.empty)
            return
        view_class = await self._session.awaiting.off_thread(lambda: resolve_ref(task.view))
        if self._session.shown.item is not item:
            return
        self._context = RecordContext(self._session, item, self._look.tokens, self._save)
        self._key = item.key
        self.view = view_class(self._context, self)
        if state := self._states.get(item.key) or self._session.memory.views.get(item.record.id):
            self.view.restore(state)
        self.pages.addWidget(self.view)
        self.show_page(self.view)

    def close_view(self) -> None:
        """Keep the view's state, and let it go."""
        if self.view is None:
            return
        state = self._states[self._key] = self.view.state()
        if self._context:
            self._session.memory.keep_view(self._context.record.id, state)
            self._context.close()
        view, self.view, self._context = self.view, None, None
        self.pages.removeWidget(view)
        view.deleteLater()

    def show_record(self) -> None:
        """Back from a run or a model to the record."""
        self.show_page(self.view if self.view is not None else self.empty)

    def show_layer(self, layer: Layer) -> None:
        if self.view is not None:
            self.view.show_layer(layer)

    def hide_layer(self, layer_id: str) -> None:
        if self.view is not None:
            self.view.hide_layer(layer_id)

    def go_to(self, place: Json) -> None:
        """Show the place a finding named."""
        if self.view is not None and place:
            self.show_record()
            self.view.go_to(place)
