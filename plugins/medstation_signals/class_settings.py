"""What the recipes for whole recordings and for beats declare. Light: read at start."""

from __future__ import annotations

from medstation.api import MetricSpec, Recipe, Setting
from medstation.learning.declared.losses import CLASS_LOSS
from medstation.learning.settings import common_settings

RECORD_SETTINGS: tuple[Setting, ...] = (
    *common_settings({"epochs": 60, "learning_rate": 5e-3, "batch_size": 16, "patience": 20, "threads": 1}),
    Setting(
        "classes",
        "text",
        "",
        "Classes",
        "Which classes to tell apart, with commas between (A,N). Empty: all that are labelled.",
    ),
    Setting(
        "positive",
        "text",
        "",
        "Class to find",
        "The class that the area under the curve is for. Empty: atrial fibrillation, or the rarest one.",
    ),
    Setting("width", "integer", 24, "Width", "Hidden units.", minimum=2, maximum=512, advanced=True),
    *CLASS_LOSS,
)

RECORD_METRICS: tuple[MetricSpec, ...] = (
    MetricSpec("auc", "AUC", "", True, "Area under the ROC curve of the class to find.", "auc", ("score", "truth")),
    MetricSpec("accuracy", "Accuracy", description="The share of recordings whose class is right."),
    MetricSpec("log_loss", "Log loss", higher_is_better=False, description="0 is certain and right."),
)

RECORD_CLASS = Recipe(
    id="record-class",
    title="Rhythm of a recording",
    summary="Says what an ECG is as a whole (fibrillation or normal), from its beats and the waves between them.",
    label_kind="class",
    record_kinds=("ecg",),
    settings=RECORD_SETTINGS,
    metrics=RECORD_METRICS,
    trainer="medstation_signals.record_class:train",
    engine="medstation_signals.record_class:RecordClass",
    predictor="medstation_signals.record_class:RecordClassPredictor",
    score="medstation_signals.record_class:score",
)

BEAT_SETTINGS: tuple[Setting, ...] = (
    *common_settings({"epochs": 30, "learning_rate": 2e-3, "batch_size": 1, "patience": 12, "threads": 1}),
    Setting(
        "beats_per_batch",
        "integer",
        128,
        "Beats per batch",
        "Beats drawn for a step, rare classes more often.",
        minimum=8,
        maximum=4096,
    ),
    Setting(
        "steps",
        "integer",
        20,
        "Steps per recording",
        "Batches drawn from each recording in an epoch.",
        minimum=1,
        maximum=10_000,
        advanced=True,
    ),
    Setting("width", "integer", 16, "Width", "Channels of the first layer.", minimum=4, maximum=256, advanced=True),
    *CLASS_LOSS,
    Setting(
        "split",
        "choice",
        "auto",
        "Tested on",
        "persons: persons never seen. later: the last fifth of each recording. "
        "auto: persons where the data set has test persons.",
        choices=("auto", "persons", "later"),
        advanced=True,
    ),
)


def _share(name: str, title: str, upper: str, lower: str, text: str) -> MetricSpec:
    return MetricSpec(name, title, "", True, text, "ratio", (upper, lower))


BEAT_METRICS: tuple[MetricSpec, ...] = (
    _share("f1_abnormal", "F1, abnormal beats", "twice_abnormal", "marked_abnormal", "Beats that are not normal."),
    _share("se_beats", "Sensitivity, beats", "tp_beats", "true_beats", "Of all beats, how many were found."),
    _share("ppv_beats", "Precision, beats", "tp_beats", "found_beats", "Of what was found, how many are beats."),
    _share("se_n", "Sensitivity, normal", "tp_N", "true_N", "Of normal beats, how many were called so."),
    _share("ppv_n", "Precision, normal", "tp_N", "found_N", "Of beats called normal, how many are."),
    _share("se_s", "Sensitivity, supraventricular", "tp_S", "true_S", "Of these beats, how many were called so."),
    _share("ppv_s", "Precision, supraventricular", "tp_S", "found_S", "Of beats called so, how many are."),
    _share("se_v", "Sensitivity, ventricular", "tp_V", "true_V", "Of these beats, how many were called so."),
    _share("ppv_v", "Precision, ventricular", "tp_V", "found_V", "Of beats called so, how many are."),
)

BEATS = Recipe(
    id="beats",
    title="Beats",
    summary="Finds the beats of an ECG and says which are normal, supraventricular or ventricular.",
    label_kind="events",
    record_kinds=("ecg",),
    settings=BEAT_SETTINGS,
    metrics=BEAT_METRICS,
    trainer="medstation_signals.beats:train",
    engine="medstation_signals.beats:BeatRecipe",
    predictor="medstation_signals.beats:BeatPredictor",
    score="medstation_signals.beat_score:score",
)
