"""What left the vault: a line in the audit log for every export."""

from __future__ import annotations

from collections.abc import Sequence

from medstation.library.shelf import Shelf


class Exports(Shelf):
    """The part of the library that notes exports."""

    def note_export(self, subject: str, format: str, paths: Sequence[str]) -> None:
        """`subject` is the id of what was exported; `paths` are the files written."""
        with self.vault.write(self.user, "export", subject=subject, detail={"format": format, "files": list(paths)}):
            pass
