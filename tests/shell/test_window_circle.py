"""The main job, walked in the real window over a real vault and real workers."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from medstation.shell.inspector import FINETUNE, INFER
from medstation.shell.office import Office
from medstation.shell.run import Shell
from medstation.widgets.rows import rows_in

pytestmark = pytest.mark.gui
LONG = 60_000


@pytest.fixture
def office(shell: Shell) -> Office:
    assert shell.office is not None
    return shell.office


def _settle(qtbot: QtBot, shell: Shell) -> None:
    qtbot.waitUntil(lambda: shell.awaiting.idle, timeout=LONG)


def _import(qtbot: QtBot, shell: Shell, office: Office, cases: Path) -> None:
    office.session.do(office.verbs.import_paths([cases / "numbers"]))
    _settle(qtbot, shell)
    office.session.do(office.verbs.attach_labels([cases / "labels"]))
    _settle(qtbot, shell)


def test_a_person_imports_trains_runs_and_accepts(qtbot: QtBot, shell: Shell, office: Office, cases: Path) -> None:
    session, place = office.session, office.place
    with qtbot.assertNotEmitted(session.failed):
        _import(qtbot, shell, office, cases)
        assert len(session.shown.items) == 9 and all(item.labels == 1 for item in session.shown.items)
        assert place.stage.view is not None and place.stage.view.text() == "0.0 1.0"
        place.library.record_chosen.emit(session.shown.items[1].key)
        newest = session.ws.library.labels(session.shown.items[1].record.id)[0].id
        qtbot.waitUntil(lambda: list(getattr(place.stage.view, "layers", ())) == [newest], timeout=LONG)

        place.inspector.show_tab(FINETUNE)
        form = place.inspector.finetune
        assert not form.start.isEnabled()
        form.data.name.setText("all")
        form.data.make.click()
        qtbot.waitUntil(lambda: form.start.isEnabled(), timeout=LONG)
        form.start.click()
        qtbot.waitUntil(lambda: bool(session.running), timeout=LONG)
        run_id = next(iter(session.running))
        qtbot.waitUntil(lambda: place.stage.pages.currentWidget() is place.stage.run, timeout=LONG)
        qtbot.waitUntil(lambda: not session.running and shell.awaiting.idle, timeout=LONG)
        assert session.shown.runs[0].state == "done"
        assert place.stage.run.run_id == run_id and not place.stage.run.table.isHidden()
        assert session.stories[run_id].points("loss/train") == ((1.0, 1.0), (2.0, 0.5), (3.0, pytest.approx(1 / 3)))

        place.inspector.show_tab(INFER)
        place.library.record_chosen.emit(session.shown.items[0].key)
        infer = place.inspector.infer
        assert infer.run.isEnabled() and not infer.unproven.isHidden()
        infer.run.click()
        qtbot.waitUntil(lambda: bool(session.shown.predictions) and shell.awaiting.idle, timeout=LONG)
        prediction = session.shown.predictions[0]
        assert prediction.id in place.stage.view.layers and infer.findings.overlay.isChecked()
        next(rows_in(infer.findings.rows)).click()
        assert place.stage.view.place == {"index": 0}

        infer.verdict.accept.click()
        _settle(qtbot, shell)
        assert session.shown.predictions[0].verdict == "accepted"
        assert [label.version for label in session.shown.labels] == [2, 1]

        place.inspector.review.on_model(session.shown.models[0].id)
        place.inspector.review.reason.setText("better on the test set")
        place.inspector.review.approve.click()
        _settle(qtbot, shell)
        assert session.shown.models[0].state == "approved" and infer.unproven.isHidden()


def test_a_run_that_is_stopped_keeps_its_best(qtbot: QtBot, shell: Shell, office: Office, cases: Path) -> None:
    session, form = office.session, office.place.inspector.finetune
    _import(qtbot, shell, office, cases)
    session.do(office.verbs.create_dataset("all", "mean"))
    _settle(qtbot, shell)
    form.form.fill({"wait_at": 2})
    form.start.click()
    qtbot.waitUntil(lambda: any(story.epoch >= 1 for story in session.stories.values()), timeout=LONG)
    assert not form.stop.isHidden()
    form.stop.click()
    qtbot.waitUntil(lambda: not session.running and shell.awaiting.idle, timeout=LONG)
    assert session.shown.runs[0].state == "done" and len(session.shown.models) == 1


def test_a_worker_that_dies_is_told_and_the_run_resumes(
    qtbot: QtBot, shell: Shell, office: Office, cases: Path
) -> None:
    session, page = office.session, office.place.stage.run
    _import(qtbot, shell, office, cases)
    session.do(office.verbs.create_dataset("all", "mean"))
    _settle(qtbot, shell)
    office.place.inspector.finetune.form.fill({"wait_at": 2})
    office.place.inspector.finetune.start.click()
    qtbot.waitUntil(lambda: any("checkpoint" in line for s in session.stories.values() for line in s.log), timeout=LONG)
    _kill(next(iter(session.running.values())).pid)
    qtbot.waitUntil(lambda: not session.running and shell.awaiting.idle, timeout=LONG)
    assert not office.place.stage.banner.isHidden() and "worker" in office.place.stage.banner.message.text()
    assert not page.resume.isHidden()
    page.resume.click()
    qtbot.waitUntil(lambda: session.shown.runs[0].state == "done" and shell.awaiting.idle, timeout=LONG)
    assert session.stories[session.shown.runs[0].id].epoch == 3


def _kill(pid: int | None) -> None:
    import os
    import signal

    assert pid is not None
    os.kill(pid, signal.SIGKILL)


def test_files_that_cannot_be_read_are_named(qtbot: QtBot, shell: Shell, office: Office, tmp_path: Path) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    (folder / "P1_a.num").write_text("1\n")
    (folder / "P2_a.num").write_text("no number\n")
    office.session.do(office.verbs.import_paths([folder]))
    _settle(qtbot, shell)
    banner = office.place.stage.banner
    assert not banner.isHidden() and "P2_a.num" in banner.details.toPlainText()
    assert len(office.session.shown.items) == 1


def test_files_can_be_opened_without_importing(qtbot: QtBot, shell: Shell, office: Office, cases: Path) -> None:
    office.session.do(office.verbs.open_paths([cases / "numbers" / "P3_a.num"]))
    _settle(qtbot, shell)
    item = office.session.shown.item
    assert item is not None and not item.imported
    assert office.place.stage.view.text() == "3.0 4.0"
    assert not office.place.inspector.record.bring.isHidden() and not office.place.inspector.infer.run.isEnabled()
    assert office.session.ws.library.records() == []


def test_a_label_that_follows_correct_is_kept_as_the_correction(
    qtbot: QtBot, shell: Shell, office: Office, cases: Path
) -> None:
    session = office.session
    _import(qtbot, shell, office, cases)
    session.do(office.verbs.create_dataset("all", "mean"))
    _settle(qtbot, shell)
    office.place.inspector.finetune.start.click()
    qtbot.waitUntil(lambda: bool(session.shown.models) and shell.awaiting.idle, timeout=LONG)
    office.place.inspector.infer.run.click()
    qtbot.waitUntil(lambda: bool(session.shown.predictions) and shell.awaiting.idle, timeout=LONG)
    office.place.inspector.infer.verdict.correct.click()
    _settle(qtbot, shell)
    assert session.shown.correcting
    session.do(office.verbs.attach_label(cases / "labels" / "P0_a.value"))
    _settle(qtbot, shell)
    assert session.shown.predictions[0].verdict == "corrected" and session.shown.correcting == ""


def test_a_model_comes_in_from_a_package_and_a_folder_that_is_none_is_told(
    qtbot: QtBot, shell: Shell, office: Office, cases: Path, tmp_path: Path
) -> None:
    session, place = office.session, office.place
    _import(qtbot, shell, office, cases)
    session.do(office.verbs.create_dataset("all", "mean"))
    _settle(qtbot, shell)
    place.inspector.finetune.start.click()
    qtbot.waitUntil(lambda: bool(session.shown.models) and shell.awaiting.idle, timeout=LONG)
    session.do(office.verbs.export_model(session.shown.models[0].id, tmp_path / "mean.medmodel"))
    _settle(qtbot, shell)

    with qtbot.waitSignal(office.verbs.model_imported, timeout=LONG) as brought:
        place.catalogue.import_asked.emit()
        _answer(shell, tmp_path / "mean.medmodel")
    _settle(qtbot, shell)
    assert [model.version for model in session.shown.models] == [2, 1]
    assert place.stage.pages.currentWidget() is place.stage.model and place.stage.model.model_id == brought.args[0]

    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "pytorch_model.bin").write_bytes(b"\x80\x02cos\nsystem\n")
    with qtbot.waitSignal(session.failed, timeout=LONG) as told:
        place.catalogue.import_folder_asked.emit()
        _answer(shell, tmp_path / "folder")
    assert "pickled" in told.args[0].message
    _settle(qtbot, shell)
    assert len(session.shown.models) == 2


def _answer(shell: Shell, path: Path) -> None:
    """Choose a file or folder in the dialog that is open."""
    (dialog,) = [one for one in shell.window.findChildren(QFileDialog) if one.isVisible()]
    dialog.filesSelected.emit([str(path)])
    dialog.reject()
