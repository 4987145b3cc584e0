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
from medstation.vault.connections import Address, Connection, Connections
from medstation.vault.database import Row
from medstation.vault.fingerprint import Fingerprint
from medstation.vault.keys import Kdf
from medstation.vault.mending import mend
from medstation.vault.people import People
from medstation.vault.policies import EXPORT_REASON, Policies
from medstation.vault.restore import RestoreReport, restore
from medstation.vault.slots import ADMINISTRATOR, ROLES, Person
from medstation.vault.transaction import Migration, Reader, Transaction
from medstation.vault.unlocking import people_at
from medstation.vault.vault import Vault

__all__ = [
    "ADMINISTRATOR", "EXPORT_REASON", "ROLES", "Address", "Audit", "AuditEntry", "AuditReport", "BackupReport",
    "BlobReader", "BlobStore", "BlobWriter", "CheckReport", "Connection", "Connections", "Fingerprint", "Kdf",
    "Migration", "PendingBlob", "People", "Person", "Policies", "Reader", "RestoreReport", "Row", "SignedHead",
    "Transaction", "Vault", "back_up", "export_log", "mend", "now", "people_at", "restore",
    "seconds_until_next_attempt",
]  # fmt: skip
