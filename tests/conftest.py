"""Fixtures for all tests."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture
def realdata() -> Callable[[str], Path]:
    """`realdata("name")`: a folder of the open data, or a skip that says what is missing."""

    def folder(name: str) -> Path:
        root = os.environ.get("MEDSTATION_DATA", "")
        path = Path(root) / name
        if not root or not path.exists():
            pytest.skip(f"open data {name!r} is not here; set MEDSTATION_DATA to its folder")
        return path

    return folder
