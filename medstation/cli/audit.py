"""medstation audit show | verify | head | export"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path

from medstation.api import BadInput
from medstation.cli.context import Context
from medstation.cli.output import table
from medstation.vault import SignedHead, export_log

HELP = "who did what"


def add(parser: ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    one = verbs.add_parser("show", help="newest first")
    one.add_argument("--last", type=int, default=50, metavar="N")
    one.set_defaults(run=show)
    one = verbs.add_parser("verify", help="prove that nothing was changed after")
    one.add_argument("--head", metavar="FILE", help="a signed end kept elsewhere, of `audit head` or `audit export`")
    one.set_defaults(run=verify)
    verbs.add_parser("head", help="the log's signed end, to be kept elsewhere").set_defaults(run=head)
    one = verbs.add_parser("export", help="the whole log for another system")
    one.add_argument("file", metavar="FILE", help="ending in .csv or .json")
    one.set_defaults(run=export)


def show(context: Context) -> int:
    with context.workstation() as ws:
        entries = [asdict(entry) for entry in ws.vault.audit.entries(limit=context.arguments.last, newest_first=True)]
    rows = [[one["seq"], one["at"][:19], one["actor"], one["action"], one["subject"]] for one in entries]
    context.output.result({"entries": entries}, table(["", "when", "who", "what", "of"], rows))
    return 0


def verify(context: Context) -> int:
    witness = _signed_head(Path(context.arguments.head)) if context.arguments.head else None
    with context.open_vault() as vault:
        report = vault.audit.verify(witness)
    text = "\n".join(report.problems) or f"The audit log is unbroken: {report.entries} entries."
    context.output.result(asdict(report), text)
    return 0 if report.ok else 1


def head(context: Context) -> int:
    with context.open_vault() as vault:
        signed = vault.audit.signed_head().to_json()
    context.output.result(signed, json.dumps(signed))
    return 0


def export(context: Context) -> int:
    with context.open_vault() as vault:
        told = export_log(vault, Path(context.arguments.file))
    context.output.result(told, f"{told['entries']} entries written to {told['file']}.")
    return 0


def _signed_head(path: Path) -> SignedHead:
    """From what `audit head` printed or `audit export` wrote as JSON."""
    try:
        data = json.loads(path.read_text("utf-8"))
        return SignedHead.from_json(data.get("head", data))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"{path} holds no signed end of a log ({error})", "Keep what `audit head` prints.") from error
