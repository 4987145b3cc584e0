"""Guessing gets slower with every wrong passphrase, and is remembered."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from vault_fixtures import PASSPHRASE, make

from medstation.api import VaultLocked
from medstation.vault import Kdf, Vault, back_up, restore, seconds_until_next_attempt
from medstation.vault.attempts import FREE, LONGEST_WAIT, delay


@dataclass
class Clock:
    time: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def guessed(folder: Path, clock: Clock) -> Path:
    """A vault at which somebody has guessed as often as costs nothing."""
    make(folder).close()
    for number in range(FREE):
        guess(folder, clock, f"guess {number}")
    return folder


def guess(folder: Path, clock: Clock, passphrase: str = "guess", user: str = "") -> None:
    with pytest.raises(VaultLocked, match="does not open"):
        Vault.open(folder, passphrase, user, clock=clock)


def test_delays_grow_to_a_limit() -> None:
    assert [delay(count) for count in range(FREE + 3)] == [0.0] * FREE + [2.0, 4.0, 8.0]
    assert delay(10_000) == LONGEST_WAIT


def test_the_next_attempt_must_wait_even_with_the_right_passphrase(guessed: Path, clock: Clock) -> None:
    with pytest.raises(VaultLocked, match=r"4 times: the next attempt is in 2 s"):
        Vault.open(guessed, PASSPHRASE, clock=clock)
    assert seconds_until_next_attempt(guessed, clock) == 2.0
    clock.time += 1.5
    with pytest.raises(VaultLocked, match="in 1 s"):
        Vault.open(guessed, PASSPHRASE, clock=clock)
    clock.time += 0.5
    Vault.open(guessed, PASSPHRASE, clock=clock).close()


def test_each_further_failure_doubles_the_wait(guessed: Path, clock: Clock) -> None:
    waits = []
    for _ in range(10):
        waits.append(seconds_until_next_attempt(guessed, clock))
        clock.time += waits[-1]
        guess(guessed, clock)
    assert waits == [2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, LONGEST_WAIT]


def test_an_attempt_that_came_too_early_does_not_count(guessed: Path, clock: Clock) -> None:
    for _ in range(5):
        with pytest.raises(VaultLocked, match="next attempt"):
            Vault.open(guessed, "guess", clock=clock)
    assert seconds_until_next_attempt(guessed, clock) == 2.0


def test_success_forgets_failures(guessed: Path, clock: Clock) -> None:
    clock.time += 2
    Vault.open(guessed, PASSPHRASE, clock=clock).close()
    for _ in range(FREE):
        assert seconds_until_next_attempt(guessed, clock) == 0.0
        guess(guessed, clock)


def test_a_clock_set_back_locks_nobody_out(guessed: Path, clock: Clock) -> None:
    clock.time -= 10 * 365 * 86400
    assert seconds_until_next_attempt(guessed, clock) == 2.0


def test_failures_reach_the_log_at_the_next_success(folder: Path, clock: Clock) -> None:
    make(folder).close()
    guess(folder, clock, user="owner")
    clock.time += 60
    guess(folder, clock, user="a passphrase typed into the wrong field")
    assert b"wrong field" not in (folder / "attempts.json").read_bytes()
    with Vault.open(folder, PASSPHRASE, clock=clock) as vault:
        success, failed = vault.audit.entries(2)
    assert (success.actor, success.action) == ("owner", "vault.unlock")
    assert failed.action == "vault.unlock.failed"
    assert failed.detail["count"] == 2
    assert failed.detail["attempts"] == [
        {"at": "2027-01-15T08:00:00+00:00", "user": "owner"},
        {"at": "2027-01-15T08:01:00+00:00", "user": ""},
    ]


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b'{"failures": "x", "last": 0, "seen": []}', b"\xff"])
def test_spoiling_the_count_is_no_way_round_the_wait(guessed: Path, text: bytes) -> None:
    (guessed / "attempts.json").write_bytes(text)
    written = (guessed / "attempts.json").stat().st_mtime
    with pytest.raises(VaultLocked, match="next attempt"):
        Vault.open(guessed, PASSPHRASE, clock=lambda: written + 1)
    with Vault.open(guessed, PASSPHRASE, clock=lambda: written + LONGEST_WAIT) as vault:
        assert "spoilt" in str(vault.audit.entries(2)[1].detail)


def lost(vault: Vault) -> list[object]:
    return [entry.detail["found"] for entry in vault.audit.entries() if entry.action == "vault.attempts.lost"]


def test_a_count_that_was_removed_is_noticed_at_the_next_unlocking(folder: Path, clock: Clock) -> None:
    make(folder).close()
    Vault.open(folder, PASSPHRASE, clock=clock).close()
    guess(folder, clock)
    (folder / "attempts.json").unlink()
    for _ in range(2):
        with Vault.open(folder, PASSPHRASE, clock=clock) as vault:
            assert lost(vault) == ["no file"], "told once"


def test_a_count_of_another_time_or_vault_is_noticed(folder: Path, clock: Clock) -> None:
    make(folder).close()
    Vault.open(folder, PASSPHRASE, clock=clock).close()
    older = (folder / "attempts.json").read_bytes()
    Vault.open(folder, PASSPHRASE, clock=clock).close()
    guess(folder, clock)
    (folder / "attempts.json").write_bytes(older)
    with Vault.open(folder, PASSPHRASE, clock=clock) as vault:
        assert lost(vault) == ["another file"]


def test_a_count_that_nobody_touched_is_not_suspected(guessed: Path, clock: Clock, tmp_path: Path) -> None:
    clock.time += 2
    for folder in (guessed, guessed, guessed):
        with Vault.open(folder, PASSPHRASE, clock=clock) as vault:
            assert lost(vault) == []
            back_up(vault, tmp_path / "backup", replace=True)
    restore(tmp_path / "backup", tmp_path / "again", PASSPHRASE)
    for _ in range(2):
        with Vault.open(tmp_path / "again", PASSPHRASE, clock=clock) as vault:
            assert lost(vault) == [], "a restored vault begins without a count"


def test_a_name_may_be_written_as_one_likes_and_an_unknown_one_takes_as_long(
    folder: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(folder).close()
    Vault.open(folder, PASSPHRASE, " OWNER ", clock=clock).close()
    derived: list[str] = []
    derive = Kdf.derive
    monkeypatch.setattr(Kdf, "derive", lambda *given: derived.append("once") or derive(*given))
    for user in ("owner", "Zoe"):
        guess(folder, clock, user=user)
    assert derived == ["once", "once"]


def test_a_wrong_old_passphrase_counts_too(guessed: Path, clock: Clock) -> None:
    clock.time += 2
    with Vault.open(guessed, PASSPHRASE, clock=clock) as vault:
        for _ in range(FREE):
            with pytest.raises(VaultLocked, match="does not open"):
                vault.people.change_passphrase("guess", "new")
        with pytest.raises(VaultLocked, match="next attempt"):
            vault.people.change_passphrase(PASSPHRASE, "new")


def test_workers_are_not_held_up(folder: Path, clock: Clock) -> None:
    with make(folder) as vault:
        for _ in range(FREE):
            guess(folder, clock)
        Vault.attach(folder, vault.key, "owner").close()
