"""A data view says what it opens, what went wrong and what to be careful of, and ends what it no longer needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QLabel
from pytestqt.qtbot import QtBot

from medstation.api import BadInput, Fetched, Json, LabelDraft, MedStationError, Person, Record
from medstation.widgets.pages import DataPages, FailedPage, LoadingPage, NotesBanner

pytestmark = pytest.mark.gui

RECORD = Record("r-1", "toy.numbers", "numbers", Person("P-1"), "Chest <b>X</b>", "", "", {}, ())


class Context:
    """A `ViewContext` that answers when it is told to."""

    record = RECORD
    palette: Mapping[str, str] = {}

    def __init__(self) -> None:
        self.asked: list[tuple[Json, Callable[[Fetched], None], Callable[[MedStationError], None]]] = []
        self.progress: Callable[[float, str], None] | None = None
        self.cancelled: list[int] = []

    def fetch(
        self,
        ref: str,
        arguments: Json,
        on_ready: Callable[[Fetched], None],
        on_failed: Callable[[MedStationError], None],
        on_progress: Callable[[float, str], None] | None = None,
    ) -> Callable[[], None]:
        number = len(self.asked)
        self.asked.append((arguments, on_ready, on_failed))
        self.progress = on_progress
        return lambda: self.cancelled.append(number)

    def say(self, text: str) -> None:
        raise AssertionError(text)

    def save_label(self, draft: LabelDraft) -> None:
        raise AssertionError(draft)


@pytest.fixture
def context() -> Context:
    return Context()


@pytest.fixture
def pages(qtbot: QtBot, context: Context) -> DataPages:
    made = DataPages(context, "This chest cannot be shown")
    qtbot.addWidget(made)
    made.open()
    return made


def test_it_says_what_is_opened_and_how_far_it_is_as_plain_text(pages: DataPages, context: Context) -> None:
    pages.fetch("toy:fetch", {}, lambda fetched: None)
    assert context.progress
    context.progress(0.4, "3 of 6")
    page = pages.currentWidget()
    assert isinstance(page, LoadingPage)
    assert (page.title.text(), page.bar.value(), page.text.text()) == ("Opening Chest <b>X</b>", 400, "3 of 6")
    assert page.bar.accessibleName() == page.title.text()
    assert {one.textFormat() for one in page.findChildren(QLabel)} == {Qt.TextFormat.PlainText}


def test_a_failure_is_told_with_what_to_do_and_can_be_tried_again(
    qtbot: QtBot, pages: DataPages, context: Context
) -> None:
    pages.fetch("toy:fetch", {}, lambda fetched: None)
    context.asked[0][2](BadInput("it is damaged", "Import it again."))
    page = pages.currentWidget()
    assert isinstance(page, FailedPage)
    assert [one.text() for one in page.findChildren(QLabel)] == [
        "This chest cannot be shown", "it is damaged", "Import it again.",
    ]  # fmt: skip
    with qtbot.waitSignal(pages.retried):
        page.findChild(QAbstractButton).click()
    pages.open()
    assert isinstance(pages.currentWidget(), LoadingPage) and pages.count() == 1


def test_the_views_own_page_is_kept_and_its_rest_may_still_be_on_its_way(pages: DataPages, context: Context) -> None:
    own, got = QLabel("the data"), []
    for part in ({"until": 60}, {}):
        pages.fetch("toy:fetch", part, got.append)
    first = Fetched({})
    context.asked[0][1](first)
    pages.show_page(own)
    assert context.progress
    context.progress(0.9, "the rest")
    context.asked[1][2](BadInput("cut short", ""))
    assert isinstance(pages.currentWidget(), FailedPage)
    pages.show_page(own)
    assert pages.currentWidget() is own and got == [first]


def test_what_is_still_asked_for_ends_with_the_view(qtbot: QtBot, context: Context) -> None:
    gone: list[bool] = []
    pages = DataPages(context)
    for _ in range(3):
        pages.fetch("toy:fetch", {}, lambda fetched: None)
    context.asked[1][1](Fetched({}))
    pages.destroyed.connect(lambda: gone.append(True))
    pages.deleteLater()
    qtbot.waitUntil(lambda: gone == [True])
    assert context.cancelled == [0, 2]


def test_cautions_are_in_sight_only_where_there_are_some(qtbot: QtBot) -> None:
    banner, none = NotesBanner(("no scale", "3 slices missing")), NotesBanner(())
    for widget in (banner, none):
        qtbot.addWidget(widget)
        widget.setParent(None)
    assert banner.text.text() == "no scale  ·  3 slices missing"
    assert banner.text.accessibleName() == "Cautions: no scale; 3 slices missing"
    assert not banner.isHidden() and none.isHidden()
