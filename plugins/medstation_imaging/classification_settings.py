"""What the classification recipe declares: its settings, metrics and where its code is. Light: read at start."""

from __future__ import annotations

from medstation.api import MetricSpec, Recipe, Setting
from medstation.learning.declared.losses import CLASS_LOSS, CLASS_WEIGHTS
from medstation.learning.settings import common_settings

CLASSIFICATION_SETTINGS: tuple[Setting, ...] = (
    *common_settings({"epochs": 30, "learning_rate": 1e-3, "batch_size": 8, "patience": 10}),
    Setting(
        "network",
        "choice",
        "resnet10",
        "Network",
        "resnet10 is small and quick, resnet18 larger, densenet121 the most exact one where there is much data.",
        choices=("resnet10", "resnet18", "densenet121"),
    ),
    Setting(
        "view",
        "choice",
        "auto",
        "View",
        "slice looks at the middle image, volume at all of them; auto takes volume where the cases are volumes.",
        choices=("auto", "slice", "volume"),
    ),
    Setting(
        "size",
        "integer",
        64,
        "Image size",
        "Images are brought to this many pixels along each side; volumes to as many slices at most.",
        unit="pixels",
        minimum=16,
        maximum=512,
    ),
    Setting(
        "augmentation",
        "switch",
        True,
        "Augmentation",
        "Images are slightly shifted, scaled and varied in brightness and noise.",
    ),
    Setting(
        "mirror",
        "switch",
        False,
        "Mirror left and right",
        "Half of the images are mirrored. Leave it off when the side matters.",
        advanced=True,
    ),
    CLASS_WEIGHTS,
    *CLASS_LOSS,
    Setting(
        "normalisation",
        "choice",
        "auto",
        "Normalisation",
        "window clips to the window below, z-score gives each image mean 0 and deviation 1; auto: window for CT.",
        choices=("auto", "window", "z-score"),
        advanced=True,
    ),
    Setting(
        "window_low",
        "number",
        -1000.0,
        "Window, low end",
        "Darker values count as this one.",
        unit="HU",
        minimum=-32_768,
        maximum=65_535,
        advanced=True,
    ),
    Setting(
        "window_high",
        "number",
        400.0,
        "Window, high end",
        "Brighter values count as this one.",
        unit="HU",
        minimum=-32_768,
        maximum=65_535,
        advanced=True,
    ),
)

CLASSIFICATION_METRICS: tuple[MetricSpec, ...] = (
    MetricSpec("accuracy", "Accuracy", description="The share of cases whose class is right."),
    MetricSpec(
        "log_loss",
        "Log loss",
        higher_is_better=False,
        description="How surprised the model was by the right class; 0 is certain and right.",
    ),
)

CLASSIFICATION = Recipe(
    id="classification",
    title="Classification",
    summary="Says which class an image or a study belongs to, learnt from one class per record.",
    label_kind="class",
    record_kinds=("volume", "images"),
    settings=CLASSIFICATION_SETTINGS,
    metrics=CLASSIFICATION_METRICS,
    trainer="medstation_imaging.classification:train",
    engine="medstation_imaging.classification:ClassificationRecipe",
    predictor="medstation_imaging.classification:ClassificationPredictor",
    score="medstation_imaging.classification:score",
    bases=("masked-image",),
)
