"""What the feature CRF declares. Light: read at start."""

from __future__ import annotations

from medstation.api import Recipe, Setting
from medstation_notes.declared import ENTITY_METRICS

CRF_SETTINGS: tuple[Setting, ...] = (
    Setting(
        "iterations",
        "integer",
        100,
        "Iterations",
        "Steps of the optimizer. 100 is enough for most; fewer are quicker.",
        minimum=1,
        maximum=2000,
    ),
    Setting(
        "smoothing",
        "number",
        0.1,
        "Smoothing (L2)",
        "How strongly weights are pulled towards 0. More for few notes, less for many.",
        minimum=0,
        maximum=100,
    ),
    Setting(
        "sparsity",
        "number",
        0.0,
        "Sparsity (L1)",
        "Above 0, features that help little are dropped: a smaller model, slower training.",
        minimum=0,
        maximum=100,
        advanced=True,
    ),
    Setting(
        "rare",
        "integer",
        2,
        "Leave out rare features",
        "Features seen less often than this are not used. 2 or more makes the model smaller and keeps single words "
        "of single patients out of it.",
        minimum=0,
        maximum=1000,
        advanced=True,
    ),
)

CRF = Recipe(
    id="crf",
    title="Entities: feature CRF",
    summary="Finds entities from words, their endings, shapes and neighbours. No base model needed; ready in minutes.",
    label_kind="spans",
    record_kinds=("note",),
    settings=CRF_SETTINGS,
    metrics=ENTITY_METRICS,
    trainer="medstation_notes.crf:train",
    predictor="medstation_notes.crf:CrfPredictor",
    score="medstation_notes.scoring:score",
)
