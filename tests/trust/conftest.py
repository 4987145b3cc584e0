"""A small vault with some of everything, shared by the tests that then damage it or take its disk away."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import known_vault
import pytest
from known_vault import Known


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Known]:
    """One for each module of tests; the toy task is there while it runs."""
    scratch = tmp_path_factory.mktemp("known")
    with pytest.MonkeyPatch.context() as patch:
        site = scratch / "site"
        shutil.copytree(Path(__file__).parents[1] / "fixtures" / "medstation_toy", site / "medstation_toy")
        info = site / "medstation_toy-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: medstation-toy\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("[medstation.tasks]\ntoy = medstation_toy.plugin\n")
        patch.syspath_prepend(str(site))
        yield known_vault.make(scratch / "vault", scratch)
