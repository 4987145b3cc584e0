"""The toy task installed as a third party's distribution would be, for scripts that run without pytest."""

from __future__ import annotations

import importlib
import os
import random
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TASK = "toy.numbers"
PASSPHRASE = "a long enough passphrase"


def install(folder: Path) -> Path:
    """Copy the toy plugin with its entry point into `folder` and put that on this process's path and its children's."""
    source = ROOT / "tests" / "fixtures" / "medstation_toy"
    shutil.copytree(source, folder / "medstation_toy", ignore=shutil.ignore_patterns("__pycache__"))
    info = folder / "medstation_toy-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: medstation-toy\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[medstation.tasks]\ntoy = medstation_toy.plugin\n")
    sys.path[:0] = [str(folder)]
    importlib.invalidate_caches()
    folders = [str(folder), str(ROOT), str(ROOT / "plugins"), str(ROOT / "resources")]
    os.environ["PYTHONPATH"] = os.pathsep.join([*folders, os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    return folder


def numbers_of(stem: str) -> bytes:
    """The only content a file of this name has: from a few bytes to several of the vault's chunks of 256 KiB."""
    chance = random.Random(stem)
    lines = chance.choice((3, 200, 40_000, 120_000, 400_000))
    line = b"%d\n" % chance.randrange(100_000)
    return b"%d\n" % chance.randrange(10**9) + line * lines


def write_case(folder: Path, stem: str) -> Path:
    path = folder / f"{stem}.num"
    path.write_bytes(numbers_of(stem))
    return path
