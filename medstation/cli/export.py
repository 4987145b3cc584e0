"""medstation export ID --format F --out FILE"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

from medstation.actions import exporting
from medstation.cli.context import Context

HELP = "a record, label or prediction in its field's format"


def add(parser: ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="r-…, l-… or p-…")
    parser.add_argument("--format", default="", metavar="F")
    parser.add_argument("--out", required=True, type=Path, metavar="FILE")
    parser.set_defaults(run=run)


def run(context: Context) -> int:
    given = context.arguments
    with context.workstation() as ws:
        result = context.output.follow(exporting.start(ws, given.id, given.format, given.out)).result
    context.output.result(result, "\n".join(f"written: {file}" for file in result["files"]))
    return 0
