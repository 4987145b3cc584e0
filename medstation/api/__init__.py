"""The public contract: everything a task plugin needs, on one screen."""

from medstation.api.errors import (
    BadInput,
    Bug,
    MedStationError,
    NotFound,
    Refused,
    Stopped,
    StorageFull,
    Unavailable,
    VaultLocked,
    WorkerDied,
    WrongUsage,
)
from medstation.api.hooks import ENTRY_POINT_GROUP, hookimpl, hookspec
from medstation.api.records import (
    FileSource,
    Finding,
    Found,
    Json,
    Label,
    LabelDraft,
    Metrics,
    ModelInfo,
    Person,
    PredictionDraft,
    Record,
    RecordDraft,
    Skipped,
)
from medstation.api.settings import Setting, SettingValue, resolve
from medstation.api.task import (
    API_VERSION,
    Demo,
    Exporter,
    LabelKind,
    MetricSpec,
    Recipe,
    Requirement,
    TaskSpec,
    resolve_ref,
)
from medstation.api.view import DataView, Layer, ViewContext
from medstation.api.work import (
    Case,
    Checkpoint,
    Evaluation,
    Event,
    Explained,
    ExportItem,
    Fetched,
    Finished,
    Importer,
    Metric,
    ModelDraft,
    Predictor,
    Progress,
    ReportProgress,
    Started,
    TrainRequest,
    Workbench,
)
from medstation.api.writing import must_be_new, new_file, write_new, write_table

__all__ = [
    "API_VERSION", "ENTRY_POINT_GROUP", "BadInput", "Bug", "Case", "Checkpoint", "DataView", "Demo",
    "Evaluation", "Event", "Explained", "ExportItem", "Exporter", "Fetched", "FileSource", "Finding", "Finished",
    "Found", "Importer", "Json", "Label", "LabelDraft", "LabelKind", "Layer", "MedStationError", "Metric", "MetricSpec",
    "Metrics", "ModelDraft", "ModelInfo", "NotFound", "Person", "PredictionDraft", "Predictor", "Progress", "Recipe",
    "Record", "RecordDraft", "Refused", "ReportProgress", "Requirement", "Setting", "SettingValue", "Skipped",
    "Started", "Stopped", "StorageFull", "TaskSpec", "TrainRequest", "Unavailable", "VaultLocked",
    "ViewContext", "Workbench", "WorkerDied", "WrongUsage", "hookimpl", "hookspec", "must_be_new", "new_file",
    "resolve", "resolve_ref", "write_new", "write_table",
]  # fmt: skip
