"""Pseudo-labels: what a model surely says of records without a label is learnt as if it were one (Lee 2013)."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping

import numpy as np
from torch import nn

from medstation.api import Case, FileSource, Json, ModelInfo, Predictor, Record, Workbench, resolve_ref
from medstation.learning.earlier import base_of
from medstation.learning.recipe import Settings
from medstation.learning.technique import Stage, Step, Technique
from medstation.learning.weights import pack

_MARK = "pseudo-label of "


class PseudoLabels(Technique):
    """As many of them as there are labelled cases go into each batch, drawn anew."""

    def __init__(self, settings: Settings) -> None:
        self._sure = float(settings["pseudo_labels"])
        self._said: dict[str, bytes] = {}
        self._asked = False
        self._places = range(0)
        self._stage: Stage

    def begin(self, network: nn.Module, stage: Stage) -> nn.Module:
        self._stage = stage
        stage.samples.bench = _Overlay(stage.bench, self._said)
        base = base_of(stage.request)
        if not stage.request.unlabelled:
            stage.notes.append("No pseudo-labels: every record that suits has a label or is kept for the test.")
        elif base and not stage.resumed:
            self._ask(base, stage.bench.weights(base.id), f"{base.name} {base.version}")
        return network

    def epoch(self, network: nn.Module, epoch: int, epochs: int) -> None:
        if self._asked or epoch <= epochs // 2 or not self._stage.request.unlabelled:
            return
        request, config = self._stage.request, self._stage.config
        me = ModelInfo(request.run, "the model itself", 0, "candidate", "", request.recipe, config, {})
        self._ask(me, pack(self._stage.weights()), f"the model itself after {epoch - 1} epochs")

    def _ask(self, model: ModelInfo, weights: bytes, who: str) -> None:
        """Let a model predict on all records without a label, and keep what it is sure of."""
        predictor: Predictor = resolve_ref(self._stage.request.predictor)(model, weights)
        bench, records = self._stage.bench, [case.record for case in self._stage.request.unlabelled]
        for record in records:
            draft = predictor.predict(record, bench.files(record), _quiet)
            if draft.confidence is not None and draft.confidence >= self._sure:
                self._said[record.id] = draft.payload
        self._asked = True
        self._join()
        self._stage.notes.append(
            f"{len(self._said)} of {len(records)} records without a label joined the training with what {who} said of "
            f"them, at least {100 * self._sure:g} % sure."
        )

    def _join(self) -> None:
        cases = [
            Case(case.record, _MARK + case.record.id, "train")
            for case in self._stage.request.unlabelled
            if case.record.id in self._said
        ]
        self._places = range(len(self._stage.cases), len(self._stage.cases) + len(cases))
        self._stage.cases += cases

    def steps(self, steps: list[Step], stage: Stage, rng: np.random.Generator) -> list[Step]:
        if not self._places:
            return steps
        return [[[*places, *self._drawn(len(places), rng)] for places in step] for step in steps]

    def _drawn(self, count: int, rng: np.random.Generator) -> list[int]:
        drawn: list[int] = rng.choice(self._places, min(count, len(self._places)), replace=False).tolist()
        return drawn

    def values(self) -> Mapping[str, float]:
        return {"pseudo-labels": float(len(self._places))}

    def state(self) -> Json:
        said = {name: base64.b64encode(zlib.compress(payload)).decode() for name, payload in self._said.items()}
        return {"asked": self._asked, "said": said}

    def restore(self, state: Json) -> None:
        self._asked = bool(state["asked"])
        self._said.update({name: zlib.decompress(base64.b64decode(text)) for name, text in state["said"].items()})
        self._join()


class _Overlay:
    """A `Workbench` that also knows what was said of records without a label."""

    def __init__(self, bench: Workbench, said: Mapping[str, bytes]) -> None:
        self._bench, self._said = bench, said
        self.weights, self.checkpoint, self.stop_requested = bench.weights, bench.checkpoint, bench.stop_requested

    def files(self, record: Record) -> FileSource:
        return self._bench.files(record)

    def label(self, label_id: str) -> bytes:
        if label_id.startswith(_MARK):
            return self._said[label_id.removeprefix(_MARK)]
        return self._bench.label(label_id)


def _quiet(done: float, text: str) -> None:
    """The loop reports; one record is too short to."""
