"""Into the vault and out of it: encrypted import beside a plain copy, opening beside opening the plain files."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from bench_load import SIZE, row, write_ct

sys.path[:0] = [str(Path(__file__).parents[1] / "trust")]

SLICES = 600
ROUNDS = 9
TASK, USER = "imaging.series", "owner"


def rows(slices: int = SLICES, size: int = SIZE, rounds: int = ROUNDS, source: str = "") -> list[dict[str, Any]]:
    """Median seconds of both in the same run, in turn. `source` is a folder of one CT series (default: one is made)."""
    with tempfile.TemporaryDirectory() as scratch:
        plain = Path(source or scratch) / ("" if source else "plain")
        if not source:
            plain.mkdir()
            write_ct(plain, slices, size, "uncompressed")
        count = len(list(plain.iterdir()))
        imports = import_and_copy(plain, Path(scratch), rounds)
        openings = open_both(plain, Path(scratch), rounds)
    return [
        *compared(f"import of a {count} x {size} x {size} CT", "plain copy with fsync of each file", imports),
        *compared(f"opening a {count} x {size} x {size} CT from the vault", "from plain files", openings),
    ]


def compared(name: str, against: str, pairs: list[tuple[Seconds, Seconds]]) -> list[dict[str, Any]]:
    found = []
    for place, unit in enumerate(("wall", "cpu")):
        ours, theirs = (median(pair[side][place] for pair in pairs) for side in (0, 1))
        times = median(pair[0][place] / pair[1][place] for pair in pairs)
        note = f"{unit} s; ours takes {times:.2f} times as long"
        found.append(row(f"{name}, {unit}", ours, against, theirs, 1 / times, note))
    return found


Seconds = tuple[float, float]
"""Of the wall clock, and of all processors."""


def seconds(act: Callable[[], Any]) -> Seconds:
    began, worked = time.perf_counter(), time.process_time()
    act()
    return time.perf_counter() - began, time.process_time() - worked


def import_and_copy(plain: Path, scratch: Path, rounds: int) -> list[tuple[Seconds, Seconds]]:
    """The whole import as its worker does it, from finding the files to the thumbnail; the first round warms up."""
    from medstation.library import Library
    from medstation.vault import Kdf, Vault

    pairs = []
    for number in range(rounds + 1):
        with Vault.create(scratch / "vault", "x", kdf=Kdf.weakest(), user=USER) as vault:
            Library(vault, USER)
            ours = seconds(lambda vault=vault: bring_in(vault, plain))
        copied = seconds(lambda: copy_synced(plain, scratch / "copy"))
        shutil.rmtree(scratch / "copy")
        if number < rounds:
            shutil.rmtree(scratch / "vault")
        if number:
            pairs.append((ours, copied))
    return pairs


def bring_in(vault: Any, plain: Path) -> None:
    from kill_acts import PipeDesk

    from medstation.actions import importing

    request = {"paths": [str(plain)], "task": TASK, "settings": {}, "user": USER}
    done = importing.run(request, PipeDesk(vault.folder, vault.key, lambda event: None))  # type: ignore[arg-type]
    assert len(done["records"]) == 1
    assert done["added"] == len(list(plain.iterdir()))


def copy_synced(plain: Path, to: Path) -> None:
    to.mkdir()
    for path in sorted(plain.iterdir()):
        with path.open("rb") as source, (to / path.name).open("xb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
            target.flush()
            os.fsync(target.fileno())


def open_both(plain: Path, scratch: Path, rounds: int) -> list[tuple[Seconds, Seconds]]:
    """The series as a volume in HU, its headers read as well; the two volumes must be equal."""
    from medstation.library import Library
    from medstation.vault import Vault
    from medstation_imaging.folder import load_folder
    from medstation_imaging.volume import load

    with Vault.open(scratch / "vault", "x") as vault:
        library = Library(vault, USER)

        def stored() -> np.ndarray:
            array: np.ndarray = load(library.record("r-1"), library.files("r-1"), lambda done, text="": None).array
            return array

        if not np.array_equal(stored(), load_folder(str(plain))):
            raise RuntimeError("the two volumes differ")
        return [(seconds(stored), seconds(lambda: load_folder(str(plain)))) for _ in range(rounds)]


if __name__ == "__main__":
    for one in rows(source="".join(sys.argv[1:2])):
        print(f"{one['name']:55} {one['ours']:6.2f} s  {one['against']:38} {one['peer']:6.2f} s  {one['note']}")
