"""medstation vault create | info | check (and, in their own modules, people, passphrases, recovery, rules, backups)"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

from medstation.actions.workstation import user_name
from medstation.api import Json
from medstation.cli import vault_backup, vault_people, vault_rules
from medstation.cli.context import Context
from medstation.library.holders import holders
from medstation.vault import Vault, mend

HELP = "the encrypted store"


def add(parser: ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verbs.add_parser("create", help="make a new vault").set_defaults(run=create)
    verbs.add_parser("info", help="what the vault holds").set_defaults(run=info)
    check_parser = verbs.add_parser("check", help="find damage, clear what interrupted work left behind")
    check_parser.add_argument("--deep", action="store_true", help="decrypt every byte as well")
    check_parser.add_argument("--backup", metavar="FILE", help="take damaged blobs from this backup")
    check_parser.add_argument(
        "--base", metavar="OLDER", action="append", default=[], help="a backup that one builds on"
    )
    check_parser.set_defaults(run=check)
    vault_people.add(verbs)
    vault_rules.add(verbs)
    vault_backup.add(verbs)


def create(context: Context) -> int:
    from medstation.library import Library

    vault = Vault.create(context.vault_folder, context.passphrase(confirm=True), user=context.user or user_name())
    try:
        Library(vault, "")
        facts = {"vault": str(vault.folder), "user": vault.user.name}
        text = f"Vault created in {vault.folder}; {vault.user.name} is its {vault.user.role}."
        context.output.result(facts, f"{text}\nMake its recovery key now: `medstation vault recovery`.")
    finally:
        vault.close()
    return 0


def info(context: Context) -> int:
    with context.workstation() as ws:
        facts: Json = ws.vault.info()
        context.output.result(facts, "\n".join(f"{name}: {value}" for name, value in facts.items()))
    return 0


def check(context: Context) -> int:
    given = context.arguments
    with context.workstation() as ws:
        report = ws.vault.check(deep=given.deep)
        lost = holders(ws.vault, report.damaged)
        mended = mend(ws.vault, report.damaged, Path(given.backup), map(Path, given.base)) if given.backup else []
        if mended:
            report = ws.vault.check(deep=given.deep)
        records = ws.library.count()
    problems = [*report.problems, *_losses({blob: lost.get(blob, []) for blob in report.damaged})]
    repaired = [*report.repaired, *(f"blob {blob} is restored from the backup" for blob in mended)]
    facts = {"ok": report.ok, "records": records, "blobs": report.blobs, "problems": problems, "repaired": repaired}
    facts["damaged"] = {blob: lost.get(blob, []) for blob in report.damaged}
    facts["cleaned"] = len(report.cleaned)
    text = f"{'The vault is sound' if report.ok else 'The vault has damage'}: {records} records, {report.blobs} blobs."
    context.output.result(facts, "\n".join([text, *(f"  {one}" for one in (*problems, *repaired))]))
    return 0 if report.ok else 1


def _losses(lost: dict[str, list[str]]) -> list[str]:
    return [f"blob {blob} belongs to {', '.join(ids) or 'nothing'}" for blob, ids in lost.items()]
