"""A vault, and cases for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from caller import Caller

from medstation.vault import Kdf, Vault


@pytest.fixture
def medstation(tmp_path: Path, toy_plugin: Path) -> Caller:
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("a long enough passphrase\n")
    caller = Caller(tmp_path / "vault", passphrase)
    Vault.create(caller.folder, passphrase.read_text().strip(), kdf=Kdf.weakest()).close()
    return caller


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    """Nine patients with one record each, and their labels."""
    folder = tmp_path / "cases"
    (folder / "numbers").mkdir(parents=True)
    (folder / "labels").mkdir()
    for number in range(9):
        (folder / "numbers" / f"P{number}_a.num").write_text(f"{number}\n{number + 1}\n")
        (folder / "labels" / f"P{number}_a.value").write_text(str(10 + number % 3))
    return folder
