"""What signals brings: one task, declared. Everything heavy is named as text and loaded on first use."""

from __future__ import annotations

from collections.abc import Callable

from medstation.api import API_VERSION, Demo, Exporter, LabelKind, Requirement, TaskSpec, hookimpl
from medstation_signals.class_settings import BEATS, RECORD_CLASS
from medstation_signals.forecast_settings import LINEAR, PATCHTST
from medstation_signals.import_settings import IMPORT_SETTINGS
from medstation_signals.masked_settings import MASKED_SERIES

_INSTALL = 'pip install "medstation[signals]"'
_MODULES = (
    "scipy",
    "pydicom",
    "torch",
    "transformers",
    "safetensors",
    "fhir.resources",
    "matplotlib",
    "PIL",
    "threadpoolctl",
)
_PLACE = "medstation_signals.exporters"

LABEL_KINDS = (
    LabelKind(
        "events",
        "Events",
        "medstation_signals.labels:read_events",
        ("*.events.json", "*.events.csv", "*.atr", "*.qrs", "*.ecg"),
        belongs_to="medstation_signals.labels:owner",
    ),
    LabelKind(
        "class",
        "Class",
        "medstation_signals.labels:read_class",
        ("*.class.json", "*.class.txt", "reference.csv", "*.json", "*.txt", "*.csv"),
        belongs_to="medstation_signals.labels:owner",
    ),
)

EXPORTERS = (
    Exporter("csv", "Table (CSV)", ".csv", ("record", "label", "prediction"), f"{_PLACE}:write_csv"),
    Exporter(
        "edf",
        "EDF+",
        ".edf",
        ("record", "label", "prediction"),
        f"{_PLACE}:write_edf",
        ("ecg", "glucose", "series", "events"),
    ),
    Exporter("fhir", "FHIR Observation", ".json", ("record", "label", "prediction"), f"{_PLACE}:write_fhir"),
)

RECORDINGS = TaskSpec(
    id="signals.recordings",
    title="Signals",
    summary="ECG, glucose and other recordings over time: read, mark, learn, forecast.",
    icon="signals",
    api_version=API_VERSION,
    accepts=("WFDB records (.hea with .dat)", "EDF, EDF+ and BDF", "CSV tables with times", "DICOM waveforms"),
    record_kinds=("ecg", "glucose", "series"),
    label_kinds=LABEL_KINDS,
    recipes=(LINEAR, PATCHTST, BEATS, RECORD_CLASS, MASKED_SERIES),
    exporters=EXPORTERS,
    importer="medstation_signals.importer:SignalsImporter",
    view="medstation_signals.view:SignalsView",
    requirements=Requirement.several(_INSTALL, *_MODULES),
    import_settings=IMPORT_SETTINGS,
    picture="medstation_signals.picture:picture",
    explain_picture="medstation_signals.explaining:picture",
    demo=Demo("medstation_samples.signals:write", "linear", {"horizon": 24}),
    warm=("numpy", "scipy.signal", "medstation_signals.fetch"),
)


@hookimpl
def register_tasks(register: Callable[[TaskSpec], None]) -> None:
    register(RECORDINGS)
