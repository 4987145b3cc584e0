"""medstation import PATH…"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

from medstation.actions import importing
from medstation.api import Json, WrongUsage
from medstation.cli.context import Context
from medstation.cli.finetune import settings

HELP = "files or folders into the vault"


def add(parser: ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", type=Path, help="file or folder (walked)")
    parser.add_argument("--task", default="", metavar="ID", help="only for this task")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="an import setting of the task")
    parser.set_defaults(run=run)


def run(context: Context) -> int:
    given = context.arguments
    chosen = settings(given.set)
    if chosen and not given.task:
        raise WrongUsage("--set needs --task", "Import settings belong to a task; see `medstation tasks`.")
    with context.workstation() as ws:
        result = context.output.follow(importing.start(ws, given.paths, given.task, chosen)).result
    context.output.result(result, text(result))
    return 0 if result["records"] else 1


def text(result: Json) -> str:
    lines: list[str] = []
    for record in result["records"]:
        lines.append(f"{record['id']}  {record['patient']}  {record['title']}  ({record['subtitle']})")
        lines += [f"    note: {note}" for note in record["notes"]]
    count = len(result["records"]) or "no"
    lines.append(f"{count} records; {result['added']} files stored, {result['duplicates']} known before.")
    told = [one for one in result["skipped"] if not one["harmless"]]
    lines += [skipped_line(one) for one in told]
    quiet = len(result["skipped"]) - len(told)
    return "\n".join(lines + ([f"{quiet} other files are nothing MedStation reads."] if quiet else []))


def skipped_line(one: Json) -> str:
    """A file that was left out, why, and what to do."""
    return f"skipped {one['path']}: {one['reason'].rstrip('.')}. {one['hint']}".rstrip()
