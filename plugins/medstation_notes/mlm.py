"""A small language model from notes alone: a tokenizer is learnt, then hidden word pieces are guessed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from medstation.api import (
    BadInput,
    Case,
    Event,
    FileSource,
    Finding,
    Json,
    Metrics,
    ModelInfo,
    PredictionDraft,
    Record,
    ReportProgress,
    TrainRequest,
    Workbench,
)
from medstation.learning import Batch, Recipe, fit
from medstation.learning.network import ready
from medstation.learning.recipe import Settings, device_of
from medstation_notes import encoder, note
from medstation_notes.bases import taken_over
from medstation_notes.neural_settings import MLM_METRICS, MLM_SETTINGS
from medstation_notes.tokenizer import learn_tokenizer
from medstation_notes.windows import Pieces, Window, collate, drawn, padding_of

AT_ONCE = 8
HIDDEN, SWAPPED = 0.8, 0.1
"""Of the chosen pieces: shown as the mask, and swapped for another one; the rest is left as it is (Devlin 2019)."""


def train(request: TrainRequest, bench: Workbench) -> Iterator[Event]:
    """The recipe's trainer."""
    return fit(MlmRecipe(), request, bench)


def score(record: Record, files: FileSource, prediction: bytes, label: bytes) -> Metrics:
    """What the prediction counted: pieces hidden and guessed."""
    counted = json.loads(prediction)
    return {name: float(counted[name]) for name in ("guessed_pieces", "masked_pieces")}


class MlmNetwork(nn.Module):
    """Encoder and a head that names the piece: ids, mask (windows, pieces) to scores (windows, pieces, vocabulary)."""

    def __init__(self, config: Json) -> None:
        super().__init__()
        self.encoder = encoder.build(config["transformer"])
        table = encoder.table_of(self.encoder)
        width = encoder.width_of(self.encoder)
        self.mixed = nn.Linear(width, table.embedding_dim)
        self.norm = nn.LayerNorm(table.embedding_dim)
        self.bias = nn.Parameter(torch.zeros(table.num_embeddings))

    def forward(self, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        read = self.encoder(input_ids=batch["ids"], attention_mask=batch["mask"]).last_hidden_state
        if "places" in batch:  # in training only the hidden pieces are named: the vocabulary is wide
            read = read.flatten(0, 1)[batch["places"]]
        mixed = self.norm(functional.gelu(self.mixed(read)))
        scores: torch.Tensor = functional.linear(mixed, encoder.table_of(self.encoder).weight, self.bias)
        return scores.float()


@dataclass(frozen=True)
class Sample:
    windows: list[Window]


class MlmRecipe(Recipe[Sample]):
    settings = MLM_SETTINGS
    metrics = MLM_METRICS
    labelled = False
    decides = "classes"

    def survey(self, case: Case, bench: Workbench) -> Json:
        return {"text": note.read(case.record, bench.files(case.record)).text}

    def plan(self, surveys: Sequence[Json], settings: Settings, base: Json | None) -> Json:
        extra = {"masked": float(settings["masked"]), "most_windows": int(settings["windows"])}
        if base is not None:
            return {**taken_over(base, settings), **extra, "mask_piece": base.get("mask_piece")}
        tokenizer, size, mask = learn_tokenizer([one["text"] for one in surveys], int(settings["vocabulary"]))
        width, window = int(settings["width"]) // 64 * 64, int(settings["window"])
        transformer = {
            "model_type": "bert",
            "vocab_size": size,
            "hidden_size": width,
            "num_hidden_layers": int(settings["layers"]),
            "num_attention_heads": width // 64,
            "intermediate_size": 4 * width,
            "max_position_embeddings": max(window, 512),
            "pad_token_id": 0,
        }
        made = {"transformer": transformer, "tokenizer": encoder.packed(tokenizer), "mask_piece": mask}
        return {**taken_over(made, settings), **extra, "mask_piece": mask}

    def build(self, config: Json) -> nn.Module:
        if config["mask_piece"] is None:
            raise BadInput("the base's tokenizer has no [MASK]", "Fine-tune it for a task instead.")
        return MlmNetwork(config)

    def prepare(self, case: Case, config: Json, bench: Workbench) -> Sample:
        return Sample(Pieces(config).windows(note.read(case.record, bench.files(case.record)).text))

    def size(self, sample: Sample) -> int:
        return sum(window.size for window in sample.windows)

    def batch(self, samples: Sequence[Sample], config: Json, rng: np.random.Generator) -> Batch:
        windows = [sample.windows[number] for sample in samples
                   for number in drawn(sample.windows, config["most_windows"], rng)]  # fmt: skip
        return hidden(windows, config, rng)

    def loss(self, model: nn.Module, batch: Batch) -> torch.Tensor:
        return functional.cross_entropy(self.outputs(model, batch), batch["truth"])

    def outputs(self, model: nn.Module, batch: Batch) -> torch.Tensor:
        scores: torch.Tensor = model(batch)
        return scores

    def truth(self, batch: Batch) -> torch.Tensor:
        return batch["truth"]

    def score(self, model: nn.Module, sample: Sample, config: Json) -> Metrics:
        return guessed(model, sample.windows, config)

    def facts(self, config: Json) -> Json:
        return {"vocabulary": config["transformer"]["vocab_size"], "window": config["window"]}


def hidden(windows: Sequence[Window], config: Json, rng: np.random.Generator) -> dict[str, torch.Tensor]:
    """A batch with some pieces hidden: `places` into (windows x pieces), and `truth`, what stood there."""
    batch = collate(windows, padding_of(config))
    ids = batch["ids"].numpy()
    own = np.zeros(ids.shape, bool)
    for row, window in enumerate(windows):
        own[row, : len(window.own)] = window.own
    chosen = own & (rng.random(ids.shape) < config["masked"])
    if not chosen.any():
        chosen.flat[np.flatnonzero(own)[:1] if own.any() else 0] = True
    truth = torch.from_numpy(ids[chosen].copy())
    draw = rng.random(ids.shape)
    ids[chosen & (draw < HIDDEN)] = config["mask_piece"]
    swapped = chosen & (draw >= HIDDEN) & (draw < HIDDEN + SWAPPED)
    ids[swapped] = rng.integers(0, config["transformer"]["vocab_size"], int(swapped.sum()))
    return {**batch, "places": torch.from_numpy(np.flatnonzero(chosen)), "truth": truth}


def guessed(model: nn.Module, windows: Sequence[Window], config: Json) -> dict[str, float]:
    """Pieces hidden and guessed, and the mean loss; the same pieces every time."""
    rng, device = np.random.default_rng(len(windows[0].ids)), device_of(model)
    right = count = 0
    loss = 0.0
    for begin in range(0, len(windows), AT_ONCE):
        batch = {key: one.to(device) for key, one in hidden(windows[begin : begin + AT_ONCE], config, rng).items()}
        scores = model(batch)
        loss += float(functional.cross_entropy(scores, batch["truth"], reduction="sum"))
        right += int((scores.argmax(1) == batch["truth"]).sum())
        count += len(batch["truth"])
    return {"loss": loss / max(count, 1), "guessed_pieces": float(right), "masked_pieces": float(count)}


class MlmPredictor:
    """Says how well the model knows a note's language."""

    def __init__(self, model: ModelInfo, weights: bytes) -> None:
        self._config = model.config
        if self._config.get("headless"):
            raise BadInput(f"{model.name} is a base to start from; it says nothing itself", "Fine-tune it for a task.")
        self._network = ready(MlmNetwork(self._config), self._config, weights)
        self._pieces = Pieces(self._config)

    def predict(self, record: Record, files: FileSource, report: ReportProgress) -> PredictionDraft:
        report(0.1, "Reading")
        windows = self._pieces.windows(note.read(record, files).text)
        report(0.3, "Guessing hidden words")
        with torch.inference_mode():
            counted = guessed(self._network, windows, self._config)
        share = counted["guessed_pieces"] / max(counted["masked_pieces"], 1)
        finding = Finding("Hidden pieces guessed", value=f"{100 * share:.0f} %", confidence=share)
        return PredictionDraft("language", json.dumps(counted).encode(), (finding,), share, {"guessed": share})
