"""What the recipes that make bases from unlabelled images declare. Light: read at start."""

from __future__ import annotations

from medstation.api import MetricSpec, Recipe, Setting
from medstation.learning.settings import common_settings
from medstation_imaging.classification_settings import CLASSIFICATION_SETTINGS
from medstation_imaging.segmentation_settings import SEGMENTATION_SETTINGS

HIDDEN = Setting(
    "hidden",
    "number",
    0.5,
    "Hidden share",
    "The share of the picture that is hidden, in blocks, and has to be filled in from the rest.",
    minimum=0.05,
    maximum=0.9,
)


def _of(settings: tuple[Setting, ...], *names: str) -> tuple[Setting, ...]:
    """The settings that the base shares with the recipe that starts from it."""
    return tuple(one for one in settings if one.name in names)


_LEVELS = ("normalisation", "window_low", "window_high")

MASKED_VOLUME_SETTINGS: tuple[Setting, ...] = (
    *common_settings({"epochs": 20, "learning_rate": 2e-3, "batch_size": 2, "patience": 0}),
    HIDDEN,
    *_of(SEGMENTATION_SETTINGS, "patches_per_case", "network", "width", "levels", "patch_voxels", "augmentation",
         "mirror", "resample", *_LEVELS),
)  # fmt: skip

MASKED_IMAGE_SETTINGS: tuple[Setting, ...] = (
    *common_settings({"epochs": 30, "learning_rate": 1e-3, "batch_size": 16, "patience": 0}),
    HIDDEN,
    *_of(CLASSIFICATION_SETTINGS, "network", "view", "size", "augmentation", "mirror", *_LEVELS),
)

MASKED_METRICS: tuple[MetricSpec, ...] = (
    MetricSpec(
        "unexplained",
        "Left unexplained",
        higher_is_better=False,
        description="Of what differs from the mean in the hidden places, the share that the model did not fill in.",
        combine="ratio",
        columns=("error", "spread"),
    ),
)

MASKED_VOLUME = Recipe(
    id="masked-volume",
    title="Base for segmentation, from volumes alone",
    summary="Makes a base without labels: a U-Net fills in hidden blocks of volumes. Segmentation can start from it.",
    label_kind="",
    record_kinds=("volume",),
    settings=MASKED_VOLUME_SETTINGS,
    metrics=MASKED_METRICS,
    trainer="medstation_imaging.masked_volume:train",
    engine="medstation_imaging.masked_volume:MaskedVolumeRecipe",
    predictor="medstation_imaging.masked_volume:MaskedVolumePredictor",
    score="medstation_imaging.masked:score",
)

MASKED_IMAGE = Recipe(
    id="masked-image",
    title="Base for classification, from images alone",
    summary="Makes a base without labels: hidden blocks of images are filled in. Classification can start from it.",
    label_kind="",
    record_kinds=("volume", "images"),
    settings=MASKED_IMAGE_SETTINGS,
    metrics=MASKED_METRICS,
    trainer="medstation_imaging.masked_image:train",
    engine="medstation_imaging.masked_image:MaskedImageRecipe",
    predictor="medstation_imaging.masked_image:MaskedImagePredictor",
    score="medstation_imaging.masked:score",
)
