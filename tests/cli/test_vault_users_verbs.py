"""People, passphrases and the recovery key from the command line."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from caller import Answer, Caller


@pytest.fixture
def ada(medstation: Caller, tmp_path: Path) -> Caller:
    """Ada, annotator, at the same vault."""
    own = tmp_path / "ada"
    own.write_text("ada's own passphrase\n")
    added = medstation("vault", "people", "add", "Ada", "--role", "annotator", "--new-passphrase-file", own)
    assert added.json == {"name": "Ada", "role": "annotator"}
    return Caller(medstation.folder, own)


def error(answer: Answer) -> str:
    return str(answer.json["error"]["message"])


def test_people_are_listed_with_their_roles(medstation: Caller, ada: Caller) -> None:
    listed = ada("vault", "people", "list").json
    assert listed["people"] == [
        {"name": "owner", "role": "administrator"},
        {"name": "Ada", "role": "annotator"},
    ]
    assert listed["you"] == "Ada" and listed["recovery_key"] is False


def test_only_an_administrator_adds_people(ada: Caller, tmp_path: Path) -> None:
    answer = ada("vault", "people", "add", "Eve", "--role", "administrator")
    assert answer.code == 4 and "administrator" in error(answer)


def test_who_is_removed_stays_out(medstation: Caller, ada: Caller) -> None:
    assert medstation("vault", "people", "remove", "Ada").code == 0
    assert ada("records").code == 3
    answer = medstation("vault", "people", "remove", "owner")
    assert answer.code == 4 and "last administrator" in error(answer)


def test_a_name_and_a_role_can_change(medstation: Caller, ada: Caller) -> None:
    answer = medstation("vault", "people", "change", "Ada", "--role", "approver", "--name", "Ada L")
    assert answer.json == {"name": "Ada L", "role": "approver"}


def test_a_passphrase_is_changed(medstation: Caller, ada: Caller, tmp_path: Path) -> None:
    new = tmp_path / "new"
    new.write_text("something new\n")
    assert ada("vault", "passphrase", "--new-passphrase-file", new).json == {"changed": "Ada"}
    assert ada("records").code == 3
    assert Caller(medstation.folder, new)("records").code == 0
    assert medstation("records").code == 0


def test_the_recovery_key_sets_a_new_passphrase(medstation: Caller, tmp_path: Path) -> None:
    key = medstation("vault", "recovery").json["recovery_key"]
    again = medstation("vault", "recovery")
    assert again.code == 2 and "already" in error(again)
    written, new, forgotten = tmp_path / "key", tmp_path / "new", tmp_path / "forgotten"
    written.write_text(key.lower() + "\n")
    new.write_text("something new\n")
    forgotten.write_text("?\n")
    somebody = Caller(medstation.folder, forgotten)
    options = ("--recovery-key-file", written, "--new-passphrase-file", new)
    assert somebody("vault", "recover", *options).json == {"changed": "owner"}
    assert medstation("records").code == 3
    assert Caller(medstation.folder, new)("records").code == 0
    written.write_text(key[:-1] + ("2" if key[-1] != "2" else "3"))
    mistyped = somebody("vault", "recover", *options)
    assert mistyped.code == 1 and "mistyped" in error(mistyped)


def test_without_a_terminal_secrets_come_from_files(
    medstation: Caller, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    answer = medstation("vault", "passphrase")
    assert answer.code == 3 and "no terminal" in error(answer)
    answer = medstation("vault", "passphrase", "--new-passphrase-file", tmp_path / "missing")
    assert answer.code == 1 and "missing" in error(answer)


def test_guessing_is_slowed_down(medstation: Caller, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("guess\n")
    answers = [Caller(medstation.folder, wrong)("records") for _ in range(6)]
    assert {answer.code for answer in answers} == {3}
    assert "next attempt is in" in error(answers[-1])
