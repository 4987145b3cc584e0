"""The acts of a process that will be killed: each says over a pipe what was reported to it as stored, at once."""

from __future__ import annotations

import json
import os
import random
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toy_site import PASSPHRASE, TASK, write_case

from medstation.actions import finetuning, importing, labelling, predicting
from medstation.actions.workstation import Workstation, find_plugins
from medstation.api import MedStationError
from medstation.jobs import Job
from medstation.jobs.messages import Reported
from medstation.library import Library
from medstation.vault import Kdf, Migration, Transaction, Vault, back_up, restore

ROOM = "trial"
SECOND = "second"
FIRST_PASSPHRASE = 0
"""The second person's, as the number in it."""
OLD_PASSPHRASE = "correct horse battery staple"
"""Of the released vaults among the tests of the vault."""
USER = "owner"


def table_of(step: str) -> str:
    return f"trial_{int(step.removeprefix('m')):04d}"


def step(number: int) -> Migration:
    """A change of the schema that writes a few hundred rows, each of which says how many there must be."""

    def change(tx: Transaction) -> None:
        table, rows = f"trial_{number:04d}", 50 + 37 * (number % 9)
        tx.execute(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, of INTEGER NOT NULL, text TEXT NOT NULL)")
        for row in range(rows):
            tx.insert(table, of=rows, text=f"row {row} " * 40)

    change.__name__ = f"m{number:04d}"
    return change


@dataclass
class PipeDesk:
    """A worker's desk in this very process: what a worker would send to its parent goes into the pipe."""

    folder: Path
    key: bytes
    hear: Callable[[dict[str, Any]], None]

    def report(self, done: float, text: str = "") -> None:
        """Progress is nothing that is stored."""

    def event(self, event: dict[str, Any]) -> None:
        self.hear(event)

    def cancelled(self) -> bool:
        return False

    def stop_requested(self) -> bool:
        return False


class Acts:
    """One process at work on one vault until it is killed. `by_worker`: through real workers, as the window does."""

    def __init__(self, folder: Path, key: bytes, pipe: int, seed: int, by_worker: bool) -> None:
        self.folder = folder
        self.key = key
        self.chance = random.Random(seed)
        self._pipe = pipe
        self._vault = Vault.attach(folder / "vault", key, user="owner")
        self._vault.user = self._vault.people.all()[0]
        self.library = Library(self._vault, USER)
        self._station = Workstation.on(self._vault, find_plugins()) if by_worker else None

    def say(self, **said: Any) -> None:
        """One write of less than a pipe takes at once: it arrives whole or not at all."""
        os.write(self._pipe, json.dumps(said).encode() + b"\n")

    def forever(self, names: list[str]) -> None:
        while True:
            name = self.chance.choice(names)
            self.say(begin=name)
            try:
                getattr(self, name)()
            except MedStationError as error:  # a worker that was killed: told, and work goes on
                self.say(failed=name, message=error.message, code=error.code)

    # The acts

    def bring_in(self) -> None:
        """Import a folder of one to four files of new patients."""
        source = self.folder / "sources" / f"{self.chance.getrandbits(48):012x}"
        source.mkdir(parents=True)
        for number in range(self.chance.randrange(1, 5)):
            write_case(source, f"P{source.name}{number}_a")
        request = {"paths": [str(source)], "task": TASK, "settings": {}, "user": USER}
        self._do("medstation.actions.importing:run", importing.run, request)

    def label(self) -> None:
        records = self.library.records(TASK)
        if not records:
            return self.bring_in()
        for record in self.chance.sample(records, min(3, len(records))):
            value = float(self.chance.randrange(1000))
            path = self.folder / "sources" / f"{self.chance.getrandbits(48):012x}.value"
            path.write_text(str(value))
            request = {"record": record.id, "path": str(path), "kind": "value", "user": USER}
            done = self._do("medstation.actions.labelling:run", labelling.run, request)
            self.say(what="label", id=done["label"], record=record.id, value=value)
        return None

    def fine_tune(self) -> None:
        """A run that was interrupted goes on from its checkpoint; else a new one on a new data set."""
        unfinished = [run for run in self.library.runs() if run.state not in ("done", "running")]
        if unfinished:
            run = unfinished[0]
        else:
            labelled = {record.id for record in self.library.records(TASK) if self.library.labels(record.id)}
            if len(labelled) < 6:
                return self.label()
            name = f"set {self.chance.getrandbits(48):012x}"
            made = self.library.create_dataset(name, TASK, "value")
            self.say(what="dataset", name=name, items=len(made.items))
            settings = {"epochs": self.chance.randrange(2, 8), "fail_at": 0, "wait_at": 0}
            run = self.library.create_run("mean", TASK, "mean", name, "", settings, seed=0)
        request = {"run": run.id, "user": USER}
        done = self._do("medstation.actions.finetuning:work", finetuning.work, request, run.id)
        self.say(what="model", id=done["model_id"], run=run.id)
        return None

    def predict(self) -> None:
        models = self.library.models(TASK)
        if not models:
            return self.fine_tune()
        records = [record.id for record in self.chance.sample(self.library.records(TASK), 3)]
        request = {"model": models[0].id, "records": records, "user": USER}
        for one in self._do("medstation.actions.predicting:run", predicting.run, request)["predictions"]:
            self.say(what="prediction", id=one["id"], record=one["record"])
            self.library.add_verdict(one["id"], "accepted")
        return None

    def migrate(self) -> None:
        """One to three new steps of a room's schema."""
        with self._vault.read() as reader:
            done = [row["name"] for row in reader.all("SELECT name FROM migrations WHERE room = ?", ROOM)]
        steps = [step(number) for number in range(len(done) + self.chance.randrange(1, 4))]
        self._vault.migrate(ROOM, steps)
        for one in steps:
            self.say(what="migrated", step=one.__name__)

    def make_vault(self) -> None:
        folder = self.folder / "new" / f"{self.chance.getrandbits(48):012x}"
        with Vault.create(folder, PASSPHRASE, kdf=Kdf.weakest()) as vault:
            Library(vault, USER)
        self.say(what="vault", folder=str(folder))

    def update_vault(self) -> None:
        """Open a copy of a vault that an earlier version made, which brings it up to date."""
        waiting = sorted((self.folder / "waiting").glob("*"))
        if waiting:
            folder = waiting[0].rename(self.folder / "old" / waiting[0].name)
            with Vault.open(folder, OLD_PASSPHRASE) as vault:
                Library(vault, USER)

    def change_passphrase(self) -> None:
        number = self.chance.getrandbits(32)
        self.say(what="trying", passphrase=number)
        self._vault.people.set_passphrase(SECOND, f"passphrase {number}")
        self.say(what="passphrase", passphrase=number)

    def back_up(self) -> None:
        """A full backup, or one on top of the newest. One that was cut off is tried again under the same name."""
        older = sorted((self.folder / "backups").glob("*.backup"))
        target = self.folder / "backups" / f"{len(older):04d}.backup"
        back_up(self._vault, target, older[-1] if older and self.chance.random() < 0.7 else None)
        self.say(what="backup", file=str(target))

    def restore(self) -> None:
        backups = sorted((self.folder / "backups").glob("*.backup"))
        target = self.folder / "restored"
        if not backups:
            return self.back_up()
        if not target.exists():
            restore(backups[-1], target, PASSPHRASE)
            self.say(what="restored", file=str(backups[-1]))
        return None

    # How they are done

    def _do(self, target: str, work: Callable[..., Any], request: dict[str, Any], run: str = "") -> dict[str, Any]:
        def hear(event: dict[str, Any]) -> None:
            kind = event["event"]
            if kind == "record":
                self.say(what="record", id=event["id"], title=event["title"])
            elif kind in ("checkpoint", "metric"):
                self.say(what=kind, run=run, epoch=event["epoch"])

        if self._station is None:
            return dict(work(request, PipeDesk(self.folder / "vault", self.key, hear)))
        return _followed(self._station.pool.submit(target, request), hear)


def _followed(job: Job, hear: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    for message in job.messages():
        if isinstance(message, Reported):
            hear(message.event)
    return dict(job.result().result)


def unpack_old(folder: Path, archive: Path, number: int) -> None:
    """A copy of a vault that an earlier version made, waiting to be opened."""
    target = folder / "waiting" / f"{archive.stem}-{number:04d}"
    target.mkdir(parents=True)
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(target)


ACTS = {
    "bring_in": "import",
    "label": "label",
    "fine_tune": "fine-tune",
    "predict": "predict",
    "migrate": "migrate",
    "back_up": "back up",
    "restore": "restore",
    "make_vault": "make a vault",
    "update_vault": "update a vault",
    "change_passphrase": "change a passphrase",
}
"""Method of `Acts` -> its name for people."""
