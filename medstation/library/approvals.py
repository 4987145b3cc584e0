"""What people decide of models: proposed by one, approved by a second, retired, rolled back. The history stays."""

from __future__ import annotations

import json

from medstation.api import Json, ModelInfo, NotFound, Refused, WrongUsage
from medstation.library.ids import MODEL, text_id
from medstation.library.models import model_of, model_row
from medstation.library.shelf import Shelf, to_text
from medstation.library.values import Decision
from medstation.vault import Reader, Row, Transaction, now, rights

PROPOSE, APPROVE, RETIRE, ROLL_BACK = "model.propose", "model.approve", "model.retire", "model.rollback"


class Approvals(Shelf):
    """The part of the library that keeps what was decided of models. Of each name at most one version is approved."""

    def propose_model(self, ref: str, reason: str = "", judged: Json | None = None) -> ModelInfo:
        """Ask for a second person's approval. `judged` is what the gate found."""
        with self.vault.write(self.user, PROPOSE) as tx:
            row = model_row(tx, ref)
            if row["state"] in ("proposed", "approved"):
                raise WrongUsage(f"{_title(row)} is {row['state']} already", "Nothing is to be done.")
            return self._decide(tx, row, "proposed", reason, judged)

    def check_approver(self, ref: str, reason: str = "") -> None:
        """`Refused` where another person than this one must approve the model, or nobody else can and no reason is
        given: said before time is spent on judging it.
        """
        with self.vault.read() as reader:
            self._check_second_person(reader, model_row(reader, ref), reason)

    def approve_model(self, ref: str, reason: str = "", judged: Json | None = None) -> ModelInfo:
        """Approve a model; the version that was approved before is retired.

        `judged` is what the gate found ({"word", "needs_reason", "findings": [{"says"}], ...}; None: it was not asked).
        `Refused` without a written reason where the gate has doubts, and by `check_approver`.
        """
        with self.vault.write(self.user, APPROVE) as tx:
            row = model_row(tx, ref)
            if row["state"] == "approved":
                raise WrongUsage(f"{_title(row)} is approved already", "Nothing is to be done.")
            self._check_second_person(tx, row, reason)
            _check_gate(row, reason, judged)
            replaced = _approved(tx, row["name"])
            if replaced is not None:
                self._note(tx, replaced, "retired", f"replaced by {_title(row)}", None)
            model = self._decide(tx, row, "approved", reason, judged)
            tx.detail |= {"replaced": _title(replaced) if replaced else ""}
            return model

    def retire_model(self, ref: str, reason: str = "") -> ModelInfo:
        """Take a model out of use. It stays, and may be approved again."""
        with self.vault.write(self.user, RETIRE) as tx:
            return self._decide(tx, model_row(tx, ref), "retired", reason, None)

    def roll_back(self, name: str, reason: str = "") -> ModelInfo:
        """Back to the version of `name` that was approved before the one in use, which is retired."""
        with self.vault.write(self.user, ROLL_BACK) as tx:
            model_row(tx, name)  # `NotFound` names the models there are
            current = _approved(tx, name)
            if current is None:
                raise NotFound(f"no version of {name} is approved", "Approve one: `medstation models approve M`.")
            before = _approved_before(tx, current)
            if before is None:
                raise NotFound(
                    f"no version of {name} was approved before {_title(current)}", "Retire it, or approve another one."
                )
            self._note(tx, current, "retired", f"rolled back to {_title(before)}", None)
            model = self._decide(tx, before, "approved", reason, None)
            tx.detail |= {"retired": _title(current)}
            return model

    def approved_model(self, name: str) -> ModelInfo | None:
        """The version of `name` that is in use."""
        with self.vault.read() as reader:
            row = _approved(reader, name)
            return model_of(row) if row else None

    def decisions(self, ref: str) -> list[Decision]:
        """What was decided of a model, newest first."""
        with self.vault.read() as reader:
            row = model_row(reader, ref)
            rows = reader.all("SELECT * FROM model_states WHERE model = ? ORDER BY id DESC", row["id"])
        return [_decision_of(one) for one in rows]

    def _decide(self, tx: Transaction, row: Row, state: str, reason: str, judged: Json | None) -> ModelInfo:
        self._note(tx, row, state, reason, judged)
        tx.subject = text_id(MODEL, row["id"])
        tx.detail = {"before": row["state"], "reason": reason.strip(), "judged": (judged or {}).get("word", "")}
        return model_of(model_row(tx, tx.subject))

    def _note(self, tx: Transaction, row: Row, state: str, reason: str, judged: Json | None) -> None:
        said = {"state": state, "reason": reason.strip(), "judged": to_text(judged or {})}
        tx.insert("model_states", model=row["id"], **said, author=self.user, at=now())

    def _check_second_person(self, reader: Reader, row: Row, reason: str) -> None:
        """Whoever proposed a model, or made one that nobody proposed, is the first person."""
        sql = "SELECT author FROM model_states WHERE model = ? AND state = 'proposed' ORDER BY id DESC LIMIT 1"
        proposed = reader.one(sql, row["id"])
        if (proposed or row)["author"] != self.user:
            return
        others = [one.name for one in self.vault.people.all() if one.name != self.user and rights.may(one, APPROVE)]
        did = "proposed" if proposed else "made"
        if others:
            raise Refused(
                f"{self.user} {did} {_title(row)}: a second person must approve it",
                f"Ask {' or '.join(others[:5])}, who may approve models.",
            )
        if not reason.strip():
            raise Refused(
                f"nobody but {self.user}, who {did} {_title(row)}, may approve models in this vault",
                "Write down why it is approved all the same (--reason), or let an administrator add a second person.",
            )


def _check_gate(row: Row, reason: str, judged: Json | None) -> None:
    """Doubts don't forbid: they ask for a reason that somebody puts their name to."""
    if reason.strip() or (judged is not None and not judged["needs_reason"]):
        return
    doubts = [one["says"] for one in (judged or {}).get("findings", ()) if one.get("grave")]
    told = "; ".join(doubts) or "it was not compared on a frozen test set"
    raise Refused(
        f"{_title(row)} needs a written reason to be approved: {told}",
        "Write it down (--reason TEXT); it is kept with the model and in the audit log.",
    )


def _approved(reader: Reader, name: str) -> Row | None:
    rows = reader.all("SELECT id FROM models WHERE name = ? ORDER BY version DESC", name)
    found = (model_row(reader, text_id(MODEL, row["id"])) for row in rows)
    return next((row for row in found if row["state"] == "approved"), None)


def _approved_before(reader: Reader, current: Row) -> Row | None:
    """The version whose first approval was the last one before that of `current`: rolling back twice goes further."""
    rows = reader.all(
        """SELECT model, min(model_states.id) AS first FROM model_states JOIN models ON models.id = model
            WHERE name = ? AND model_states.state = 'approved' GROUP BY model ORDER BY first""",
        current["name"],
    )
    order = [row["model"] for row in rows]
    place = order.index(current["id"])
    return model_row(reader, text_id(MODEL, order[place - 1])) if place else None


def _title(row: Row) -> str:
    return f"{row['name']}@{row['version']}"


def _decision_of(row: Row) -> Decision:
    return Decision(
        text_id(MODEL, row["model"]), row["state"], row["reason"], json.loads(row["judged"]), row["author"], row["at"]
    )
