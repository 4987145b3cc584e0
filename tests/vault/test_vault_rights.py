"""Each role may do its acts and no others; the vault's own door asks, also in workers."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from vault_fixtures import PASSPHRASE, make

from medstation.api import Refused
from medstation.vault import ROLES, Person, Vault, back_up, export_log, rights

MEDSTATION = Path(rights.__file__).parents[1]
DOORS = ("write", "note", "change_header", "_change", "need", "guard", "submit")


@pytest.fixture
def shared(folder: Path) -> Iterator[Path]:
    """A vault with one person of each role, called by it; their passphrases are their roles."""
    with make(folder) as vault:
        for role in ROLES[:-1]:
            vault.people.add(role, role, role)
    yield folder


def opened(folder: Path, role: str) -> Vault:
    return Vault.open(folder, PASSPHRASE if role == ROLES[-1] else role)


@pytest.mark.parametrize("needed", ROLES)
def test_every_role_may_do_what_lower_ones_may_and_no_more(needed: str) -> None:
    allowed = ROLES[ROLES.index(needed) :]
    for act in rights.ACTS[needed]:
        assert tuple(role for role in ROLES if rights.may(Person("Ona", role), act)) == allowed, act


@pytest.mark.parametrize("role", ROLES)
def test_the_door_for_writing_keeps_to_the_table(shared: Path, role: str) -> None:
    with opened(shared, role) as vault:
        for act in (act for acts in rights.ACTS.values() for act in acts):
            before = vault.audit.entries(1)[0].seq
            if rights.may(Person("", role), act):
                vault.note(act)
            else:
                with pytest.raises(Refused, match=f"needs the role {rights.needed(act)[0]}, and .* is {role}"):
                    vault.note(act)
            assert (vault.audit.entries(1)[0].seq > before) == rights.may(Person("", role), act)


def test_a_worker_may_do_no_more_than_who_started_it(shared: Path) -> None:
    with opened(shared, "annotator") as vault:
        key = vault.key
    with Vault.attach(shared, key, "annotator") as worker:
        worker.note("label")
        with pytest.raises(Refused, match="annotator is annotator"):
            worker.note("run.create")
    for nobody in ("", "somebody who was removed"):
        with Vault.attach(shared, key, nobody) as worker, pytest.raises(Refused, match="nobody has unlocked"):
            worker.note("label")


def test_a_new_role_holds_for_workers_at_once_and_from_the_next_unlocking(shared: Path) -> None:
    with opened(shared, "administrator") as vault, opened(shared, "trainer") as session:
        vault.people.set_role("trainer", "reader")
        session.note("run.create")
        with Vault.attach(shared, vault.key, "trainer") as worker, pytest.raises(Refused, match="is reader"):
            worker.note("run.create")
    with opened(shared, "trainer") as session, pytest.raises(Refused, match="is reader"):
        session.note("run.create")


def test_an_act_that_nobody_thought_of_is_an_administrators(shared: Path) -> None:
    with opened(shared, "approver") as vault, pytest.raises(Refused, match="administrator"):
        vault.note("something new")


def test_backups_and_the_logs_way_out_are_an_administrators(shared: Path, tmp_path: Path) -> None:
    with opened(shared, "approver") as vault:
        for way_out in (lambda: back_up(vault, tmp_path / "b"), lambda: export_log(vault, tmp_path / "log.csv")):
            with pytest.raises(Refused, match="administrator"):
                way_out()
    assert [path.name for path in tmp_path.iterdir()] == ["vault"]


def test_everybody_may_change_their_own_passphrase(shared: Path) -> None:
    with opened(shared, "reader") as vault:
        vault.people.change_passphrase("reader", "another")
    Vault.open(shared, "another", "reader").close()


def test_every_act_in_the_source_stands_in_the_table() -> None:
    """An act by its name, in a call of a door; those that come as values have tests of their own."""
    known = {act for acts in rights.ACTS.values() for act in acts}
    named = {
        (value.value, path.name)
        for path in MEDSTATION.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call) and getattr(call.func, "attr", getattr(call.func, "id", "")) in DOORS
        for value in call.args[:2]
        if isinstance(value, ast.Constant) and isinstance(value.value, str) and "." in value.value
    }
    assert len(named) > 20
    assert {(act, where) for act, where in named if act not in known and ":" not in act} == set()
