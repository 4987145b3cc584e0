"""Text can be read in both themes, and both have the same tokens."""

from __future__ import annotations

import pytest

from medstation.widgets.theme import TEXT_SIZES, TOKENS, blend, contrast, palette, stylesheet

TEXTS = ("text", "muted", "accent", "ai", "ai_alt", "before", "after", "safe", "caution", "danger")
GROUNDS = ("background", "panel", "raised", "selection")


@pytest.mark.parametrize("theme", TOKENS)
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("text", TEXTS)
def test_every_text_colour_has_contrast_on_every_ground(theme: str, text: str, ground: str) -> None:
    assert contrast(TOKENS[theme][text], TOKENS[theme][ground]) >= 4.5


@pytest.mark.parametrize("theme", TOKENS)
@pytest.mark.parametrize(("text", "ground"), [("primary_text", "primary"), ("accent_text", "accent")])
def test_buttons_can_be_read(theme: str, text: str, ground: str) -> None:
    assert contrast(TOKENS[theme][text], TOKENS[theme][ground]) >= 4.5


@pytest.mark.parametrize("theme", TOKENS)
def test_overlay_colours_can_be_read_on_black(theme: str) -> None:
    tokens = TOKENS[theme]
    for name in ("image_text", "image_ai", "image_ai_alt", *(f"label_{index}" for index in range(1, 9))):
        assert contrast(tokens[name], tokens["image_background"]) >= 4.5


def test_contrast_knows_its_two_ends() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#123456", "#123456") == pytest.approx(1)
    assert blend("#ffffff", "#000000", 0.5) == "#808080"


def test_both_themes_have_the_same_tokens() -> None:
    assert TOKENS["dark"].keys() == TOKENS["light"].keys()


@pytest.mark.parametrize("theme", TOKENS)
@pytest.mark.parametrize("size", TEXT_SIZES)
def test_the_style_sheet_has_no_holes(qapp: object, theme: str, size: str) -> None:
    sheet = stylesheet(TOKENS[theme], size)
    assert "$" not in sheet and sheet.count("{") == sheet.count("}")
    assert palette(theme).window().color().name() == TOKENS[theme]["background"]
