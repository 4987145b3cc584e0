"""Runs: what is being fine-tuned, how far it is, what came of it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping

import psutil

from medstation.api import Json, WrongUsage
from medstation.library.datasets import dataset_id
from medstation.library.ids import MODEL, RUN, missing, optional_id, row_id, text_id
from medstation.library.models import model_row
from medstation.library.shelf import Shelf, to_text
from medstation.library.values import RUN_STATES, Run
from medstation.vault import Reader, Row, now

_SELECT = "SELECT runs.*, datasets.name AS dataset_name FROM runs JOIN datasets ON datasets.id = runs.dataset"
_NEEDS_OWNER = ("waiting", "running")
_CLOCK_DOUBT = 5.0
"""Seconds by which a process's start time may seem to move when the clock is set."""


class Runs(Shelf):
    """The part of the library that keeps runs. A run belongs to the process that last set its state."""

    def create_run(
        self,
        name: str,
        task: str,
        recipe: str,
        dataset: str,
        base_model_id: str,
        settings: Mapping[str, object],
        seed: int,
    ) -> Run:
        """`dataset` is a name; `base_model_id` is "" to start from scratch. The run waits until its state is set."""
        facts = {
            "name": name or recipe,
            "task": task,
            "recipe": recipe,
            "settings": to_text(dict(settings)),
            "seed": seed,
        }
        with self.vault.write(self.user, "run.create") as tx:
            base = model_row(tx, base_model_id)["id"] if base_model_id else None
            start = {"state": "waiting", "message": "", "author": self.user, "at": now(), **_owner()}
            row = tx.insert("runs", **facts, **start, dataset=dataset_id(tx, dataset), base=base)
            tx.subject = text_id(RUN, row)
            tx.detail = {"recipe": recipe, "dataset": dataset, "base": base_model_id, "seed": seed}
            return _run_of(_run_row(tx, tx.subject))

    def run(self, run_id: str) -> Run:
        with self.vault.read() as reader:
            return _run_of(_run_row(reader, run_id))

    def runs(self, task: str = "") -> list[Run]:
        """Newest first."""
        with self.vault.read() as reader:
            rows = reader.all(f"{_SELECT} WHERE ?1 = '' OR runs.task = ?1 ORDER BY runs.id DESC", task)
        return [_run_of(row) for row in rows]

    def set_run_state(self, run_id: str, state: str, message: str = "") -> Run:
        """Also makes this process the run's owner: should it die, the run is shown as interrupted."""
        if state not in RUN_STATES:
            raise WrongUsage(f"a run cannot be {state!r}", "States: " + ", ".join(RUN_STATES) + ".")
        with self.vault.write(self.user, "run.state", subject=run_id, detail={"state": state}) as tx:
            row = _run_row(tx, run_id)["id"]
            owner = _owner()
            sql = "UPDATE runs SET state = ?, message = ?, owner = ?, owner_since = ?, stop_requested = 0 WHERE id = ?"
            tx.execute(sql, state, message, owner["owner"], owner["owner_since"], row)
            return _run_of(_run_row(tx, run_id))

    def request_stop(self, run_id: str) -> None:
        """Ask a run at work in any process to end early and keep the best so far."""
        with self.vault.write(self.user, "run.stop", subject=run_id) as tx:
            tx.execute("UPDATE runs SET stop_requested = 1 WHERE id = ?", _run_row(tx, run_id)["id"])

    def stop_requested(self, run_id: str) -> bool:
        with self.vault.read() as reader:
            return bool(_run_row(reader, run_id)["stop_requested"])

    def add_run_event(self, run_id: str, event: Json) -> None:
        with self.vault.write(self.user, "") as tx:
            tx.insert("run_events", run=_run_row(tx, run_id)["id"], at=now(), event=to_text(event))

    def run_events(self, run_id: str) -> list[Json]:
        """In the order they came."""
        with self.vault.read() as reader:
            row = _run_row(reader, run_id)["id"]
            rows = reader.all("SELECT event FROM run_events WHERE run = ? ORDER BY id", row)
        return [json.loads(row["event"]) for row in rows]

    def save_checkpoint(self, run_id: str, epoch: int, data: bytes) -> None:
        """Replaces the run's last checkpoint; until this is stored, the old one stays."""
        with self._staged(data) as payload, self.vault.write(self.user, "") as tx:
            row = _run_row(tx, run_id)["id"]
            old = tx.one("SELECT blob FROM checkpoints WHERE run = ?", row)
            tx.execute("DELETE FROM checkpoints WHERE run = ?", row)
            tx.insert("checkpoints", run=row, epoch=epoch, blob=payload.keep_blob(tx), at=now())
            if old:
                tx.drop(old["blob"])

    def checkpoint(self, run_id: str) -> bytes | None:
        with self.vault.read() as reader:
            row = reader.one("SELECT blob FROM checkpoints WHERE run = ?", _run_row(reader, run_id)["id"])
        return self.vault.blobs.read(row["blob"]) if row else None

    def finish_run(self, run_id: str, model_id: str, results: Json) -> Run:
        """The run is done: its model and results are noted, its checkpoint is no longer needed."""
        with self.vault.write(self.user, "run.finish", subject=run_id, detail={"model": model_id}) as tx:
            row = _run_row(tx, run_id)["id"]
            model = model_row(tx, model_id)["id"] if model_id else None
            sql = "UPDATE runs SET state = 'done', message = '', model = ?, results = ? WHERE id = ?"
            tx.execute(sql, model, to_text(results), row)
            old = tx.one("SELECT blob FROM checkpoints WHERE run = ?", row)
            if old:
                tx.execute("DELETE FROM checkpoints WHERE run = ?", row)
                tx.drop(old["blob"])
            return _run_of(_run_row(tx, run_id))


def _run_row(reader: Reader, run_id: str) -> Row:
    row = reader.one(f"{_SELECT} WHERE runs.id = ?", row_id(RUN, run_id))
    if row is None:
        raise missing(RUN, run_id)
    return row


def _run_of(row: Row) -> Run:
    abandoned = row["state"] in _NEEDS_OWNER and not _alive(row["owner"], row["owner_since"])
    return Run(
        id=text_id(RUN, row["id"]),
        name=row["name"],
        task=row["task"],
        recipe=row["recipe"],
        dataset=row["dataset_name"],
        base=optional_id(MODEL, row["base"]),
        settings=json.loads(row["settings"]),
        seed=row["seed"],
        state="interrupted" if abandoned else row["state"],
        message="The process of this run ended before it was done." if abandoned else row["message"],
        created=row["at"],
        model=optional_id(MODEL, row["model"]),
        results=json.loads(row["results"]),
    )


def _owner() -> dict[str, int | float]:
    return {"owner": os.getpid(), "owner_since": psutil.Process().create_time()}


def _alive(pid: int, since: float) -> bool:
    """Is it still the same process? Numbers are given out again, so its start time counts too."""
    try:
        process = psutil.Process(pid)
        return bool(process.status() != psutil.STATUS_ZOMBIE and abs(process.create_time() - since) < _CLOCK_DOUBT)
    except psutil.Error:
        return False
