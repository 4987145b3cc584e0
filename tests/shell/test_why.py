"""Why? beside a prediction, and smaller models on a model's page."""

from __future__ import annotations

from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from medstation.api import ModelInfo
from medstation.learning.explaining import names
from medstation.shell.smaller_card import SmallerCard
from medstation.shell.why_dialog import WhyDialog
from medstation.shell.why_section import WhySection
from medstation.widgets.panels import Note
from medstation_signals.plugin import RECORDINGS

PREDICTION: Any = SimpleNamespace(id="p-3")


def png(size: tuple[int, int] = (1300, 500)) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, "#304050").save(out, format="PNG")
    return out.getvalue()


def facts(better: bool) -> dict[str, Any]:
    return {"model": "m@1", "title": "Occlusion", "target": "A", "seconds": 1.23, "check": {"better": better},
            "says": "what the check says"}  # fmt: skip


def test_a_prediction_of_a_network_can_be_asked_about_with_every_method(qtbot: QtBot) -> None:
    section = WhySection()
    qtbot.addWidget(section)
    section.show_prediction(PREDICTION, RECORDINGS, "record-class")
    assert section.isVisibleTo(None) and section.method.count() == len(names())
    section.method.setCurrentIndex(2)
    with qtbot.waitSignal(section.asked) as asked:
        section.ask.click()
    assert asked.args == ["p-3", names()[2]]


@pytest.mark.parametrize(("task", "recipe"), [(RECORDINGS, "linear"), (None, "record-class"), (RECORDINGS, "")])
def test_where_there_is_no_network_nothing_is_offered(qtbot: QtBot, task: Any, recipe: str) -> None:
    section = WhySection()
    qtbot.addWidget(section)
    section.show_prediction(PREDICTION, task, recipe)
    assert section.isHidden()


@pytest.mark.parametrize("better", [True, False])
def test_the_picture_comes_with_what_the_check_says_and_a_caution_where_it_failed(qtbot: QtBot, better: bool) -> None:
    dialog = WhyDialog(facts(better), png(), None)  # type: ignore[arg-type]
    qtbot.addWidget(dialog)
    dialog.show()
    assert isinstance(dialog.verdict, QLabel if better else Note)
    assert dialog.picture.accessibleName() == "what the check says"
    assert dialog.picture.width() <= 1300 and not dialog.grab().isNull()
    with qtbot.waitSignal(dialog.save_asked):
        dialog.save.click()


def test_a_models_page_offers_smaller_ones_and_tells_what_one_cost(qtbot: QtBot) -> None:
    card = SmallerCard()
    qtbot.addWidget(card)
    cost = {"method": "int8", "against": "m@1", "bytes_before": 4_000_000, "bytes_after": 1_000_000, "smaller": 4.0,
            "seconds_before": 0.1, "seconds_after": 0.11, "zeros": 0.0}  # fmt: skip
    model = ModelInfo("m-2", "m", 2, "candidate", RECORDINGS.id, "record-class", {}, {"compressed": cost})
    card.show_model(model, RECORDINGS.recipe("record-class"))
    shown = [one.text() for one in card.findChildren(QLabel)]
    assert "4.00 → 1.00 MB, 4.0 times smaller" in shown and "100 → 110 ms" in shown
    with qtbot.waitSignal(card.asked) as asked:
        card.buttons["prune"].click()
    assert asked.args == ["prune"]
    card.show_model(model, RECORDINGS.recipe("linear"))
    assert card.isHidden()
