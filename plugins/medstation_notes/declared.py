"""What several recipes declare alike: metrics, and the settings of windows. Light: read at start."""

from __future__ import annotations

from medstation.api import MetricSpec, Requirement, Setting

REQUIREMENTS = Requirement.several(
    'pip install "medstation[notes]"',
    "pycrfsuite",
    "nervaluate",
    "torch",
    "safetensors",
    "transformers",
    "tokenizers",
    "fhir.resources",
    "PIL",
)

ENTITY_METRICS: tuple[MetricSpec, ...] = (
    MetricSpec(
        "f1",
        "F1, strict",
        description="Entities with the exact place and type: twice the hits over all predicted and labelled ones.",
        combine="ratio",
        columns=("twice_hits", "both"),
    ),
    MetricSpec(
        "precision",
        "Precision",
        description="The share of predicted entities that are right.",
        combine="ratio",
        columns=("hits", "predicted"),
    ),
    MetricSpec(
        "recall",
        "Recall",
        description="The share of labelled entities that were found.",
        combine="ratio",
        columns=("hits", "labelled"),
    ),
)

CLASS_METRICS: tuple[MetricSpec, ...] = (
    MetricSpec("accuracy", "Accuracy", description="The share of notes whose class is right."),
    MetricSpec(
        "log_loss",
        "Log loss",
        higher_is_better=False,
        description="How surprised the model was by the right class; 0 is certain and right.",
    ),
)

WINDOW_SETTINGS: tuple[Setting, ...] = (
    Setting(
        "window",
        "integer",
        256,
        "Window",
        "Notes are read in windows of this many word pieces, so that nothing is cut off.",
        unit="pieces",
        minimum=16,
        maximum=8192,
    ),
    Setting(
        "stride",
        "integer",
        64,
        "Overlap",
        "Word pieces that two neighbouring windows share; a word counts from the window it stands most central in.",
        unit="pieces",
        minimum=0,
        maximum=4096,
        advanced=True,
    ),
    Setting(
        "windows",
        "integer",
        8,
        "Windows learnt from",
        "Of a long note, this many windows are drawn in each step; when it is judged, all are read.",
        minimum=1,
        maximum=256,
        advanced=True,
    ),
)
