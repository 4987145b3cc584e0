"""medstation vault backup | restore"""

from __future__ import annotations

import time
from argparse import ArgumentParser, _SubParsersAction
from dataclasses import asdict
from pathlib import Path

from medstation.cli.context import Context
from medstation.vault import back_up, restore

_EVERY = 5.0


def add(verbs: _SubParsersAction[ArgumentParser]) -> None:
    one = verbs.add_parser("backup", help="everything to one encrypted file, while work goes on")
    one.add_argument("file", metavar="FILE")
    one.add_argument("--base", metavar="OLDER", help="leave out the blobs that are in this older backup")
    one.add_argument("--replace", action="store_true", help="in place of an older backup of this vault")
    one.set_defaults(run=backup)
    one = verbs.add_parser("restore", help="make a vault anew from a backup")
    one.add_argument("file", metavar="FILE")
    one.add_argument("folder", metavar="DIR", help="a new or empty folder for the vault")
    one.add_argument(
        "--base", metavar="OLDER", action="append", default=[], help="an older backup it builds on (often)"
    )
    one.set_defaults(run=restore_vault)


def backup(context: Context) -> int:
    given = context.arguments
    base = Path(given.base) if given.base else None
    with context.open_vault() as vault:
        told = back_up(vault, Path(given.file), base, given.replace, _Progress(context, "Backup"))
    text = f"{told.blobs} blobs backed up to {told.file}, {told.copied} of them new: {told.bytes >> 20} MiB."
    facts = {**asdict(told), "file": str(told.file), "ok": not told.problems}
    context.output.result(facts, "\n".join([text, *(f"  {one}" for one in told.problems)]))
    return 1 if told.problems else 0


def restore_vault(context: Context) -> int:
    given = context.arguments
    bases = [Path(base) for base in given.base]
    report = _Progress(context, "Restore")
    told = restore(Path(given.file), Path(given.folder), context.passphrase(), bases, report)
    text = f"The vault of {told.created[:19]} is restored in {told.folder}: {told.blobs} blobs, each checked."
    facts = {**asdict(told), "folder": str(told.folder), "ok": not told.problems}
    context.output.result(facts, "\n".join([text, *(f"  {one}" for one in told.problems)]))
    return 1 if told.problems else 0


class _Progress:
    """A line every few seconds."""

    def __init__(self, context: Context, title: str) -> None:
        self._context, self._title = context, title
        self._last = time.monotonic()

    def __call__(self, done: float, _: str) -> None:
        if time.monotonic() - self._last >= _EVERY:
            self._last = time.monotonic()
            self._context.output.say(f"{self._title}: {done:.0%}")
