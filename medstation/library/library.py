"""The library as one thing: what lasts of medicine, kept in the vault."""

from __future__ import annotations

from medstation.library.approvals import Approvals
from medstation.library.datasets import DataSets
from medstation.library.exports import Exports
from medstation.library.federations import Federations
from medstation.library.ingest import Ingest
from medstation.library.labels import Labels
from medstation.library.models import Models
from medstation.library.predictions import Predictions
from medstation.library.runs import Runs
from medstation.library.schema import MIGRATIONS
from medstation.library.studies import Studies
from medstation.library.views import Views
from medstation.vault import Vault


class Library(Ingest, Labels, DataSets, Runs, Studies, Models, Approvals, Predictions, Federations, Exports, Views):
    """Patients, records, labels, data sets, runs, models, predictions and verdicts. Thread-safe like its vault.

    `user` is who stands in the audit log and as author.
    """

    def __init__(self, vault: Vault, user: str) -> None:
        super().__init__(vault, user)
        vault.migrate("library", MIGRATIONS)
