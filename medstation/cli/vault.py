"""medstation vault create | info | check"""

from __future__ import annotations

from argparse import ArgumentParser

from medstation.api import Json
from medstation.cli.context import Context
from medstation.vault import Vault

HELP = "the encrypted store"


def add(parser: ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verbs.add_parser("create", help="make a new vault").set_defaults(run=create)
    verbs.add_parser("info", help="what the vault holds").set_defaults(run=info)
    check_parser = verbs.add_parser("check", help="find damage, clear what interrupted work left behind")
    check_parser.add_argument("--deep", action="store_true", help="decrypt every byte as well")
    check_parser.set_defaults(run=check)


def create(context: Context) -> int:
    from medstation.library import Library

    vault = Vault.create(context.vault_folder, context.passphrase(confirm=True))
    try:
        Library(vault, "")
        context.output.result({"vault": str(vault.folder)}, f"Vault created in {vault.folder}.")
    finally:
        vault.close()
    return 0


def info(context: Context) -> int:
    with context.workstation() as ws:
        facts: Json = ws.vault.info()
        context.output.result(facts, "\n".join(f"{name}: {value}" for name, value in facts.items()))
    return 0


def check(context: Context) -> int:
    with context.workstation() as ws:
        report = ws.vault.check(deep=context.arguments.deep)
        problems = list(report.problems)
        records = len(ws.library.records())
    result = {"ok": report.ok, "records": records, "blobs": report.blobs, "problems": problems}
    text = f"{'The vault is sound' if report.ok else 'The vault has damage'}: {records} records, {report.blobs} blobs."
    context.output.result(result, "\n".join([text, *(f"  {one}" for one in problems)]))
    return 0 if report.ok else 1
