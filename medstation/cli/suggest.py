"""medstation suggest MODEL [--dataset NAME] [--count N]"""

from __future__ import annotations

from argparse import ArgumentParser

from medstation.actions import suggesting
from medstation.cli.context import Context
from medstation.cli.output import table

HELP = "say which records to label next for a model"


def add(parser: ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("--dataset", default="", metavar="NAME", help="leave out its test patients (the model's own)")
    parser.add_argument("--count", type=int, default=10, metavar="N", help="how many records (10)")
    parser.set_defaults(run=run)


def run(context: Context) -> int:
    given = context.arguments
    with context.workstation() as ws:
        result = context.output.follow(suggesting.start(ws, given.model, given.dataset, given.count)).result
    rows = [[one["record"], one["patient"], one["title"], f"{one['unsure']:.2f}"] for one in result["suggestions"]]
    lines = [table(["record", "patient", "title", "unsure"], rows)] if rows else []
    lines.append(f"{result['looked_at']} of {result['unlabelled']} records without a label were looked at")
    context.output.result(result, "\n".join(lines))
    return 0
