"""Colour tokens of the two themes, and the palette and style sheet that Qt gets from them."""

from __future__ import annotations

from collections.abc import Mapping
from string import Template

from PySide6.QtGui import QColor, QFont, QPalette

from medstation.paths import resources

Tokens = Mapping[str, str]
"""Token name -> "#rrggbb"."""

_LABELS = {
    "label_1": "#ff9f43", "label_2": "#5cc8ff", "label_3": "#7ee081", "label_4": "#c792ff",
    "label_5": "#ff6b81", "label_6": "#ffe066", "label_7": "#3ddbc1", "label_8": "#d9a066",
}  # fmt: skip
_IMAGE = {"image_background": "#000000", "image_text": "#dfe6ee", "image_ai": "#ff9f43", "image_ai_alt": "#b69cff",
    **_LABELS,
}  # fmt: skip

TOKENS: Mapping[str, Tokens] = {
    "dark": {
        "background": "#0d1014", "panel": "#11151b", "raised": "#1b232d", "border": "#27303c", "text": "#e4e9f0",
        "muted": "#929dac", "accent": "#62adff", "accent_text": "#06121f", "primary": "#1f6bd0",
        "primary_text": "#ffffff", "selection": "#1a2a3d", "ai": "#ff9f56", "ai_alt": "#b69cff", "before": "#6cb2ff",
        "after": "#ffb454", "safe": "#5fd3a4", "caution": "#f5b85c", "danger": "#ff7b7b", **_IMAGE,
    },
    "light": {
        "background": "#f3f5f8", "panel": "#ffffff", "raised": "#eaeef3", "border": "#cdd5df", "text": "#17202b",
        "muted": "#4f5b6a", "accent": "#0d5cbd", "accent_text": "#ffffff", "primary": "#1763c6",
        "primary_text": "#ffffff", "selection": "#dbe9fb", "ai": "#a34404", "ai_alt": "#6636c7", "before": "#0f5fb8",
        "after": "#8f4e00", "safe": "#0a6b46", "caution": "#8a4b00", "danger": "#b3202c", **_IMAGE,
    },
}  # fmt: skip
"""The tokens by theme. Overlay colours (`label_*`, `image_*`) are for black image backgrounds in both."""

TEXT_SIZES = {"small": 12, "normal": 13, "large": 16}
"""Base text size in pixels by the name used in the settings."""

_FAMILIES = ["Inter", "Segoe UI", "SF Pro Text", "Noto Sans", "DejaVu Sans", "sans-serif"]

_ROLES = {
    "Window": "background", "WindowText": "text", "Base": "panel", "AlternateBase": "raised", "Text": "text",
    "Button": "raised", "ButtonText": "text", "BrightText": "danger", "Highlight": "primary",
    "HighlightedText": "primary_text", "ToolTipBase": "raised", "ToolTipText": "text", "PlaceholderText": "muted",
    "Link": "accent", "LinkVisited": "ai_alt", "Mid": "border", "Dark": "border", "Light": "raised", "Accent": "accent",
}  # fmt: skip


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two "#rrggbb" colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def blend(colour: str, ground: str, share: float) -> str:
    """`share` of `colour` over `ground`, as "#rrggbb"."""
    pairs = [(int(colour[i : i + 2], 16), int(ground[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in pairs)


def palette(theme: str) -> QPalette:
    """The Qt palette of "dark" or "light", for the Fusion style."""
    tokens = TOKENS[theme]
    made = QPalette()
    for role, token in _ROLES.items():
        made.setColor(QPalette.ColorRole[role], QColor(tokens[token]))
    disabled = QColor(blend(tokens["muted"], tokens["panel"], 0.6))
    for faded in (QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText, QPalette.ColorRole.WindowText):
        made.setColor(QPalette.ColorGroup.Disabled, faded, disabled)
    return made


def font(size: str = "normal") -> QFont:
    """The window's font, in a size named in `TEXT_SIZES`."""
    made = QFont()
    made.setFamilies(_FAMILIES)
    made.setPixelSize(TEXT_SIZES[size])
    return made


def stylesheet(tokens: Tokens, size: str = "normal") -> str:
    """The window's style sheet, filled from resources/themes/window.qss with `tokens` and text sizes in pixels."""
    base = TEXT_SIZES[size]
    values = dict(tokens) | {
        "hover": blend(tokens["text"], tokens["raised"], 0.08),
        "pressed": blend(tokens["accent"], tokens["raised"], 0.25),
        "primary_hover": blend(tokens["primary_text"], tokens["primary"], 0.08),
        "disabled": blend(tokens["muted"], tokens["panel"], 0.6),
        "tint": blend(tokens["accent"], tokens["panel"], 0.18),
        "tiny": str(base - 2), "base": str(base), "large": str(base + 2), "title": str(base + 7),
        "icons": (resources() / "icons").as_posix(),
    }  # fmt: skip
    return Template((resources() / "themes" / "window.qss").read_text("utf-8")).substitute(values)
