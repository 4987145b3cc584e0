"""Who has the passphrase gets in; nobody else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from medstation.api import Refused, VaultLocked, WrongUsage
from medstation.vault import Kdf, Vault, creation
from medstation.vault.header import Header


def make(folder: Path, passphrase: str = "secret") -> None:
    Vault.create(folder, passphrase, kdf=Kdf.weakest()).close()


def alter(folder: Path, change: dict[str, object], slot: bool = False) -> None:
    path = folder / "vault.json"
    data = json.loads(path.read_text())
    (data["keyslots"][0] if slot else data).update(change)
    path.write_text(json.dumps(data))


def test_the_right_passphrase_opens_a_vault(folder: Path) -> None:
    make(folder)
    with Vault.open(folder, "secret") as vault:
        assert vault.audit.verify().ok


@pytest.mark.parametrize("passphrase", ["", "Secret", "secret ", "secret\n", "geheim"])
def test_a_wrong_passphrase_opens_nothing(folder: Path, passphrase: str) -> None:
    make(folder)
    with pytest.raises(VaultLocked, match="does not open"):
        Vault.open(folder, passphrase)


def test_an_accent_counts_the_same_however_it_was_typed(folder: Path) -> None:
    make(folder, "caf\u00e9")
    Vault.open(folder, "cafe\u0301").close()


def test_a_missing_vault_is_told(folder: Path) -> None:
    with pytest.raises(VaultLocked, match="no vault"):
        Vault.open(folder, "secret")


def test_a_worker_attaches_with_the_key_and_not_with_another(folder: Path) -> None:
    make(folder)
    with Vault.open(folder, "secret") as vault, Vault.attach(folder, vault.key, "owner") as worker:
        assert worker.info()["id"] == vault.info()["id"]
    with pytest.raises(Refused):
        Vault.attach(folder, bytes(32))


def test_a_vault_is_made_only_in_an_empty_folder(folder: Path) -> None:
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(WrongUsage, match="not empty"):
        make(folder)
    assert (folder / "notes.txt").read_text() == "mine"


def test_a_vault_is_not_made_over_a_vault(folder: Path) -> None:
    make(folder)
    with pytest.raises(WrongUsage, match="not empty"):
        make(folder, "other")
    Vault.open(folder, "secret").close()


def test_an_empty_passphrase_is_not_taken(folder: Path) -> None:
    with pytest.raises(WrongUsage, match="empty"):
        make(folder, "")


def test_an_interrupted_creation_can_be_repeated(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: Header, folder: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Header, "save", interrupted)
        make(folder)
    with pytest.raises(VaultLocked):
        Vault.open(folder, "secret")
    make(folder)
    Vault.open(folder, "secret").close()


@pytest.mark.parametrize("by_key", [False, True])
def test_a_vault_whose_making_was_killed_at_its_very_end_is_never_made_over(
    folder: Path, monkeypatch: pytest.MonkeyPatch, by_key: bool
) -> None:
    """Killed when it is a vault already and still has the mark of one that is being made."""
    with monkeypatch.context() as patch:
        patch.setattr(creation, "end", lambda folder: None)
        with Vault.create(folder, "secret", kdf=Kdf.weakest()) as vault:
            key = vault.key
    assert (folder / "vault.creating").exists()
    (Vault.attach(folder, key) if by_key else Vault.open(folder, "secret")).close()
    assert not (folder / "vault.creating").exists()
    (folder / "vault.json").unlink()  # lost later: the database is worth keeping, the header may be in a backup
    with pytest.raises(WrongUsage, match="not empty"):
        make(folder, "other")
    assert (folder / "vault.db").stat().st_size > 0


@pytest.mark.parametrize(
    ("change", "slot"),
    [
        ({"id": "00" * 16}, False),
        ({"created": "2020-01-01"}, False),
        ({"kdf": {"name": "argon2id", "memory_kib": 128, "passes": 1, "lanes": 1}}, True),
        ({"salt": "00" * 16}, True),
        ({"id": "other"}, True),
        ({"wrapped": "00" * 48}, True),
    ],
)
def test_an_altered_header_opens_nothing(folder: Path, change: dict[str, object], slot: bool) -> None:
    make(folder)
    alter(folder, change, slot)
    with pytest.raises(VaultLocked):
        Vault.open(folder, "secret")


@pytest.mark.parametrize("change", [{"role": "reader"}, {"person": "eve"}])
def test_a_swapped_name_or_role_is_found(folder: Path, change: dict[str, object]) -> None:
    make(folder)
    alter(folder, change, slot=True)
    with pytest.raises(Refused, match="altered"):
        Vault.open(folder, "secret")


@pytest.mark.parametrize(
    ("change", "slot"),
    [
        ({"format": "other"}, False),
        ({"version": "x"}, False),
        ({"id": "zz"}, False),
        ({"keyslots": [{}]}, False),
        ({"seal": "é"}, False),
        ({"role": "king"}, True),
        ({"kdf": {"name": "argon2id", "memory_kib": 1 << 40, "passes": 1, "lanes": 1}}, True),
        ({"kdf": {"name": "md5", "memory_kib": 64, "passes": 1, "lanes": 1}}, True),
    ],
)
def test_a_senseless_header_is_refused_before_it_costs_anything(
    folder: Path, change: dict[str, object], slot: bool
) -> None:
    make(folder)
    alter(folder, change, slot)
    with pytest.raises(Refused, match=r"vault\.json"):
        Vault.open(folder, "secret")


def test_a_newer_header_asks_for_an_update(folder: Path) -> None:
    make(folder)
    alter(folder, {"version": 3})
    with pytest.raises(Refused, match="newer"):
        Vault.open(folder, "secret")


def test_a_lost_database_is_not_replaced_by_an_empty_one(folder: Path) -> None:
    make(folder)
    (folder / "vault.db").unlink()
    with pytest.raises(Refused, match="lost its database"):
        Vault.open(folder, "secret")
    assert not (folder / "vault.db").exists()


def test_the_cost_of_unlocking_is_never_below_what_was_found_safe() -> None:
    kdf = Kdf.calibrated(seconds=0.01)
    assert kdf.memory_kib >= 64 << 10
    assert kdf.passes >= 3


def test_only_the_owner_may_read_the_vault(vault: Vault) -> None:
    pending = vault.blobs.put(b"x")
    with vault.write("ada", "keep") as tx:
        tx.keep(pending)
    for path in [vault.folder, *vault.folder.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path
