"""Runs every benchmark beside it and writes one table of ratios: `python tests/bench [NAME...]`.

A benchmark is a module `bench_<name>.py` with `rows() -> list[dict]`. A row has the keys

- `name`: what was done; `ours`: how long MedStation took, as text or a number; `against`: what it is compared with;
- `peer`: how long that took, in the same run; `ratio`: peer / ours as a number (above 1: we are faster), or None;
- `note`: the unit, and what the row cannot say in numbers.

Each runs in a process of its own, so that what one imports neither speeds nor slows the next.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
TABLE = FOLDER.parents[1] / "build" / "bench.md"
COLUMNS = ("name", "ours", "against", "peer", "ratio", "note")
MARK = "benchmark rows: "

Row = dict[str, Any]


def names(wanted: Sequence[str]) -> list[str]:
    """The benchmarks whose name holds one of the wanted words; all if none is given."""
    found = sorted(path.stem.removeprefix("bench_") for path in FOLDER.glob("bench_*.py"))
    return [name for name in found if not wanted or any(word in name for word in wanted)]


def measure(name: str) -> None:
    """The child's part: run one benchmark and say its rows on the last line."""
    rows = importlib.import_module(f"bench_{name}").rows()
    print(MARK + json.dumps(rows))


def measured(name: str) -> tuple[list[Row], bool]:
    """Rows of one benchmark, and whether it ended well; one that breaks becomes a row that says so."""
    command = [sys.executable, str(FOLDER), "--measure", name]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    said = [line for line in done.stdout.splitlines() if line.startswith(MARK)]
    if done.returncode or not said:
        return [{"name": name, "note": f"broke with exit code {done.returncode}; see above"}], False
    rows: list[Row] = json.loads(said[-1].removeprefix(MARK))
    return rows, True


def table(rows: Iterable[Row]) -> str:
    """Rows as a table in Markdown."""
    lines = [f"| {' | '.join(COLUMNS)} |", "|" + "---|" * len(COLUMNS)]
    lines += ["| " + " | ".join(cell(column, row.get(column)) for column in COLUMNS) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def cell(column: str, value: object) -> str:
    """4.2× for a ratio, nothing for None; a bar would end the cell."""
    if isinstance(value, int | float):
        return f"**{value:.1f}×**" if column == "ratio" else f"{value:.3g}"
    return "" if value is None else str(value).replace("|", "/").replace("\n", " ")


def main(arguments: Sequence[str]) -> int:
    if arguments[:1] == ["--measure"]:
        measure(arguments[1])
        return 0
    rows: list[Row] = []
    well = True
    for name in names(arguments):
        print(f"{name} ...", file=sys.stderr, flush=True)
        found, ended_well = measured(name)
        rows += found
        well = well and ended_well
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_text(table(rows), "utf-8")
    print(table(rows))
    return 0 if well else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
