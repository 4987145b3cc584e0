"""This vault's own keys for learning together, and the federations that it takes part in."""

from __future__ import annotations

import json
from dataclasses import dataclass

from medstation.api import BadInput, Json, NotFound
from medstation.library.datasets import dataset_id
from medstation.library.shelf import Shelf, to_text
from medstation.vault import Reader, Row, now


@dataclass(frozen=True)
class Federation:
    """`id` as in its plan; `dataset` is what this site learns from; `approved_by` agreed to take part."""

    id: str
    name: str
    dataset: str
    approved_by: str
    when: str


class Federations(Shelf):
    """The part of the library that keeps them. The private keys never leave the vault."""

    def site_keys(self) -> Json | None:
        """The keys as they were kept, None when this site has none yet."""
        with self.vault.read() as reader:
            row = reader.one("SELECT keys FROM site_keys")
        return json.loads(row["keys"]) if row else None

    def keep_site_keys(self, keys: Json, fingerprint: str) -> None:
        """Once: other sites know this one by them."""
        with self.vault.write(self.user, "federation.key", subject=keys["name"]) as tx:
            if tx.one("SELECT 1 FROM site_keys"):
                raise BadInput("this vault has keys for learning together already", "Export the identity again.")
            tx.detail = {"fingerprint": fingerprint}
            tx.insert("site_keys", id=1, keys=to_text(keys), at=now())

    def join_federation(self, federation: str, name: str, dataset: str, plan_digest: str) -> Federation:
        """Agree to take part with a data set. The plan's digest stands in the audit log."""
        with self.vault.write(self.user, "federation.join", subject=federation) as tx:
            if tx.one("SELECT 1 FROM federations WHERE id = ?", federation):
                raise BadInput(f"this site takes part in {name} already", "Go on with `medstation federate turn`.")
            tx.detail = {"name": name, "dataset": dataset, "plan": plan_digest}
            facts = {"name": name, "plan": plan_digest, "author": self.user, "at": now()}
            tx.insert("federations", id=federation, dataset=dataset_id(tx, dataset), **facts)
            return _federation_of(_row(tx, federation))

    def federation(self, federation: str) -> Federation:
        """`NotFound` when this site has not agreed to take part."""
        with self.vault.read() as reader:
            return _federation_of(_row(reader, federation))

    def note_round(self, federation: str, round_number: int, act: str, detail: Json) -> None:
        """A line of the audit log for whatever this site put on the medium."""
        with self.vault.write(self.user, f"federation.{act}", subject=federation) as tx:
            tx.detail = {"round": round_number, **detail}


def _row(reader: Reader, federation: str) -> Row:
    row = reader.one(
        "SELECT federations.*, datasets.name AS dataset_name FROM federations"
        " JOIN datasets ON datasets.id = federations.dataset WHERE federations.id = ?",
        federation,
    )
    if row is None:
        raise NotFound("this site does not take part in that federation", "Agree first: `medstation federate join`.")
    return row


def _federation_of(row: Row) -> Federation:
    return Federation(row["id"], row["name"], row["dataset_name"], row["author"], row["at"])
