"""Predictions: what models say of records; verdicts: what people say of that."""

from __future__ import annotations

import json
from dataclasses import asdict

from medstation.api import BadInput, Finding, PredictionDraft, WrongUsage
from medstation.library.ids import LABEL, MODEL, PREDICTION, RECORD, missing, row_id, text_id
from medstation.library.labels import label_row
from medstation.library.models import model_row
from medstation.library.records import record_row
from medstation.library.shelf import Shelf, to_text
from medstation.library.values import VERDICTS, Prediction
from medstation.vault import Reader, Row, now

_SELECT = """SELECT predictions.*, coalesce((SELECT verdict FROM verdicts WHERE prediction = predictions.id
    ORDER BY verdicts.id DESC LIMIT 1), '') AS verdict FROM predictions"""


class Predictions(Shelf):
    """The part of the library that keeps predictions and verdicts."""

    def add_prediction(self, record_id: str, model_id: str, draft: PredictionDraft) -> Prediction:
        said = {
            "kind": draft.kind,
            "findings": to_text([asdict(finding) for finding in draft.findings]),
            "confidence": draft.confidence,
            "summary": to_text(draft.summary),
        }
        with self._staged(draft.payload, inline=True) as payload, self.vault.write(self.user, "predict") as tx:
            record, model = record_row(tx, record_id)["id"], model_row(tx, model_id)["id"]
            about = {"record": record, "model": model, "at": now(), "author": self.user}
            prediction_id = text_id(PREDICTION, tx.insert("predictions", **about, **said, **payload.keep(tx)))
            tx.subject = record_id
            tx.detail = {"prediction": prediction_id, "model": text_id(MODEL, model), "kind": draft.kind}
            return _prediction_of(_prediction_row(tx, prediction_id))

    def predictions(self, record_id: str) -> list[Prediction]:
        """Newest first."""
        with self.vault.read() as reader:
            record = record_row(reader, record_id)["id"]
            rows = reader.all(f"{_SELECT} WHERE record = ? ORDER BY predictions.id DESC", record)
        return [_prediction_of(row) for row in rows]

    def prediction(self, prediction_id: str) -> Prediction:
        with self.vault.read() as reader:
            return _prediction_of(_prediction_row(reader, prediction_id))

    def prediction_payload(self, prediction_id: str) -> bytes:
        """The bytes, in the encoding of the label kind."""
        with self.vault.read() as reader:
            row = _prediction_row(reader, prediction_id)
        return self._payload(row)

    def predictions_of(self, model_id: str) -> list[Prediction]:
        """All that a model said, oldest first."""
        with self.vault.read() as reader:
            model = model_row(reader, model_id)["id"]
            rows = reader.all(f"{_SELECT} WHERE model = ? ORDER BY predictions.id", model)
        return [_prediction_of(row) for row in rows]

    def corrections(self, model_name: str) -> list[str]:
        """Labels that people drew to correct a model, of any version, and that no run of it has learnt from.

        Their ids, oldest first, one per record: the newest.
        """
        with self.vault.read() as reader:
            rows = reader.all(
                """SELECT max(verdicts.label) AS label FROM verdicts
                    JOIN predictions ON predictions.id = verdicts.prediction
                    JOIN models ON models.id = predictions.model
                    WHERE models.name = ?1 AND verdict = 'corrected' AND label IS NOT NULL AND NOT EXISTS (
                        SELECT 1 FROM runs JOIN dataset_items ON dataset_items.dataset = runs.dataset
                        WHERE runs.name = ?1 AND runs.state = 'done' AND dataset_items.label = verdicts.label)
                    GROUP BY predictions.record ORDER BY 1""",
                model_name,
            )
        return [text_id(LABEL, row["label"]) for row in rows]

    def add_verdict(self, prediction_id: str, verdict: str, label_id: str = "", note: str = "") -> Prediction:
        """What a person says of a prediction; `label_id` is the label it was corrected to."""
        if verdict not in VERDICTS:
            raise WrongUsage(f"{verdict!r} is not a verdict", "Verdicts: " + ", ".join(VERDICTS) + ".")
        with self.vault.write(self.user, "verdict", subject=prediction_id) as tx:
            prediction = _prediction_row(tx, prediction_id)
            label = label_row(tx, label_id) if label_id else None
            if label and label["record"] != prediction["record"]:
                raise BadInput(f"label {label_id} is of another record than {prediction_id}", "Choose a label of it.")
            said = {"verdict": verdict, "label": label["id"] if label else None, "note": note}
            tx.insert("verdicts", prediction=prediction["id"], **said, author=self.user, at=now())
            tx.detail = {"verdict": verdict, "label": label_id}
            return _prediction_of(_prediction_row(tx, prediction_id))


def _prediction_row(reader: Reader, prediction_id: str) -> Row:
    row = reader.one(f"{_SELECT} WHERE predictions.id = ?", row_id(PREDICTION, prediction_id))
    if row is None:
        raise missing(PREDICTION, prediction_id)
    return row


def _prediction_of(row: Row) -> Prediction:
    return Prediction(
        id=text_id(PREDICTION, row["id"]),
        record=text_id(RECORD, row["record"]),
        model=text_id(MODEL, row["model"]),
        kind=row["kind"],
        when=row["at"],
        findings=tuple(Finding(**finding) for finding in json.loads(row["findings"])),
        confidence=row["confidence"],
        summary=json.loads(row["summary"]),
        verdict=row["verdict"],
    )
