"""Models: weights with their card, version by version."""

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
_SELECT = """SELECT models.*, coalesce((SELECT state FROM model_states WHERE model = models.id
    ORDER BY model_states.id DESC LIMIT 1), 'candidate') AS state FROM models"""


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
            made = {"author": self.user, "at": now(), "blob": payload.keep_blob(tx)}
            model_id = text_id(MODEL, tx.insert("models", name=name, version=row[0], **kind, **made))
            tx.subject = model_id
            tx.detail = {"name": name, "version": row[0], "run": run_id, **facts}
            return model_of(model_row(tx, model_id))

    def models(self, task: str = "") -> list[ModelInfo]:
        """Newest first."""
        with self.vault.read() as reader:
            rows = reader.all(f"{_SELECT} WHERE ?1 = '' OR task = ?1 ORDER BY models.id DESC", task)
        return [model_of(row) for row in rows]

    def model(self, ref: str) -> ModelInfo:
        """By id, by name (its newest version), or by name@version."""
        with self.vault.read() as reader:
            return model_of(model_row(reader, ref))

    def weights(self, model_id: str) -> bytes:
        """The bytes of the safetensors file."""
        with self.vault.read() as reader:
            row = model_row(reader, model_id)
        try:
            return self.vault.blobs.read(row["blob"])
        except Refused as error:
            raise Refused(f"the weights of {row['name']}@{row['version']}: {error.message}", error.hint) from error

    def note_on_card(self, model_id: str, name: str, value: Json) -> ModelInfo:
        """Keep what was found of a model after it was made under `name` on its card."""
        with self.vault.write(self.user, "") as tx:
            row = model_row(tx, model_id)
            card = {**json.loads(row["card"]), name: value}
            tx.execute("UPDATE models SET card = ? WHERE id = ?", to_text(card), row["id"])
            return model_of(model_row(tx, model_id))


def model_row(reader: Reader, ref: str) -> Row:
    row = _find(reader, ref)
    if row is None:
        names = [str(found[0]) for found in reader.all("SELECT DISTINCT name FROM models ORDER BY name LIMIT 10")]
        hint = "Models: " + ", ".join(names) + "." if names else "There are no models yet: fine-tune or import one."
        raise NotFound(f"there is no model {ref!r}", hint)
    return row


def _find(reader: Reader, ref: str) -> Row | None:
    if _ID.fullmatch(ref):
        return reader.one(f"{_SELECT} WHERE models.id = ?", row_id(MODEL, ref))
    name, _, version = ref.partition("@")
    if not version:
        return reader.one(f"{_SELECT} WHERE name = ? ORDER BY version DESC LIMIT 1", name)
    return reader.one(f"{_SELECT} WHERE name = ? AND version = ?", name, version)


def model_of(row: Row) -> ModelInfo:
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
