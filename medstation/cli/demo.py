"""medstation demo"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

from medstation.api import Json
from medstation.cli.context import Context
from medstation.cli.output import table

HELP = "the main job of every task, on samples made by code, in a throw-away vault"


def add(parser: ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, default=Path("demo"), metavar="DIR", help="for the report (default: demo)")
    parser.add_argument("--headless", action="store_true", help="no window: write the report and end")
    parser.set_defaults(run=run)


def run(context: Context) -> int:
    from medstation.actions.demo import run_demo

    result = run_demo(context.arguments.out, context.output.say)
    context.output.result(result, text(result))
    return 0 if all(step["ok"] for task in result["tasks"] for step in task["steps"]) else 1


def text(result: Json) -> str:
    rows = [
        [task["task"], step["step"], f"{step['seconds']:.1f} s", "ok" if step["ok"] else "FAILED", step["says"]]
        for task in result["tasks"]
        for step in task["steps"]
    ]
    return table(["task", "step", "", "", ""], rows) + f"\nThe report with pictures: {result['report']}"
