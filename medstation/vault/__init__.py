"""The encrypted local store: keys, database, blobs, audit chain, migrations. Knows nothing of medicine."""

from medstation.vault.audit import Audit, AuditEntry, AuditReport
from medstation.vault.blob_reader import BlobReader
from medstation.vault.blob_writer import BlobWriter, PendingBlob
from medstation.vault.blobs import BlobStore
from medstation.vault.check import CheckReport
from medstation.vault.clock import now
from medstation.vault.database import Row
from medstation.vault.keys import Kdf
from medstation.vault.transaction import Migration, Reader, Transaction
from medstation.vault.vault import Vault

__all__ = [
    "Audit", "AuditEntry", "AuditReport", "BlobReader", "BlobStore", "BlobWriter", "CheckReport", "Kdf", "Migration",
    "PendingBlob", "Reader", "Row", "Transaction", "Vault", "now",
]  # fmt: skip
