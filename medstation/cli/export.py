"""medstation export ID --format F --out FILE"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

from medstation.actions import exporting
from medstation.api import WrongUsage
from medstation.cli import without_identity
from medstation.cli.context import Context

HELP = "a record, label or prediction in its field's format"


def add(parser: ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="r-…, l-… or p-…")
    parser.add_argument("--format", default="", metavar="F")
    parser.add_argument("--out", required=True, type=Path, metavar="FILE", help="a folder with --deidentify")
    parser.add_argument("--deidentify", action="store_true", help="the record's files, without identity")
    without_identity.add_options(parser)
    takes_reason(parser)
    parser.set_defaults(run=run)


def takes_reason(parser: ArgumentParser) -> None:
    """For each way out of the vault."""
    parser.add_argument("--reason", default="", metavar="TEXT", help="why; the vault may want one for every export")


def run(context: Context) -> int:
    given = context.arguments
    if given.deidentify:
        return _without_identity(context)
    if given.set or given.review or given.confirm_pixels:
        raise WrongUsage("--set, --review and --confirm-pixels go with --deidentify", "Add --deidentify.")
    with context.workstation() as ws:
        result = context.output.follow(exporting.start(ws, given.id, given.format, given.out, given.reason)).result
    context.output.result(result, "\n".join(f"written: {file}" for file in result["files"]))
    return 0


def _without_identity(context: Context) -> int:
    given = context.arguments
    if not given.id.startswith("r-"):
        raise WrongUsage(f"{given.id} is no record", "Labels and predictions go out with their record's identity.")
    if given.format:
        raise WrongUsage("--format does not go with --deidentify", "The record's own files are written.")
    with context.workstation() as ws:
        result = without_identity.records(ws, context.output, [given.id], given)
    return without_identity.tell(context.output, result)
