"""The bar over the images: layout, tools, window presets, overlay, cine. Every button says its key."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QMenu, QSlider, QToolButton

from medstation.widgets.board import SliceBoard
from medstation.widgets.captions import number
from medstation.widgets.commands import key_name
from medstation.widgets.panels import label


class ViewToolbar(QFrame):
    """Drives `board`, and follows it when keys or the mouse change it."""

    def __init__(self, board: SliceBoard) -> None:
        super().__init__()
        self.board = board
        self.setProperty("role", "toolbar")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(10, 5, 10, 5)
        self._row.setSpacing(3)
        self.layout_button = self._button(self.tr("Planes"), "layout", self.tr("One or all planes"), checkable=True)
        self._row.addSpacing(6)
        self.tools = self._tool_buttons()
        self._row.addStretch(1)
        self.opacity = self._opacity_slider()
        self.presets = self._preset_button()
        self.invert_button = self._button(self.tr("Invert"), "invert", self.tr("Black to white"), checkable=True)
        self.cine_button = self._button(self.tr("Cine"), "cine", self.tr("Play the slices"), checkable=True)
        self._connect()
        self.on_windowed()
        self.on_layout_changed(board.layout_name)
        self.on_overlay_changed()

    def _button(self, text: str, command: str, tip: str, checkable: bool = False) -> QToolButton:
        made = QToolButton()
        made.setText(text)
        made.setCheckable(checkable)
        made.setToolTip(f"{tip} ({key_name(command)})")
        made.setAccessibleName(tip)
        made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        made.clicked.connect(lambda: self.on_clicked(made, command))
        self._row.addWidget(made)
        return made

    def _tool_buttons(self) -> dict[str, QToolButton]:
        words = {
            "window": (self.tr("W/L"), self.tr("Drag to change window and level")),
            "pan": (self.tr("Pan"), self.tr("Drag to move the image")),
            "zoom": (self.tr("Zoom"), self.tr("Drag to zoom")),
            "crosshair": (self.tr("Crosshair"), self.tr("Drag the crosshair through all planes")),
        }
        group = QButtonGroup(self)
        buttons = {tool: self._button(text, f"tool:{tool}", tip, True) for tool, (text, tip) in words.items()}
        for made in buttons.values():
            group.addButton(made)
        buttons[self.board.tool].setChecked(True)
        buttons["crosshair"].setVisible(len(self.board.scene.planes) > 1)
        return buttons

    def _preset_button(self) -> QToolButton:
        made = QToolButton(popupMode=QToolButton.ToolButtonPopupMode.InstantPopup)
        made.setAccessibleName(self.tr("Window presets"))
        made.setToolTip(self.tr("Window presets (0 to 9)"))
        made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        menu = QMenu(made)
        entries = [(self.tr("As opened"), self.board.scene.first_window)]
        entries += [(preset.name, preset.window) for preset in self.board.presets]
        for key, (name, window) in enumerate(entries):
            # "&" would become a mnemonic: the text is a file's, and is shown as it is.
            text = f"{key}   {name}   W {number(window.width)}  L {number(window.centre)}".replace("&", "&&")
            action = QAction(text, menu)
            action.triggered.connect(lambda _=False, number=key: self.board.set_preset(number))
            menu.addAction(action)
        made.setMenu(menu)
        self._row.addWidget(made)
        return made

    def _opacity_slider(self) -> QSlider:
        tip = self.tr("Overlay opacity")
        caption = label(self.tr("Overlay"), "muted")
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(0, 100)
        slider.setFixedWidth(90)
        slider.setAccessibleName(tip)
        slider.setToolTip(
            f"{tip} ({key_name('overlay_less')} {key_name('overlay_more')}; {key_name('toggle_overlay')})"
        )
        slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        caption.setBuddy(slider)
        self._row.addWidget(caption)
        self._row.addWidget(slider)
        self._row.addSpacing(6)
        return slider

    def _connect(self) -> None:
        self.board.layout_changed.connect(self.on_layout_changed)
        self.board.tool_changed.connect(self.on_tool_changed)
        self.board.windowed.connect(self.on_windowed)
        self.board.overlay_changed.connect(self.on_overlay_changed)
        self.board.cine_changed.connect(self.cine_button.setChecked)
        self.opacity.valueChanged.connect(lambda value: self.board.set_overlay(value / 100, True))

    def on_clicked(self, clicked: QToolButton, command: str) -> None:
        self.board.perform(command)
        # A click toggles the button by itself; what counts is what the board did.
        self.cine_button.setChecked(self.board.playing)
        self.layout_button.setChecked(self.board.layout_name == "1+3")
        if not clicked.hasFocus():
            self.board.active.setFocus(Qt.FocusReason.OtherFocusReason)

    def on_layout_changed(self, name: str) -> None:
        self.layout_button.setVisible(len(self.board.viewports) > 1)
        self.layout_button.setChecked(name == "1+3")

    def on_tool_changed(self, tool: str) -> None:
        self.tools[tool].setChecked(True)

    def on_windowed(self) -> None:
        window = self.board.scene.window
        names = [preset.name for preset in self.board.presets if preset.window == window]
        name = self.tr("As opened") if window == self.board.scene.first_window else self.tr("Window")
        self.presets.setText((names[0] if names else name).replace("&", "&&"))
        self.invert_button.setChecked(self.board.scene.inverted)

    def on_overlay_changed(self) -> None:
        with QSignalBlocker(self.opacity):
            self.opacity.setValue(round(self.board.scene.layers_opacity * 100))
        self.opacity.setEnabled(bool(self.board.scene.layers) and self.board.scene.layers_visible)
