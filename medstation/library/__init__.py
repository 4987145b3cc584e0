"""Patients, records, labels, data sets, runs, models and predictions, kept in the vault."""

from medstation.library.files import StoredFiles
from medstation.library.library import Library
from medstation.library.studies import Study
from medstation.library.values import (
    MODEL_STATES,
    PARTS,
    RUN_STATES,
    VERDICTS,
    Counts,
    DataSet,
    DataSetItem,
    Decision,
    Ingested,
    Prediction,
    Run,
)

__all__ = [
    "MODEL_STATES",
    "PARTS",
    "RUN_STATES",
    "VERDICTS",
    "Counts",
    "DataSet",
    "DataSetItem",
    "Decision",
    "Ingested",
    "Library",
    "Prediction",
    "Run",
    "StoredFiles",
    "Study",
]  # fmt: skip
