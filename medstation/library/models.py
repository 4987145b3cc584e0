"""Models: weights with their card, version by version, from candidate to approved to retired."""

from __future__ import annotations

import hashlib
import json
import re

from medstation.api import Json, ModelInfo, NotFound, Refused, WrongUsage
from medstation.library.ids import MODEL, RUN, missing, row_id, text_id
from medstation.library.safetensors_header import count_parameters
from medstation.library.shelf import Shelf, to_text
from medstation.vault import Reader, Row, now

_NAME = re.compile(r"[^\s@/\\][^@/\\\n]{0,99}")
_ID = re.compile(r"m-\d+")
_ACTS = {"approved": "model.approve", "retired": "model.retire"}


class Models(Shelf):
    """The part of the library that keeps models."""

    def add_model(
        self, name: str, task: str, recipe: str, weights: bytes, config: Json, card: Json, run_id: str = ""
    ) -> ModelInfo:
        """A new version of model `name`, as a candidate. `weights` are the bytes of a safetensors file."""
        if not _NAME.fullmatch(name) or _ID.fullmatch(name):
            raise WrongUsage(f"{name!r} cannot be a model's name", "Use up to 100 characters without @ / \\.")
        facts = {"sha256": hashlib.sha256(weights).hexdigest(), "bytes": len(weights)}
        card = {**card, **facts, "parameters": count_parameters(weights)}
        run = row_id(RUN, run_id) if run_id else None
        with self._staged(weights) as payload, self.vault.write(self.user, "model.add") as tx:
            row = tx.one("SELECT coalesce(max(version), 0) + 1 FROM models WHERE name = ?", name)
            if run is not None and tx.one("SELECT 1 FROM runs WHERE id = ?", run) is None:
                raise missing(RUN, run_id)
            assert row is not None
            kind = {"task": task, "recipe": recipe, "config": to_text(config), "card": to_text(card), "run": run}
            made = {"state": "candidate", "author": self.user, "at": now(), "blob": payload.keep_blob(tx)}
            model_id = text_id(MODEL, tx.insert("models", name=name, version=row[0], **kind, **made))
            tx.subject = model_id
            tx.detail = {"name": name, "version": row[0], "run": run_id, **facts}
            return _model_of(model_row(tx, model_id))

    def models(self, task: str = "") -> list[ModelInfo]:
        """Newest first."""
        with self.vault.read() as reader:
            rows = reader.all("SELECT * FROM models WHERE ?1 = '' OR task = ?1 ORDER BY id DESC", task)
        return [_model_of(row) for row in rows]

    def model(self, ref: str) -> ModelInfo:
        """By id, by name (its newest version), or by name@version."""
        with self.vault.read() as reader:
            return _model_of(model_row(reader, ref))

    def weights(self, model_id: str) -> bytes:
        """The bytes of the safetensors file."""
        with self.vault.read() as reader:
            row = model_row(reader, model_id)
        try:
            return self.vault.blobs.read(row["blob"])
        except Refused as error:
            raise Refused(f"the weights of {row['name']}@{row['version']}: {error.message}", error.hint) from error

    def set_model_state(self, model_id: str, state: str, reason: str = "") -> ModelInfo:
        """Approve or retire a model; a retired one may be approved again, none becomes a candidate again."""
        with self.vault.read() as reader:
            ref = text_id(MODEL, model_row(reader, model_id)["id"])
        if state not in _ACTS:
            raise WrongUsage(f"a model cannot become {state!r}", "It can be approved or retired.")
        with self.vault.write(self.user, _ACTS[state], subject=ref) as tx:
            before = model_row(tx, ref)["state"]
            tx.execute("UPDATE models SET state = ? WHERE id = ?", state, row_id(MODEL, ref))
            tx.detail = {"before": before, "reason": reason}
            return _model_of(model_row(tx, ref))


def model_row(reader: Reader, ref: str) -> Row:
    row = _find(reader, ref)
    if row is None:
        names = [str(found[0]) for found in reader.all("SELECT DISTINCT name FROM models ORDER BY name LIMIT 10")]
        hint = "Models: " + ", ".join(names) + "." if names else "There are no models yet: fine-tune or import one."
        raise NotFound(f"there is no model {ref!r}", hint)
    return row


def _find(reader: Reader, ref: str) -> Row | None:
    if _ID.fullmatch(ref):
        return reader.one("SELECT * FROM models WHERE id = ?", row_id(MODEL, ref))
    name, _, version = ref.partition("@")
    if not version:
        return reader.one("SELECT * FROM models WHERE name = ? ORDER BY version DESC LIMIT 1", name)
    return reader.one("SELECT * FROM models WHERE name = ? AND version = ?", name, version)


def _model_of(row: Row) -> ModelInfo:
    return ModelInfo(
        id=text_id(MODEL, row["id"]),
        name=row["name"],
        version=row["version"],
        state=row["state"],
        task=row["task"],
        recipe=row["recipe"],
        config=json.loads(row["config"]),
        card=json.loads(row["card"]),
    )
