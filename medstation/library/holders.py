"""What a blob holds: the records, labels, predictions, models and runs that are lost with it."""

from __future__ import annotations

from collections.abc import Iterable

from medstation.vault import Vault

_HOLDERS = (
    """SELECT DISTINCT 'r-' || record_files.record FROM originals
        JOIN pieces ON pieces.original = originals.id JOIN record_files ON record_files.piece = pieces.id
        WHERE originals.blob = ? ORDER BY record_files.record""",
    "SELECT 'l-' || id FROM labels WHERE blob = ? ORDER BY id",
    "SELECT 'p-' || id FROM predictions WHERE blob = ? ORDER BY id",
    "SELECT 'm-' || id FROM models WHERE blob = ? ORDER BY id",
    "SELECT 'run-' || run FROM checkpoints WHERE blob = ? ORDER BY run",
)


def holders(vault: Vault, blobs: Iterable[str]) -> dict[str, list[str]]:
    """Per blob the ids of what needs it, as the command line names them; none for one that nothing refers to."""
    with vault.read() as reader:
        return {blob: [str(row[0]) for sql in _HOLDERS for row in reader.all(sql, blob)] for blob in blobs}
