"""What the segmentation recipe declares: its settings, metrics and where its code is. Light: read at start."""

from __future__ import annotations

from medstation.api import MetricSpec, Recipe, Setting, SettingValue
from medstation.learning.settings import common_settings

SEGMENTATION_SETTINGS: tuple[Setting, ...] = (
    *common_settings({"epochs": 24, "learning_rate": 2e-3, "batch_size": 2, "patience": 20}),
    Setting(
        "patches_per_case",
        "integer",
        0,
        "Patches per case",
        "Patches cut from each training case in an epoch. 0 makes it about 200 patches an epoch in all.",
        unit="patches",
        minimum=0,
        maximum=1000,
    ),
    Setting(
        "network",
        "choice",
        "unet",
        "Network",
        "unet computes fast, also without a GPU; dynunet (nnU-Net's plain U-Net) takes five times as long per patch.",
        choices=("unet", "dynunet"),
    ),
    Setting(
        "width",
        "integer",
        16,
        "Width",
        "Channels of the first level; they double with each level below.",
        unit="channels",
        minimum=4,
        maximum=64,
        advanced=True,
    ),
    Setting(
        "levels",
        "integer",
        3,
        "Levels",
        "How many times the network halves the resolution.",
        minimum=1,
        maximum=6,
        advanced=True,
    ),
    Setting(
        "patch_voxels",
        "integer",
        110_592,
        "Patch size",
        "The most voxels a patch may have; its form follows the volumes'. Larger sees more and needs more memory.",
        unit="voxels",
        minimum=4_096,
        maximum=8_000_000,
        advanced=True,
    ),
    Setting(
        "foreground",
        "number",
        0.7,
        "Foreground share",
        "The share of patches that are cut around a labelled place; the others come from anywhere.",
        minimum=0,
        maximum=1,
        advanced=True,
    ),
    Setting(
        "augmentation",
        "switch",
        True,
        "Augmentation",
        "Patches are slightly turned, scaled and varied in brightness and noise.",
    ),
    Setting(
        "mirror",
        "switch",
        True,
        "Mirror left and right",
        "Half of the patches are mirrored. Switch it off when left and right have different labels.",
        advanced=True,
    ),
    Setting(
        "resample",
        "switch",
        True,
        "Resample",
        "Volumes are brought to the median voxel size of the training cases.",
        advanced=True,
    ),
    Setting(
        "normalisation",
        "choice",
        "auto",
        "Normalisation",
        "window clips to the window below, z-score gives each volume mean 0 and deviation 1; auto: window for CT.",
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

DEMO_SETTINGS: dict[str, SettingValue] = {
    "epochs": 8,
    "patches_per_case": 6,
    "patch_voxels": 65_536,
    "learning_rate": 5e-3,
    "patience": 0,
}
"""Enough for the demo's nodules, learnt from six small chest CTs in two to three minutes on two cores."""

SEGMENTATION_METRICS: tuple[MetricSpec, ...] = (
    MetricSpec("dice", "Dice", description="Overlap with the label, mean over the segments: 0 none, 1 equal."),
)

SEGMENTATION = Recipe(
    id="segmentation",
    title="Segmentation",
    summary="Outlines structures or lesions in volumes, learnt from masks.",
    label_kind="mask",
    record_kinds=("volume",),
    settings=SEGMENTATION_SETTINGS,
    metrics=SEGMENTATION_METRICS,
    trainer="medstation_imaging.segmentation:train",
    engine="medstation_imaging.segmentation:SegmentationRecipe",
    predictor="medstation_imaging.segmentation:SegmentationPredictor",
    score="medstation_imaging.segmentation:score",
    bases=("masked-volume",),
)
