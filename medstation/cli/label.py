"""medstation label RECORD FILE"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

from medstation.actions import labelling
from medstation.api import WrongUsage
from medstation.cli.context import Context
from medstation.cli.importing import skipped_line

HELP = "attach a label file to a record, or a folder of them with --task"


def add(parser: ArgumentParser) -> None:
    parser.add_argument("target", nargs="+", metavar="RECORD FILE | FOLDER")
    parser.add_argument("--kind", default="", help="the label kind, where the file's name does not tell")
    parser.add_argument("--task", default="", metavar="ID", help="attach all label files of a folder to their records")
    parser.set_defaults(run=run)


def run(context: Context) -> int:
    given = context.arguments
    if given.task:
        return _many(context, [Path(path) for path in given.target])
    if len(given.target) != 2:
        raise WrongUsage("give a record and a file", "medstation label RECORD FILE, or --task ID FOLDER for many.")
    with context.workstation() as ws:
        record, file = given.target
        result = context.output.follow(labelling.start(ws, record, Path(file), given.kind)).result
    context.output.result(result, f"{result['label']}: {result['kind']} v{result['version']} of {result['record']}")
    return 0


def _many(context: Context, paths: list[Path]) -> int:
    given = context.arguments
    with context.workstation() as ws:
        result = context.output.follow(labelling.start_many(ws, given.task, paths, given.kind)).result
    lines = [f"{len(result['labels'])} labels attached."]
    lines += [skipped_line(one) for one in result["skipped"]]
    context.output.result(result, "\n".join(lines))
    return 0 if result["labels"] else 1
