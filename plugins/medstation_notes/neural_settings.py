"""What the neural recipes declare: the tagger from scratch, and those that start from a language model. Light."""

from __future__ import annotations

from dataclasses import replace

from medstation.api import MetricSpec, Recipe, Setting, SettingValue
from medstation.learning.declared.losses import CLASS_LOSS, CLASS_WEIGHTS
from medstation.learning.settings import common_settings
from medstation_notes.declared import CLASS_METRICS, ENTITY_METRICS, WINDOW_SETTINGS

TAGGER_SETTINGS: tuple[Setting, ...] = (
    *common_settings({"epochs": 10, "learning_rate": 2e-3, "batch_size": 2, "patience": 6, "gradient_clip": 5.0}),
    Setting(
        "hidden",
        "integer",
        200,
        "Width",
        "Numbers that stand for a word in its sentence, per direction.",
        minimum=16,
        maximum=1024,
    ),
    Setting(
        "dropout",
        "number",
        0.5,
        "Dropout",
        "The share of numbers that is left out while learning: guards against learning by heart.",
        minimum=0,
        maximum=0.9,
    ),
    Setting(
        "word_size", "integer", 100, "Word vectors", "Numbers per known word.", minimum=8, maximum=1024, advanced=True
    ),
    Setting(
        "letters",
        "integer",
        60,
        "Letter filters",
        "Filters that look at three letters in a row.",
        minimum=8,
        maximum=512,
        advanced=True,
    ),
    Setting(
        "rare",
        "integer",
        2,
        "Rare words",
        "Words seen less often share one vector; the tagger knows them by their letters and shape.",
        minimum=1,
        maximum=100,
        advanced=True,
    ),
)

TAGGER = Recipe(
    id="tagger",
    title="Entities: neural tagger from scratch",
    summary="Letters, words and shapes through a two-way LSTM with a CRF on top. No base model needed.",
    label_kind="spans",
    record_kinds=("note",),
    settings=TAGGER_SETTINGS,
    metrics=ENTITY_METRICS,
    trainer="medstation_notes.tagger:train",
    engine="medstation_notes.tagger:TaggerRecipe",
    predictor="medstation_notes.tagger:TaggerPredictor",
    score="medstation_notes.scoring:score",
)

_TRANSFORMER: dict[str, SettingValue] = {
    "epochs": 5,
    "learning_rate": 5e-5,
    "batch_size": 2,
    "patience": 3,
    "schedule": "linear",
    "warmup": 0.1,
}

TOKENS_SETTINGS: tuple[Setting, ...] = (
    *common_settings(_TRANSFORMER),
    *WINDOW_SETTINGS,
    Setting(
        "frozen",
        "integer",
        0,
        "Frozen layers",
        "Lower layers of the base that stay as they are: less memory and time.",
        minimum=0,
        maximum=96,
        advanced=True,
    ),
    *CLASS_LOSS,
)

TRANSFORMER_TOKENS = Recipe(
    id="transformer-tokens",
    title="Entities: language model",
    summary="Fine-tunes a language model (an imported folder, or one made here) to mark entities.",
    label_kind="spans",
    record_kinds=("note",),
    settings=TOKENS_SETTINGS,
    metrics=ENTITY_METRICS,
    trainer="medstation_notes.transformer_tokens:train",
    engine="medstation_notes.transformer_tokens:TokensRecipe",
    predictor="medstation_notes.transformer_tokens:TokensPredictor",
    score="medstation_notes.scoring:score",
    bases=("mlm",),
)

CLASS_SETTINGS: tuple[Setting, ...] = (*TOKENS_SETTINGS, replace(CLASS_WEIGHTS, default=False))

TRANSFORMER_CLASS = Recipe(
    id="transformer-class",
    title="Note class: language model",
    summary="Fine-tunes a language model to say which class a note belongs to. Long notes are read whole, in windows.",
    label_kind="class",
    record_kinds=("note",),
    settings=CLASS_SETTINGS,
    metrics=CLASS_METRICS,
    trainer="medstation_notes.transformer_class:train",
    engine="medstation_notes.transformer_class:ClassRecipe",
    predictor="medstation_notes.transformer_class:ClassPredictor",
    score="medstation_notes.transformer_class:score",
    bases=("mlm",),
)

MLM_SETTINGS: tuple[Setting, ...] = (
    *common_settings({"epochs": 5, "learning_rate": 5e-4, "batch_size": 4, "patience": 0, "schedule": "linear"}),
    Setting(
        "vocabulary",
        "integer",
        8000,
        "Vocabulary",
        "Word pieces that the tokenizer learns from the notes.",
        unit="pieces",
        minimum=100,
        maximum=200_000,
    ),
    Setting("layers", "integer", 4, "Layers", "Depth of the network.", minimum=1, maximum=48),
    Setting("width", "integer", 256, "Width", "Numbers per word piece; a multiple of 64.", minimum=64, maximum=4096),
    *WINDOW_SETTINGS,
    Setting(
        "masked",
        "number",
        0.15,
        "Masked share",
        "The share of word pieces that are hidden and have to be guessed.",
        minimum=0.01,
        maximum=0.6,
        advanced=True,
    ),
)

MLM_METRICS: tuple[MetricSpec, ...] = (
    MetricSpec(
        "guessed",
        "Pieces guessed",
        description="The share of hidden word pieces that the model guesses right.",
        combine="ratio",
        columns=("guessed_pieces", "masked_pieces"),
    ),
)

MLM = Recipe(
    id="mlm",
    title="Language model from notes",
    summary="Makes a small BERT-like base from notes alone, without labels: a tokenizer, then guessing hidden words.",
    label_kind="",
    record_kinds=("note",),
    settings=MLM_SETTINGS,
    metrics=MLM_METRICS,
    trainer="medstation_notes.mlm:train",
    engine="medstation_notes.mlm:MlmRecipe",
    predictor="medstation_notes.mlm:MlmPredictor",
    score="medstation_notes.mlm:score",
)
