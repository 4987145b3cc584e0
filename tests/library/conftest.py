"""Fixtures of the library's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from line_importer import take

from medstation.library import Library
from medstation.vault import Kdf, Vault


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    with Vault.create(tmp_path / "vault", "secret", kdf=Kdf.weakest()) as vault:
        yield vault


@pytest.fixture
def library(vault: Vault) -> Library:
    return Library(vault, "ada")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder for files to import."""
    folder = tmp_path / "source"
    folder.mkdir()
    return folder


@pytest.fixture
def filled(library: Library, source: Path) -> Library:
    """Six patients p0 to p5 with one record each (r-1 to r-6)."""
    for number in range(6):
        take(library, source, f"p{number}.txt", f"p{number};g{number};text {number}")
    return library
