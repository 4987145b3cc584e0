"""What imaging brings: one task, declared. Everything heavy is named as text and loaded on first use."""

from __future__ import annotations

from collections.abc import Callable

from medstation.api import API_VERSION, Demo, Exporter, LabelKind, Requirement, TaskSpec, hookimpl
from medstation_imaging.classification_settings import CLASSIFICATION
from medstation_imaging.deid.settings import DEIDENTIFY_SETTINGS
from medstation_imaging.masked_settings import MASKED_IMAGE, MASKED_VOLUME
from medstation_imaging.segmentation_settings import DEMO_SETTINGS, SEGMENTATION

_INSTALL = 'pip install "medstation[imaging]"'

_MODULES = ("pydicom", "imagecodecs", "jpeg_ls", "nibabel", "highdicom", "monai", "scipy", "torch", "safetensors")

REQUIREMENTS = Requirement.several(_INSTALL, *_MODULES)

LABEL_KINDS = (
    LabelKind(
        "mask",
        "Mask",
        "medstation_imaging.labels:read_mask",
        ("*.dcm", "*.seg", "*.nii", "*.nii.gz"),
        belongs_to="medstation_imaging.owners:mask_owner",
    ),
    LabelKind("class", "Class", "medstation_imaging.labels:read_class", ("*.txt", "*.json", "*.csv")),
)

EXPORTERS = (
    Exporter(
        "dicom-seg",
        "DICOM SEG",
        ".dcm",
        ("label", "prediction"),
        "medstation_imaging.exporters:write_seg",
        ("mask",),
    ),
    Exporter(
        "nifti",
        "NIfTI",
        ".nii.gz",
        ("record", "label", "prediction"),
        "medstation_imaging.exporters:write_nifti",
        ("volume", "mask"),
    ),
    Exporter(
        "csv",
        "Table (CSV)",
        ".csv",
        ("label", "prediction"),
        "medstation_imaging.exporters:write_csv",
        ("mask", "class"),
    ),
    Exporter("originals", "Original files", "", ("record",), "medstation_imaging.exporters:write_originals"),
)

SERIES = TaskSpec(
    id="imaging.series",
    title="Imaging",
    summary="CT, MR, PET, X-ray, ultrasound and other series: read, outline, learn, predict.",
    icon="imaging",
    api_version=API_VERSION,
    accepts=("DICOM files, folders and media", "NIfTI volumes (.nii, .nii.gz)"),
    record_kinds=("volume", "images", "document"),
    label_kinds=LABEL_KINDS,
    recipes=(SEGMENTATION, CLASSIFICATION, MASKED_VOLUME, MASKED_IMAGE),
    exporters=EXPORTERS,
    importer="medstation_imaging.importer:ImagingImporter",
    view="medstation_imaging.view:ImagingView",
    requirements=REQUIREMENTS,
    picture="medstation_imaging.picture:picture",
    explain_picture="medstation_imaging.explaining:picture",
    demo=Demo("medstation_samples.chest:write", "segmentation", DEMO_SETTINGS),
    deidentify="medstation_imaging.deid.deidentify:deidentify",
    deidentify_settings=DEIDENTIFY_SETTINGS,
    deidentify_look="medstation_imaging.deid.looking:look",
    warm=("numpy", "torch", "monai.networks.nets", "medstation_imaging.segmentation"),
)


@hookimpl
def register_tasks(register: Callable[[TaskSpec], None]) -> None:
    register(SERIES)
