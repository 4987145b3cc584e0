"""The bar over the signals: time scale, height, marking events. Every button says its key."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QToolButton

from medstation.widgets.panels import label
from medstation_signals.canvas import SignalCanvas
from medstation_signals.marks import Editor
from medstation_signals.scale import PAPER_GAIN
from medstation_signals.view_keys import key_name
from medstation_signals.words import duration_text

SPEEDS = (12.5, 25.0, 50.0, 100.0)
SPANS = (10.0, 60.0, 600.0, 3600.0, 6 * 3600.0, 86_400.0, 7 * 86_400.0, 28 * 86_400.0, 365 * 86_400.0)


class ViewToolbar(QFrame):
    """Drives the view through `perform(command)`, and shows what the canvas and the editor stand at."""

    def __init__(self, canvas: SignalCanvas, editor: Editor, perform: Callable[[str], None]) -> None:
        super().__init__()
        self.canvas, self.editor, self.perform = canvas, editor, perform
        self.setProperty("role", "toolbar")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(10, 5, 10, 5)
        self._row.setSpacing(3)
        self.mark = self._button(self.tr("Mark"), "mark", self.tr("Click to add or remove an event"), True)
        self.types = self._menu(self.tr("Type of event"), self._fill_types)
        self.undo = self._button(self.tr("Undo"), "undo", self.tr("Take the last change back"))
        self.save = self._button(self.tr("Save label"), "save", self.tr("Save the events as a label"))
        self._row.addStretch(1)
        self.counts = label("", "muted")
        self._row.addWidget(self.counts)
        self._row.addStretch(1)
        self.channels = self._menu(self.tr("Channels shown"), self._fill_channels)
        if canvas.kind == "glucose":
            self._button(self.tr("Day"), "day", self.tr("One day, from midnight on"))
        self._button(self.tr("All"), "all", self.tr("The whole recording"))
        self.scale = self._menu(self.tr("Time scale"), self._fill_scales)
        self.gain = label("", "muted")
        self.gain.setToolTip(self.tr("Height of the curves ({0} {1})").format(key_name("taller"), key_name("flatter")))
        self._row.addWidget(self.gain)
        canvas.moved.connect(self.refresh)
        self.refresh()

    def _button(self, text: str, command: str, tip: str, checkable: bool = False) -> QToolButton:
        made = QToolButton()
        made.setText(text)
        made.setCheckable(checkable)
        made.setToolTip(f"{tip} ({key_name(command)})")
        made.setAccessibleName(tip)
        made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        if not checkable:
            made.clicked.connect(lambda: self.perform(command))
        self._row.addWidget(made)
        return made

    def _menu(self, name: str, fill: Callable[[QMenu], None]) -> QToolButton:
        made = QToolButton(popupMode=QToolButton.ToolButtonPopupMode.InstantPopup)
        made.setAccessibleName(name)
        made.setToolTip(name)
        made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        menu = QMenu(made)
        menu.aboutToShow.connect(partial(self._refill, menu, fill))
        made.setMenu(menu)
        self._row.addWidget(made)
        return made

    @staticmethod
    def _refill(menu: QMenu, fill: Callable[[QMenu], None]) -> None:
        menu.clear()
        fill(menu)

    def _fill_types(self, menu: QMenu) -> None:
        for number, name in enumerate(self.editor.types):
            self._entry(menu, f"{number + 1}   {name}", partial(self.perform, f"type:{number}"))

    def _fill_scales(self, menu: QMenu) -> None:
        if self.canvas.kind == "ecg":
            for speed in SPEEDS:
                self._entry(menu, f"{speed:g} mm/s", partial(self.canvas.use_paper, speed))
            menu.addSeparator()
        for span in SPANS:
            if span < 1.5 * self.canvas.end:
                self._entry(menu, duration_text(span), partial(self.perform, f"span:{span}"))

    def _fill_channels(self, menu: QMenu) -> None:
        for number, trace in enumerate(self.canvas.traces):
            action = self._entry(menu, trace.name, partial(self.perform, f"channel:{number}"))
            action.setCheckable(True)
            action.setChecked(trace.visible)

    @staticmethod
    def _entry(menu: QMenu, text: str, act: Callable[[], None]) -> QAction:
        action = QAction(text.replace("&", "&&"), menu)  # "&" would become a mnemonic: the text may be a file's
        action.triggered.connect(lambda _=False: act())
        menu.addAction(action)
        return action

    def refresh(self) -> None:
        """Say what canvas and editor stand at."""
        canvas, editor = self.canvas, self.editor
        self.scale.setText(f"{canvas.speed:g} mm/s" if canvas.paper else duration_text(canvas.span))
        factor = canvas.gain / PAPER_GAIN
        self.gain.setText(f"{canvas.gain:g} mm/mV" if canvas.kind == "ecg" else f"× {factor:g}")
        shown = sum(one.visible for one in canvas.traces)
        self.channels.setText(self.tr("{0} of {1} channels").format(shown, len(canvas.traces)))
        self.channels.setVisible(len(canvas.traces) > 1)
        self.types.setText(editor.types[editor.current].replace("&", "&&"))
        self.undo.setEnabled(editor.changed)
        self.save.setEnabled(editor.changed)
        counts = list(editor.marks.counts().items())
        rest = self.tr(" and {0} more kinds").format(len(counts) - 5) if len(counts) > 5 else ""
        self.counts.setText("  ".join(f"{name} {count}" for name, count in counts[:5]) + rest)
