"""The notes view: reading with highlighted entities, finding words, marking entities and the note's class."""

from __future__ import annotations

import re

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QVBoxLayout, QWidget

from medstation.api import Fetched, Json, Layer, ViewContext
from medstation.widgets.pages import DataPages, NotesBanner
from medstation.widgets.panels import label
from medstation_notes.classes import class_draft
from medstation_notes.editing import Editing
from medstation_notes.sections import Section
from medstation_notes.spans import Span, counts, label_draft
from medstation_notes.view_bars import ClassBar, FindBar, SectionsButton, TypeBar, bar, tool
from medstation_notes.view_canvas import NoteCanvas, Place
from medstation_notes.view_layers import Layers
from medstation_notes.view_marks import colours, marks_of, types_of

FETCH = "medstation_notes.fetching:fetch_note"
MOST_HITS = 5000


class NotesView(QWidget):
    """A `DataView` (see `medstation.api.view`) for one note."""

    def __init__(self, context: ViewContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._layers = Layers()
        self._own_types: list[str] = []
        self._labels_hidden = False
        self._own_payload = b""
        self._waiting_state: Json = {}
        self._waiting_place: Json = {}
        self.editing: Editing | None = None
        self.canvas = NoteCanvas(context.palette)
        self.canvas.setAccessibleName(self.tr("Text of {title}").format(title=context.record.title))
        self.canvas.commanded.connect(self.on_commanded)
        self.canvas.selection_changed.connect(self.on_selected)
        self._build()
        self.load()

    def _build(self) -> None:
        self._pages = DataPages(self._context, self.tr("This note cannot be shown"))
        self._pages.retried.connect(self.load)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(NotesBanner(self._context.record.notes))
        column.addWidget(self._pages, 1)
        self._note = QWidget()
        inside = QVBoxLayout(self._note)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(0)
        frame, row = bar()
        self.sections, self.types, self.classes = SectionsButton(), TypeBar(), ClassBar()
        self.tags = tool(self.tr("Types in text"), self.tr("Write the type after each entity (T)"), checkable=True)
        self.tags.setChecked(True)
        row.addWidget(self.types, 1)
        for widget in (self.tags, self.sections):
            row.addWidget(widget)
        foot, below = bar()
        below.addWidget(self.classes)
        below.addStretch(1)
        below.addWidget(label(self.tr("filled: labelled · outlined: predicted"), "small"))
        self.finder = FindBar()
        for part in (frame, self.finder, self.canvas, foot):
            inside.addWidget(part, int(part is self.canvas))
        self.sections.chosen.connect(lambda offset: self.canvas.reveal(offset, at_top=True))
        self.types.asked.connect(self.on_type_asked)
        self.types.added.connect(self.on_type_added)
        self.tags.toggled.connect(self.canvas.show_tags)
        self.classes.chosen.connect(lambda name: self._context.save_label(class_draft(name)))
        self.finder.sought.connect(self.on_sought)
        self.finder.stepped.connect(self.on_stepped)
        self.finder.closed.connect(self.on_find_closed)
        find = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self)
        find.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        find.activated.connect(self.on_find)

    # ------------------------------------------------------------------ loading

    def load(self) -> None:
        """Ask a worker for the text; the view stays at rest meanwhile."""
        self._pages.open()
        self._pages.fetch(FETCH, {}, self.on_fetched)

    def on_fetched(self, fetched: Fetched) -> None:
        text = fetched.arrays["text"].tobytes().decode("utf-8")
        words = fetched.arrays["words"]
        sections = [Section(**one) for one in fetched.facts["sections"]]
        self.editing = Editing(text, words[:, 0].tolist(), words[:, 1].tolist())
        self.sections.show_sections(sections)
        self._pages.show_page(self._note)
        self._adopt_label()
        self.canvas.show_text(text, self.editing.whole_words, sections)
        self.restore(self._waiting_state)
        self.go_to(self._waiting_place)
        self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    # ------------------------------------------------------------------ DataView

    def show_layer(self, layer: Layer) -> None:
        """Draw a label or prediction. The newest entity label is the one that is worked on."""
        self._layers.add(layer)
        if self.editing is None:
            return
        if layer.kind == "spans" and layer.origin == "label":
            self._labels_hidden = False
            if layer.payload != self._own_payload:
                self._adopt_label()
        self._refresh()

    def hide_layer(self, layer_id: str) -> None:
        gone = self._layers.remove(layer_id)
        if gone is not None and (gone.kind, gone.origin) == ("spans", "label"):
            self._labels_hidden = not self._layers.labelled
        self._refresh()

    def go_to(self, place: Json) -> None:
        """Select the characters of `{"start", "end"}` and bring them into sight."""
        if self.editing is None:
            self._waiting_place = place
            return
        start, end = place.get("start"), place.get("end")
        if isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(self.editing.text):
            self.canvas.select((start, end))
            self.canvas.reveal(start)

    def state(self) -> Json:
        if self.editing is None:
            return self._waiting_state
        return {"first": self.canvas.first_offset(), "tags": self.tags.isChecked(), "types": self._own_types}

    def restore(self, state: Json) -> None:
        if self.editing is None:
            self._waiting_state = state
            return
        self._own_types = [str(name) for name in state.get("types", self._own_types)]
        self.tags.setChecked(bool(state.get("tags", True)))
        self._refresh()
        if first := int(state.get("first", 0)):
            self.canvas.reveal(min(first, len(self.editing.text)), at_top=True)

    # ------------------------------------------------------------------ drawing

    def _labels(self) -> tuple[Span, ...]:
        return () if self.editing is None or self._labels_hidden else self.editing.spans

    def _refresh(self) -> None:
        """Marks, legend and class from what is known now."""
        if self.editing is None:
            return
        marks = marks_of(self._labels(), self._layers.predicted(self.editing.text))
        names = types_of((mark.span for mark in marks), self._own_types)
        painted = colours(names, self._context.palette)
        self.types.show_types(names, painted, counts(mark.span for mark in marks))
        self.canvas.show_marks(marks, painted)
        known, said = self._layers.class_said()
        self.classes.show_class(self._layers.class_name(), known, said)

    def _adopt_label(self) -> None:
        """Work goes on from the newest label; what of it is of another text is told."""
        if self.editing is None or not self._layers.labelled:
            return
        spans, misfits = self._layers.newest_label(self.editing.text)
        self.editing.adopt(spans)
        if misfits:
            text = self.tr("{count} entities of the label are of another text and are not shown.")
            self._context.say(text.format(count=misfits))

    # ------------------------------------------------------------------ editing

    def on_selected(self) -> None:
        """Say in words what is selected."""
        place = self.canvas.selection
        if place is None or self.editing is None:
            return
        found = [mark for mark in self.canvas.marks if (mark.span.start, mark.span.end) == place]
        piece = " ".join(self.editing.text[place[0] : place[1]].split())[:80]
        said = ", ".join(mark.tag.strip() for mark in found)
        self._context.say(f"{piece}: {said}" if said else piece)
        self.canvas.setAccessibleDescription(f"{piece} {said}".strip())

    def on_type_asked(self, name: str) -> None:
        """A type's button: sets the type of what is selected, else goes to the next entity of that type."""
        if self.canvas.selection:
            self._set_type(name)
        else:
            here = self.canvas.first_offset()
            of_type = [mark.span for mark in self.canvas.marks if mark.span.type == name]
            if of_type:
                span = next((one for one in of_type if one.start >= here), of_type[0])
                self.go_to({"start": span.start, "end": span.end})
        self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    def on_type_added(self, name: str) -> None:
        self._own_types = list(dict.fromkeys([*self._own_types, name]))
        if self.canvas.selection:
            self._set_type(name)
        self._refresh()

    def _set_type(self, name: str) -> None:
        place = self.canvas.selection
        if place and self.editing and self.editing.text[place[0] : place[1]].strip():
            self._changed(self.editing.mark(*place, name))

    def _changed(self, really: bool) -> None:
        """Every change is stored at once."""
        if not really or self.editing is None:
            return
        self._labels_hidden = False
        draft = label_draft(self.editing.spans)
        self._own_payload = draft.payload
        self._refresh()
        self._context.save_label(draft)

    def on_commanded(self, command: str) -> None:
        name, _, value = command.partition(":")
        if self.editing is not None:
            getattr(self, f"_do_{name}")(*([int(value)] if value else []))

    def _do_type(self, index: int) -> None:
        names = types_of((mark.span for mark in self.canvas.marks), self._own_types)
        if index < len(names):
            self._set_type(names[index])

    def _do_remove(self) -> None:
        if self.canvas.selection and self.editing:
            self._changed(self.editing.remove(*self.canvas.selection))

    def _do_undo(self) -> None:
        if self.editing:
            self._changed(self.editing.undo())

    def _do_redo(self) -> None:
        if self.editing:
            self._changed(self.editing.redo())

    def _do_take(self) -> None:
        """The predicted entity that is selected becomes a labelled one."""
        place = self.canvas.selection
        taken = [
            mark.span for mark in self.canvas.marks if mark.prediction and (mark.span.start, mark.span.end) == place
        ]
        if self.editing:
            self._changed(self.editing.take(taken))

    def _do_take_all(self) -> None:
        if self.editing:
            self._changed(self.editing.take(self._layers.predicted(self.editing.text)))

    def _do_let_go(self) -> None:
        if self.finder.isVisible():
            self.on_find_closed()
        self.canvas.select(None)

    def _do_tags(self) -> None:
        self.tags.toggle()

    def _do_copy(self) -> None:
        if self.canvas.selection and self.editing:
            start, end = self.canvas.selection
            QGuiApplication.clipboard().setText(self.editing.text[start:end])

    # ------------------------------------------------------------------ words

    def _move(self, place: Place | None) -> None:
        if place is not None:
            self.canvas.select(place)
            self.canvas.reveal(place[0])

    def _do_next_word(self) -> None:
        self._step_word(1)

    def _do_previous_word(self) -> None:
        self._step_word(-1)

    def _step_word(self, step: int) -> None:
        if self.editing:
            start = self.canvas.selection
            first = self.canvas.first_offset()
            self._move(self.editing.beside(start or (first, first), step))

    def _do_grow(self) -> None:
        self._grow(1, at_start=False)

    def _do_shrink(self) -> None:
        self._grow(-1, at_start=False)

    def _do_grow_start(self) -> None:
        self._grow(-1, at_start=True)

    def _do_shrink_start(self) -> None:
        self._grow(1, at_start=True)

    def _grow(self, step: int, at_start: bool) -> None:
        """The selection, and the labelled entity it stands on, reach one word further or less."""
        place = self.canvas.selection
        if place is None or self.editing is None:
            return
        new = self.editing.grown(place, step, at_start)
        self._move(new)
        if new != place and self.editing.at(*place):
            self._changed(self.editing.resize(place, new))

    # ------------------------------------------------------------------ finding

    def _do_find(self) -> None:
        self.on_find()

    def on_find(self) -> None:
        self.finder.show()
        self.finder.field.setFocus()
        self.finder.field.selectAll()

    def on_find_closed(self) -> None:
        self.finder.hide()
        self.canvas.show_hits([], -1)
        self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    def on_sought(self, sought: str) -> None:
        hits: list[Place] = []
        if sought and self.editing:
            for match in re.finditer(re.escape(sought), self.editing.text, re.IGNORECASE):
                hits.append(match.span())
                if len(hits) == MOST_HITS:
                    break
        first = self.canvas.first_offset()
        current = next((index for index, hit in enumerate(hits) if hit[0] >= first), 0 if hits else -1)
        self._show_hit(hits, current)

    def on_stepped(self, step: int) -> None:
        if hits := self.canvas.hits:
            self._show_hit(hits, (self.canvas.hit + step) % len(hits))

    def _show_hit(self, hits: list[Place], current: int) -> None:
        self.canvas.show_hits(hits, current)
        self.finder.say(current, len(hits))
        if hits:
            self.canvas.reveal(hits[current][0])

    def _do_next_hit(self) -> None:
        self.on_stepped(1)

    def _do_previous_hit(self) -> None:
        self.on_stepped(-1)

    # ------------------------------------------------------------------ theme

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange) and self.editing is not None:
            self.canvas.set_palette(self._context.palette)
            self._refresh()
        super().changeEvent(event)
