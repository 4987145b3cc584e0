"""With the recovery key a vault opens though its passphrases are forgotten."""

from __future__ import annotations

import re

import pytest
from vault_fixtures import keep

from medstation.api import BadInput, Refused, VaultLocked, WrongUsage
from medstation.vault import Vault, recovery_key
from medstation.vault.header import Header


def test_a_recovery_key_is_long_and_easy_to_write_down() -> None:
    keys = {recovery_key.make() for _ in range(100)}
    assert len(keys) == 100
    assert all(re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){8}[0-9A-HJKMNP-TV-Z]{4}", key) for key in keys)
    assert len(recovery_key.read(keys.pop())) * 5 == 160


def test_it_may_be_typed_as_one_likes() -> None:
    key = recovery_key.make()
    typed = f"  {key.lower().replace('-', ' ').replace('0', 'o').replace('1', 'l')}\n"
    assert recovery_key.read(typed) == recovery_key.read(key)


def test_every_single_slip_is_noticed() -> None:
    key = recovery_key.make()
    for place, sign in enumerate(key):
        if sign == "-":
            continue
        slip = key[:place] + ("7" if sign != "7" else "8") + key[place + 1 :]
        with pytest.raises(BadInput, match="mistyped"):
            recovery_key.read(slip)
    groups = key.split("-")
    with pytest.raises(BadInput, match="mistyped"):
        recovery_key.read("-".join([groups[1], groups[0], *groups[2:]]))


@pytest.mark.parametrize(("text", "said"), [("", "has 0"), ("ABCD-EFGH", "has 8"), ("u" * 36, "'U'"), ("é", "'É'")])
def test_what_cannot_be_a_key_is_told(text: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        recovery_key.read(text)


def test_the_recovery_key_opens_and_sets_a_new_passphrase(vault: Vault) -> None:
    blob = keep(vault, b"still here")
    key = vault.people.new_recovery_key()
    with Vault.recover(vault.folder, key) as recovered:
        assert recovered.blobs.read(blob) == b"still here"
        assert recovered.audit.entries(1)[0].detail["with"] == "recovery"
        recovered.people.set_passphrase("owner", "a new one")
        assert recovered.audit.entries(1)[0].actor == "recovery key"
    with Vault.open(vault.folder, "a new one") as opened:
        assert opened.user.name == "owner"


def test_another_vaults_key_is_wrong_not_mistyped(vault: Vault) -> None:
    vault.people.new_recovery_key()
    with pytest.raises(VaultLocked, match="does not open"):
        Vault.recover(vault.folder, recovery_key.make())


def test_a_slip_is_no_failed_attempt(vault: Vault) -> None:
    key = vault.people.new_recovery_key()
    for _ in range(10):
        with pytest.raises(BadInput):
            Vault.recover(vault.folder, key[:-1])
    Vault.recover(vault.folder, key).close()


def test_the_recovery_key_is_no_passphrase(vault: Vault) -> None:
    key = vault.people.new_recovery_key()
    for text in (key, recovery_key.read(key)):
        with pytest.raises(VaultLocked):
            Vault.open(vault.folder, text)


def test_a_new_recovery_key_ends_the_old_one(vault: Vault) -> None:
    old = vault.people.new_recovery_key()
    with pytest.raises(WrongUsage, match="already"):
        vault.people.new_recovery_key()
    new = vault.people.new_recovery_key(again=True)
    with pytest.raises(VaultLocked):
        Vault.recover(vault.folder, old)
    Vault.recover(vault.folder, new).close()
    assert len(Header.load(vault.folder).slots) == 2


def test_a_vault_without_a_recovery_key_says_so(vault: Vault) -> None:
    with pytest.raises(VaultLocked, match="no recovery key"):
        Vault.recover(vault.folder, recovery_key.make())


def test_the_key_stands_nowhere(vault: Vault) -> None:
    key = vault.people.new_recovery_key()
    for path in vault.folder.rglob("*"):
        if path.is_file():
            assert key.encode() not in path.read_bytes()
            assert recovery_key.read(key).encode() not in path.read_bytes()


def test_only_an_administrator_makes_one(vault: Vault) -> None:
    vault.people.add("Ada", "trainer", "ada's own")
    with Vault.open(vault.folder, "ada's own") as opened, pytest.raises(Refused):
        opened.people.new_recovery_key()
