"""Several people share a vault, each with an own passphrase and a role."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from test_vault_faults import failing_from
from vault_fixtures import PASSPHRASE, keep, make

from medstation.api import MedStationError, NotFound, Refused, StorageFull, VaultLocked, WrongUsage
from medstation.vault import ADMINISTRATOR, ROLES, Person, Vault
from medstation.vault.header import Header


@pytest.fixture
def shared(vault: Vault) -> Vault:
    vault.people.add("Ada", "annotator", "ada's own")
    vault.people.add("Bob", ADMINISTRATOR, "bob's own")
    return vault


@pytest.mark.parametrize("name", ["Ada", ""])
def test_each_unlocks_with_an_own_passphrase(shared: Vault, name: str) -> None:
    blob = keep(shared, b"one for all")
    with Vault.open(shared.folder, "ada's own", user=name) as vault:
        assert vault.user == Person("Ada", "annotator")
        assert vault.blobs.read(blob) == b"one for all"


def test_who_unlocked_stands_in_the_log(shared: Vault) -> None:
    Vault.open(shared.folder, "bob's own").close()
    entry = shared.audit.entries(1)[0]
    assert (entry.actor, entry.action, entry.detail["role"]) == ("Bob", "vault.unlock", ADMINISTRATOR)


def test_a_passphrase_opens_as_its_owner_only(shared: Vault) -> None:
    with pytest.raises(VaultLocked):
        Vault.open(shared.folder, "ada's own", user="Bob")
    with pytest.raises(VaultLocked):
        Vault.open(shared.folder, "ada's own", user="Nobody")


def test_a_change_of_passphrase_leaves_everything_else_as_it_is(shared: Vault) -> None:
    blob = keep(shared, b"x" * 1000)
    files = {path: path.read_bytes() for path in (shared.folder / "blobs").rglob("*") if path.is_file()}
    others = Header.load(shared.folder).slots[1:]
    with Vault.open(shared.folder, PASSPHRASE) as vault:
        vault.people.change_passphrase(PASSPHRASE, "quite another")
    with pytest.raises(VaultLocked):
        Vault.open(shared.folder, PASSPHRASE)
    with Vault.open(shared.folder, "quite another") as vault:
        assert vault.blobs.read(blob) == b"x" * 1000
        assert vault.user.name == "owner"
    assert {path: path.read_bytes() for path in files} == files
    assert Header.load(shared.folder).slots[1:] == others


def test_a_change_of_passphrase_asks_for_the_old_one(shared: Vault) -> None:
    with pytest.raises(VaultLocked):
        shared.people.change_passphrase("bob's own", "mine now")
    Vault.open(shared.folder, PASSPHRASE).close()


def test_who_was_removed_no_longer_gets_in(shared: Vault) -> None:
    shared.people.remove("Ada")
    with pytest.raises(VaultLocked):
        Vault.open(shared.folder, "ada's own")
    assert [person.name for person in shared.people.all()] == ["owner", "Bob"]


def test_the_last_administrator_stays(shared: Vault) -> None:
    shared.people.remove("Bob")
    with pytest.raises(Refused, match="last administrator"):
        shared.people.remove("owner")
    with pytest.raises(Refused, match="last administrator"):
        shared.people.set_role("owner", "reader")
    assert Person("owner", ADMINISTRATOR) in shared.people.all()


CHANGES: dict[str, Callable[[Vault], object]] = {
    "add": lambda vault: vault.people.add("Eve", "reader", "eve's own"),
    "remove": lambda vault: vault.people.remove("Bob"),
    "rename": lambda vault: vault.people.rename("Bob", "Robert"),
    "role": lambda vault: vault.people.set_role("Ada", ADMINISTRATOR),
    "passphrase": lambda vault: vault.people.set_passphrase("Bob", "mine now"),
    "recovery": lambda vault: vault.people.new_recovery_key(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
@pytest.mark.parametrize("role", ROLES)
def test_only_an_administrator_changes_people(shared: Vault, role: str, change: Callable[[Vault], object]) -> None:
    before = (shared.folder / "vault.json").read_bytes()
    shared.people.add("Ona", role, "ona's own")
    with Vault.open(shared.folder, "ona's own") as vault:
        if role == ADMINISTRATOR:
            change(vault)
            assert vault.audit.entries(1)[0].actor == "Ona"
            assert (shared.folder / "vault.json").read_bytes() != before
        else:
            with pytest.raises(Refused, match="administrator"):
                change(vault)


def test_a_worker_changes_nobody(shared: Vault) -> None:
    with Vault.attach(shared.folder, shared.key) as worker, pytest.raises(Refused, match="nobody has unlocked"):
        worker.people.remove("Ada")
    with Vault.attach(shared.folder, shared.key, user="Ada") as worker:
        assert worker.user == Person("Ada", "annotator")


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 81])
def test_a_name_must_make_sense(vault: Vault, name: str) -> None:
    with pytest.raises(WrongUsage, match="name"):
        vault.people.add(name, "reader", "secret")


def test_names_are_unique_however_they_are_written(shared: Vault) -> None:
    for name in ("ADA", "owner", "ada "):
        with pytest.raises(WrongUsage, match="already"):
            shared.people.add(name, "reader", "secret")
    with pytest.raises(WrongUsage, match="already"):
        shared.people.rename("Bob", "aDa")


def test_unknown_people_and_roles_are_told(vault: Vault) -> None:
    with pytest.raises(NotFound, match="Zoe"):
        vault.people.remove("Zoe")
    with pytest.raises(WrongUsage, match="king"):
        vault.people.add("Zoe", "king", "secret")
    with pytest.raises(WrongUsage, match="empty"):
        vault.people.add("Zoe", "reader", "")


def test_a_vault_with_many_people_asks_who_one_is(vault: Vault) -> None:
    for number in range(9):
        vault.people.add(f"P{number}", "reader", f"secret {number}")
    with pytest.raises(VaultLocked, match="many users"):
        Vault.open(vault.folder, "secret 3")
    with Vault.open(vault.folder, "secret 3", user="P3") as opened:
        assert opened.user.name == "P3"


def test_two_programs_change_people_and_neither_change_is_lost(shared: Vault) -> None:
    with Vault.open(shared.folder, "bob's own") as other:
        shared.people.add("Cleo", "reader", "c")
        other.people.add("Dan", "reader", "d")
        shared.people.remove("Ada")
    assert [person.name for person in shared.people.all()] == ["owner", "Bob", "Cleo", "Dan"]


def test_an_older_header_put_back_is_found(shared: Vault) -> None:
    path = shared.folder / "vault.json"
    older = path.read_bytes()
    shared.people.remove("Ada")
    path.write_bytes(older)
    with pytest.raises(Refused, match="older"):
        Vault.open(shared.folder, "ada's own")


def test_a_header_made_to_look_like_the_first_format_is_found(shared: Vault) -> None:
    """It has no seal, and its one slot would be an administrator's."""
    path = shared.folder / "vault.json"
    data = json.loads(path.read_text())
    slot = data["keyslots"][1]
    data.update(version=1, keyslots=[{**slot, "name": slot["id"]}])
    path.write_text(json.dumps(data))
    with pytest.raises(Refused, match="older"):
        Vault.open(shared.folder, "ada's own")


def test_a_slot_of_another_vault_is_worth_nothing(shared: Vault, tmp_path: Path) -> None:
    with make(tmp_path / "other") as other:
        path = other.folder / "vault.json"
    data = json.loads(path.read_text())
    data["keyslots"] = json.loads((shared.folder / "vault.json").read_text())["keyslots"]
    path.write_text(json.dumps(data))
    with pytest.raises(VaultLocked):
        Vault.open(other.folder, PASSPHRASE)


def test_a_change_that_was_cut_off_before_its_commit_is_adopted(shared: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed between saving the header and committing: the new header holds, and the log says so."""
    head = Header.load(shared.folder)
    head.with_slots(head.slots[:1], shared.key).save(shared.folder)
    with Vault.open(shared.folder, PASSPHRASE) as vault:
        assert vault.people.all() == [Person("owner", ADMINISTRATOR)]
        assert "vault.header.adopt" in [entry.action for entry in vault.audit.entries()]
    Vault.open(shared.folder, PASSPHRASE).close()


@pytest.mark.parametrize("call", ["open", "write", "fsync", "replace"])
@pytest.mark.parametrize("count", range(4))
def test_a_disk_that_fails_leaves_the_old_passphrase_or_the_new(
    shared: Vault, monkeypatch: pytest.MonkeyPatch, call: str, count: int
) -> None:
    done = False
    with monkeypatch.context() as patch, suppress(StorageFull):
        patch.setattr(os, call, failing_from(call, count, errno.ENOSPC))
        shared.people.set_passphrase("Ada", "new one")
        done = True
    opening = [passphrase for passphrase in ("ada's own", "new one") if opens(shared, passphrase)]
    assert opening == ["new one"] or (len(opening) == 1 and not done)
    assert shared.audit.verify().ok


def opens(vault: Vault, passphrase: str) -> bool:
    try:
        Vault.open(vault.folder, passphrase, user="Ada").close()
    except VaultLocked:
        return False
    return True


def test_a_failed_commit_leaves_the_header_as_it_was(shared: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MedStationError("no log, no act")

    before = (shared.folder / "vault.json").read_bytes()
    with monkeypatch.context() as patch, pytest.raises(MedStationError, match="no log"):
        patch.setattr(type(shared.audit), "append", fail)
        shared.people.remove("Ada")
    assert json.loads((shared.folder / "vault.json").read_bytes()) == json.loads(before)
    Vault.open(shared.folder, "ada's own").close()
