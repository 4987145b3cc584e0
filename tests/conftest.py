"""Fixtures for all tests."""

from __future__ import annotations

import gc
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

settings.register_profile("medstation", deadline=None)  # no timing test: a busy machine fails nothing
settings.load_profile("medstation")

ROOT = Path(__file__).parent.parent
FIXTURES = Path(__file__).parent / "fixtures"


@pytest.fixture(autouse=True)
def collected_in_this_thread(request: pytest.FixtureRequest) -> Iterator[None]:
    """As in the application: garbage of Qt objects is collected in the window's thread only."""
    if not {"qapp", "qtbot"} & set(request.fixturenames):
        yield
        return
    import shiboken6

    from medstation.widgets.collecting import Collector

    collector = Collector(request.getfixturevalue("qapp"))
    yield
    gc.collect()
    shiboken6.delete(collector)


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


@pytest.fixture
def toy_plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The toy task, installed as a third party's distribution would be, for this process and the workers it starts."""
    site = tmp_path / "site"
    shutil.copytree(FIXTURES / "medstation_toy", site / "medstation_toy", ignore=shutil.ignore_patterns("__pycache__"))
    info = site / "medstation_toy-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: medstation-toy\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[medstation.tasks]\ntoy = medstation_toy.plugin\n")
    folders = [str(site), str(ROOT), str(ROOT / "plugins"), str(ROOT / "resources")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([*folders, os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep))
    monkeypatch.syspath_prepend(str(site))
    yield site
    for name in [name for name in sys.modules if name.startswith("medstation_toy")]:
        del sys.modules[name]
