"""What a process said was stored before it was killed, and whether all of it is there afterwards."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kill_acts import FIRST_PASSPHRASE, OLD_PASSPHRASE, ROOM, SECOND, table_of
from toy_site import PASSPHRASE, numbers_of

from medstation.api import MedStationError, VaultLocked
from medstation.library import Library
from medstation.vault import Kdf, Vault, restore

Said = dict[str, Any]


@dataclass
class Ledger:
    """The reports of every process that worked on one vault."""

    folder: Path
    key: bytes
    said: list[Said] = field(default_factory=list)
    seen_backups: set[str] = field(default_factory=set)

    def seconds_to_open(self) -> float:
        """How long the first opening after a death takes, in which the database is recovered."""
        began = time.monotonic()
        Vault.open(self.folder / "vault", PASSPHRASE).close()
        return time.monotonic() - began

    def missing(self) -> list[str]:
        """What was reported as stored and is not there, or not as it was. Opens the vault as a person would."""
        with Vault.open(self.folder / "vault", PASSPHRASE) as vault:
            library = Library(vault, "judge")
            return [problem for one in self.said for problem in _examine(library, one)] + _half_migrated(vault)

    def damage(self) -> tuple[list[str], int]:
        """What a deep check finds, and how many leftovers it removed. A second one must have nothing to remove."""
        with Vault.attach(self.folder / "vault", self.key, "owner") as vault:
            report = vault.check(deep=True)
            again = vault.check()
            problems = [*report.problems, *(f"not cleaned at once: {name}" for name in again.cleaned)]
            return problems, len(report.cleaned)

    def can_go_on(self) -> list[str]:
        """One more act of each kind of write, by a healthy process."""
        with Vault.attach(self.folder / "vault", self.key, "owner") as vault:
            before = vault.info()["audit_entries"]
            pending = vault.blobs.put(b"after" * 100)
            with vault.write("judge", "trial.after") as tx:
                blob = tx.keep(pending)
            with vault.write("judge", "trial.after") as tx:
                tx.drop(blob)
            grown = vault.info()["audit_entries"] - before
            return [] if grown == 2 else [f"two acts made {grown} audit entries"]

    def locked_out(self) -> list[str]:
        """Whoever changed the passphrase gets in with the new one, and with the old one only if it was not reported.

        The one that opens counts as reported from then on: it may be one of which the report was cut off.
        """
        changes = [one for one in self.said if one["what"] in ("trying", "passphrase")]
        reported = [one["passphrase"] for one in changes if one["what"] == "passphrase"]
        wanted = [*(one["passphrase"] for one in changes[-1:]), reported[-1] if reported else FIRST_PASSPHRASE]
        for number in wanted:
            try:
                Vault.open(self.folder / "vault", f"passphrase {number}", user=SECOND).close()
                self.said.append({"what": "passphrase", "passphrase": number})
                return []
            except VaultLocked:
                continue
        return [f"none of the passphrases {wanted} opens the vault"]

    def backups(self) -> list[str]:
        """Each new backup that has its name is restored, and holds all that was reported before it began."""
        found: list[str] = []
        target = self.folder / "restored"
        for path in sorted((self.folder / "backups").glob("*.backup")):
            if str(path) in self.seen_backups:
                continue
            self.seen_backups.add(str(path))
            shutil.rmtree(target, ignore_errors=True)
            found += self._restored(path, target)
        if target.exists():
            found += _of_new(target)
            shutil.rmtree(target)
        return found

    def _restored(self, path: Path, target: Path) -> list[str]:
        said_at = next((at for at, one in enumerate(self.said) if one.get("file") == str(path)), 0)
        try:
            problems = list(restore(path, target, PASSPHRASE).problems)
            with Vault.open(target, PASSPHRASE) as vault:
                library = Library(vault, "judge")
                problems += [wrong for one in self.said[:said_at] for wrong in _examine(library, one)]
            return [f"{path.name}: {problem}" for problem in problems]
        except MedStationError as error:
            return [f"{path.name} cannot be restored: {error.message}"]

    def beside(self) -> list[str]:
        """Vaults that were being made or brought up to date beside the main one; looked at once."""
        found: list[str] = []
        for one in (one for one in self.said if one["what"] == "vault"):
            found += _of_new(Path(one["folder"]))
        for folder in sorted((self.folder / "new").glob("*")):
            found += _completed(folder)
            shutil.rmtree(folder)
        for folder in sorted((self.folder / "old").glob("*")):
            found += _of_old(folder)
            shutil.rmtree(folder)
        self.said = [one for one in self.said if one["what"] != "vault"]
        return found


def _examine(library: Library, one: Said) -> Iterator[str]:
    look = _LOOKS.get(one["what"])
    if look is None:
        return
    try:
        wrong = look(library, one)
    except (MedStationError, KeyError, IndexError) as error:
        wrong = f"{type(error).__name__}: {error}"
    if wrong:
        yield f"{one}: {wrong}"


def _record(library: Library, one: Said) -> str:
    record, files = library.record(one["id"]), library.files(one["id"])
    same = record.title == one["title"] and files.read(0) == numbers_of(one["title"])
    return "" if same else "the record is another"


def _label(library: Library, one: Said) -> str:
    label = library.label(one["id"])
    same = label.record == one["record"] and float(library.label_payload(one["id"])) == one["value"]
    return "" if same else "the label is another"


def _dataset(library: Library, one: Said) -> str:
    return "" if len(library.dataset(one["name"]).items) == one["items"] else "the data set is another"


def _checkpoint(library: Library, one: Said) -> str:
    run = library.run(one["run"])
    if run.state == "done":
        return ""
    kept = library.checkpoint(one["run"])
    return "" if kept and _epoch(kept) >= one["epoch"] else "its checkpoint is gone or older"


def _epoch(checkpoint: bytes) -> int:
    return int(json.loads(checkpoint)["epoch"])


def _metric(library: Library, one: Said) -> str:
    epochs = [event["epoch"] for event in library.run_events(one["run"]) if event["event"] == "metric"]
    return "" if one["epoch"] in epochs else "its metrics are gone"


def _model(library: Library, one: Said) -> str:
    run, model = library.run(one["run"]), library.model(one["id"])
    whole = run.state == "done" and run.model == model.id and len(library.weights(model.id)) == model.card["bytes"]
    return "" if whole else f"the run is {run.state}, its model {run.model}"


def _prediction(library: Library, one: Said) -> str:
    kept = library.prediction(one["id"])
    return "" if kept.record == one["record"] and library.prediction_payload(one["id"]) else "it is another"


def _migrated(library: Library, one: Said) -> str:
    with library.vault.read() as reader:
        names = {row["name"] for row in reader.all("SELECT name FROM migrations WHERE room = ?", ROOM)}
    return "" if one["step"] in names else "the step is not recorded"


_LOOKS: dict[str, Callable[[Library, Said], str]] = {
    "record": _record,
    "label": _label,
    "dataset": _dataset,
    "checkpoint": _checkpoint,
    "metric": _metric,
    "model": _model,
    "prediction": _prediction,
    "migrated": _migrated,
}


def _half_migrated(vault: Vault) -> list[str]:
    """A step is recorded together with its table, or neither is there."""
    with vault.read() as reader:
        tables = {row[0] for row in reader.all("SELECT name FROM sqlite_master WHERE name GLOB 'trial_[0-9]*'")}
        steps = reader.all("SELECT name FROM migrations WHERE room = ?", ROOM) if vault.info()["audit_entries"] else []
        names = {table_of(row["name"]) for row in steps}
        counts = {name: reader.one(f"SELECT count(*), min(of) FROM {name}") for name in tables & names}
    found = [f"{name} is half migrated" for name in sorted(tables ^ names)]
    return found + [
        f"{name} holds {row[0]} rows of {row[1]}" for name, row in counts.items() if row and row[0] != row[1]
    ]


def _of_new(folder: Path) -> list[str]:
    """A vault that was reported as made."""
    try:
        with Vault.open(folder, PASSPHRASE) as vault:
            Library(vault, "judge")
            return [f"{folder.name}: {problem}" for problem in vault.check(deep=True).problems]
    except MedStationError as error:
        return [f"{folder.name} was reported as made: {error.message}"]


def _completed(folder: Path) -> list[str]:
    """A vault that may be half made: it opens, or it can be made again in the same place."""
    try:
        if not (folder / "vault.json").exists():
            Vault.create(folder, PASSPHRASE, kdf=Kdf.weakest()).close()
    except MedStationError as error:
        left = sorted(entry.name for entry in folder.iterdir())
        return [f"{folder.name} with {left} in it cannot be made again: {error.message}"]
    return _of_new(folder)


def _of_old(folder: Path) -> list[str]:
    """A vault of an earlier version, which somebody was killed in bringing up to date."""
    try:
        with Vault.open(folder, OLD_PASSPHRASE) as vault:
            with vault.read() as reader:
                sizes = [
                    len(vault.blobs.read(row["blob"])) for row in reader.all("SELECT blob FROM things ORDER BY id")
                ]
            problems = [f"{folder.name}: {problem}" for problem in vault.check(deep=True).problems]
            return problems + ([] if sizes == [3000, 1001, 1002] else [f"{folder.name} holds {sizes}"])
    except MedStationError as error:
        return [f"{folder.name} of an earlier version does not open: {error.message}"]
