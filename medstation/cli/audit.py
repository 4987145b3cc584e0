"""medstation audit show | verify"""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import asdict

from medstation.cli.context import Context
from medstation.cli.output import table

HELP = "who did what"


def add(parser: ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    one = verbs.add_parser("show", help="newest first")
    one.add_argument("--last", type=int, default=50, metavar="N")
    one.set_defaults(run=show)
    verbs.add_parser("verify", help="prove that nothing was changed after").set_defaults(run=verify)


def show(context: Context) -> int:
    with context.workstation() as ws:
        entries = [asdict(entry) for entry in ws.vault.audit.entries(limit=context.arguments.last, newest_first=True)]
    rows = [[one["seq"], one["at"][:19], one["actor"], one["action"], one["subject"]] for one in entries]
    context.output.result({"entries": entries}, table(["", "when", "who", "what", "of"], rows))
    return 0


def verify(context: Context) -> int:
    with context.workstation() as ws:
        report = ws.vault.audit.verify()
    text = "\n".join(report.problems) or f"The audit log is unbroken: {report.entries} entries."
    context.output.result(asdict(report), text)
    return 0 if report.ok else 1
