"""medstation doctor"""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import asdict

from medstation.cli.context import Context
from medstation.cli.output import table

HELP = "what is installed, what this machine can do, what is missing"


def add(parser: ArgumentParser) -> None:
    parser.set_defaults(run=run)


def run(context: Context) -> int:
    from medstation.actions.doctor import examine

    checks = [asdict(check) for check in examine()]
    rows = [[one["state"], one["name"], one["detail"], one["hint"]] for one in checks]
    bad = any(one["state"] == "bad" for one in checks)
    context.output.result({"ok": not bad, "checks": checks}, table(["", "part", "found", "what to do"], rows))
    return 1 if bad else 0
