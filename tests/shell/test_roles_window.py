"""In the window too each person does what their role allows, gives reasons, and leaves a trace."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot
from shell_vault import PASSPHRASE, TASK, make_workstation

from medstation.actions import importing, labelling
from medstation.api import LabelDraft
from medstation.shell.gate import RecoverPage, UnlockPage
from medstation.shell.office import Office
from medstation.shell.reason_dialog import ReasonDialog
from medstation.shell.run import Shell
from medstation.shell.settings_dialog import SettingsDialog
from medstation.shell.traffic import Traffic, places
from medstation.vault import EXPORT_REASON, AuditEntry, Vault

pytestmark = pytest.mark.gui
ADA = "ada's own passphrase"


@pytest.fixture
def shared(vault_folder: Path, cases: Path, toy_plugin: Path) -> Path:
    """A vault with Ada, reader, beside its owner; a labelled record is in it."""
    ws = make_workstation(vault_folder, PASSPHRASE, False, "")
    try:
        ws.vault.people.add("Ada", "reader", ADA)
        importing.start(ws, [cases / "numbers" / "P0_a.num"]).result()
        labelling.start(ws, "r-1", cases / "labels" / "P0_a.value").result()
    finally:
        ws.close()
    return vault_folder


@pytest.fixture
def unlock(make_shell: Callable[[Path], Shell], qtbot: QtBot) -> Callable[[Path, str, str], Office]:
    """`unlock(folder, name, passphrase)`: by hand, at the unlock page; the toy task is chosen then."""

    def do(folder: Path, name: str, passphrase: str) -> Office:
        shell = make_shell(folder)
        page = shell.gate
        assert isinstance(page, UnlockPage)
        qtbot.waitUntil(lambda: shell.awaiting.idle, timeout=20_000)
        page.name.setText(name)
        page.passphrase.setText(passphrase)
        page.act.click()
        qtbot.waitUntil(lambda: shell.office is not None and shell.awaiting.idle, timeout=20_000)
        assert shell.office is not None
        shell.office.session.do(shell.office.session.choose_task(TASK))
        qtbot.waitUntil(lambda: shell.awaiting.idle, timeout=20_000)
        return shell.office

    return do


def open_first(office: Office, qtbot: QtBot) -> None:
    office.session.do(office.session.open_item(office.session.shown.items[0].key))
    qtbot.waitUntil(lambda: office.session.awaiting.idle, timeout=20_000)


def told(office: Office, action: str) -> list[AuditEntry]:
    entries = office.session.ws.vault.audit.entries(limit=200)
    return [entry for entry in entries if entry.action == action]


def test_what_a_reader_may_not_do_is_disabled_and_says_why(
    unlock: Callable[[Path, str, str], Office], shared: Path, qtbot: QtBot
) -> None:
    office = unlock(shared, "Ada", ADA)
    assert office.session.ws.vault.user.name == "Ada"
    open_first(office, qtbot)
    record, review = office.place.inspector.record, office.place.inspector.review
    guarded = (record.attach, record.attach_many, office.place.catalogue.package, review.approve)
    for widget in guarded:
        widget.setEnabled(True)  # as the tabs do when something is chosen
    assert [widget.isEnabled() for widget in guarded] == [False] * 4
    assert {widget.toolTip() for widget in guarded[:2]} == {
        "Needs the role annotator or a higher one; yours is reader."
    }
    assert not office.place.library.acceptDrops()

    said: list[str] = []
    office.session.said.connect(said.append)
    next(command for command in office.commands if command.keys == "Ctrl+O").act()
    assert said == ["Needs the role annotator or a higher one; yours is reader."]


def test_the_door_behind_the_widgets_refuses_too(
    unlock: Callable[[Path, str, str], Office], shared: Path, cases: Path, qtbot: QtBot
) -> None:
    office = unlock(shared, "ada", ADA)
    open_first(office, qtbot)
    failed: list[object] = []
    office.session.failed.connect(failed.append)
    office.session.do(office.verbs.save_label(LabelDraft("value", b"1", {})))
    office.session.do(office.verbs.import_paths([cases]))
    qtbot.waitUntil(lambda: len(failed) == 2, timeout=20_000)
    assert [getattr(error, "code", "") for error in failed] == ["refused"] * 2


def test_a_look_stands_in_the_log_once(unlock: Callable[[Path, str, str], Office], shared: Path, qtbot: QtBot) -> None:
    office = unlock(shared, "Ada", ADA)
    open_first(office, qtbot)
    office.session.close_item()
    open_first(office, qtbot)
    looks = [(one.actor, one.subject) for one in told(office, "record.view")]
    assert looks == [("Ada", "r-1")]


def test_failed_attempts_at_the_window_stand_in_the_log(
    make_shell: Callable[[Path], Shell], shared: Path, qtbot: QtBot
) -> None:
    shell = make_shell(shared)
    page = shell.gate
    assert isinstance(page, UnlockPage)
    qtbot.waitUntil(lambda: not page.name.isHidden(), timeout=20_000)
    for name, passphrase in (("Ada", "guess"), ("Zoe", PASSPHRASE)):
        page.name.setText(name)
        page.passphrase.setText(passphrase)
        page.act.click()
        qtbot.waitUntil(lambda: page.act.isEnabled(), timeout=20_000)
        assert shell.office is None and not page.fault.isHidden()
    page.name.setText("")
    page.passphrase.setText(PASSPHRASE)
    page.act.click()
    qtbot.waitUntil(lambda: shell.office is not None, timeout=20_000)
    assert shell.office is not None
    (failed,) = told(shell.office, "vault.unlock.failed")
    assert [one["user"] for one in failed.detail["attempts"]] == ["Ada", ""]


def test_a_vault_with_one_person_asks_for_no_name_and_one_with_several_knows_who_was_here(
    make_shell: Callable[[Path], Shell], vault_folder: Path, qtbot: QtBot
) -> None:
    shell = make_shell(vault_folder)
    page = shell.gate
    assert isinstance(page, UnlockPage)
    qtbot.waitUntil(lambda: shell.awaiting.idle, timeout=20_000)
    assert page.name.isHidden() and page.name.name == ""
    for names, expected in ((("owner", "Ada"), "Ada"), (("owner", "Eve"), "")):
        again = UnlockPage(vault_folder, "Ada")
        qtbot.addWidget(again)
        again.name.show_people(names)
        assert (again.name.name, again.name.isHidden()) == (expected, False)


def test_the_recovery_key_serves_whoever_is_named(
    make_shell: Callable[[Path], Shell], shared: Path, qtbot: QtBot
) -> None:
    with Vault.open(shared, PASSPHRASE) as vault:
        key = vault.people.new_recovery_key()
        vault.people.set_role("Ada", "administrator")
    shell = make_shell(shared)
    assert isinstance(shell.gate, UnlockPage)
    shell.gate.forgotten.emit()
    page = shell.gate
    assert isinstance(page, RecoverPage)
    qtbot.waitUntil(lambda: not page.name.isHidden(), timeout=20_000)
    page.key.setText(key)
    page.name.setText("ada")
    for line in (page.new.first, page.new.second):
        line.setText("another long passphrase")
    page.act.click()
    qtbot.waitUntil(lambda: shell.office is not None, timeout=20_000)
    assert shell.office is not None and shell.office.session.ws.vault.user.name == "Ada"
    Vault.open(shared, PASSPHRASE, "owner").close()


def test_an_export_asks_for_its_reason_where_one_is_wanted(
    unlock: Callable[[Path, str, str], Office], shared: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    office = unlock(shared, "owner", PASSPHRASE)
    record, place = office.place.inspector.record, office.place
    open_first(office, qtbot)
    assert record.attach.isEnabled() and place.library.acceptDrops()
    office.wiring.asking.settings(office.wiring.look)
    qtbot.waitUntil(lambda: bool(place.findChildren(SettingsDialog)), timeout=20_000)
    (settings,) = place.findChildren(SettingsDialog)
    settings.reasons.click()
    settings.accept()
    qtbot.waitUntil(lambda: office.session.ws.vault.policies.is_on(EXPORT_REASON), timeout=20_000)

    office.wiring.asking.export("l-1", "txt")
    qtbot.waitUntil(lambda: bool(place.findChildren(ReasonDialog)), timeout=20_000)
    (dialog,) = place.findChildren(ReasonDialog)
    assert not dialog.go_on.isEnabled()
    dialog.reason.setText("  for the tumour board ")
    dialog.go_on.click()
    qtbot.waitUntil(lambda: bool(place.findChildren(QFileDialog)), timeout=20_000)
    (where,) = place.findChildren(QFileDialog)
    out = tmp_path / "label.txt"
    where.filesSelected.emit([str(out)])
    where.reject()
    qtbot.waitUntil(lambda: out.exists() and office.session.awaiting.idle, timeout=20_000)
    (entry,) = told(office, "export")
    assert entry.detail["reason"] == "for the tumour board"


def test_what_may_leave_is_shown_with_what_did(shell: Shell) -> None:
    assert shell.office is not None
    status, top = shell.office.place.status, shell.office.place.top
    allowed = places([("pacs.hospital.org", 104), ("fd00::7", 11112)])
    for traffic, line, pill in (
        (Traffic(True, 0, 0), "", "Offline · 0 connections"),
        (Traffic(True, 2, 0), "connections 0, refused 2", "Offline · 0 connections"),
        (
            Traffic(True, 1, 3, allowed),
            "Allowed: pacs.hospital.org:104, [fd00::7]:11112 · connections 3, refused 1",
            "Exceptions 2 · 3 connections",
        ),
    ):
        status.show_network(traffic)
        top.show_network(traffic)
        assert (status.network.text(), top.network.text()) == (line, pill)
        assert status.network.isHidden() == (not line)
