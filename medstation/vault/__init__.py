"""The encrypted local store: keys, database, blobs, audit chain, migrations. Knows nothing of medicine."""

from medstation.vault.attempts import seconds_until_next_attempt
from medstation.vault.audit import Audit, AuditEntry, AuditReport
from medstation.vault.audit_export import export_log
from medstation.vault.audit_head import SignedHead
from medstation.vault.backup import BackupReport, back_up
from medstation.vault.blob_reader import BlobReader
from medstation.vault.blob_writer import BlobWriter, PendingBlob
from medstation.vault.blobs import BlobStore
from medstation.vault.check import CheckReport
from medstation.vault.clock import now
from medstation.vault.database import Row
from medstation.vault.keys import Kdf
from medstation.vault.mending import mend
from medstation.vault.people import People
from medstation.vault.restore import RestoreReport, restore
from medstation.vault.slots import ADMINISTRATOR, ROLES, Person
from medstation.vault.transaction import Migration, Reader, Transaction
from medstation.vault.vault import Vault

__all__ = [
    "ADMINISTRATOR", "ROLES", "Audit", "AuditEntry", "AuditReport", "BackupReport", "BlobReader", "BlobStore",
    "BlobWriter", "CheckReport", "Kdf", "Migration", "PendingBlob", "People", "Person", "Reader", "RestoreReport",
    "Row", "SignedHead", "Transaction", "Vault", "back_up", "export_log", "mend", "now", "restore",
    "seconds_until_next_attempt",
]  # fmt: skip
