"""medstation evaluate MODEL --dataset NAME"""

from __future__ import annotations

from argparse import ArgumentParser

from medstation.actions import evaluating
from medstation.api import Json
from medstation.cli.context import Context
from medstation.cli.output import interval, table

HELP = "measure a model, with intervals, whole and per subgroup"


def add(parser: ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("--dataset", required=True, metavar="NAME")
    parser.add_argument("--split", default="test", choices=evaluating.PARTS)
    parser.set_defaults(run=run)


def run(context: Context) -> int:
    given = context.arguments
    with context.workstation() as ws:
        result = context.output.follow(evaluating.start(ws, given.model, given.dataset, given.split)).result
    groups = {f"{result['part']}, {result['patients']} patients": result["metrics"], **result["subgroups"]}
    rows = [[group, name, interval(value)] for group, metrics in groups.items() for name, value in metrics.items()]
    lines = [table(["", "metric", "value [95 %]"], rows), *(gap_text(gap) for gap in result["gaps"])]
    context.output.result(result, "\n".join(lines))
    return 0


def gap_text(gap: Json) -> str:
    """The two groups of an axis that are furthest apart."""
    shown = "" if gap["shown"] else ", which these patients cannot show"
    return f"{gap['high']} is above {gap['low']} by {interval(gap['difference'])}{shown}"
