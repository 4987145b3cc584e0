"""What left the vault: a line in the audit log for every export, with its reason where one is wanted."""

from __future__ import annotations

from collections.abc import Sequence

from medstation.api import WrongUsage
from medstation.library.shelf import Shelf
from medstation.vault import EXPORT_REASON
from medstation.vault.rights import EXPORT


class Exports(Shelf):
    """The part of the library that notes exports."""

    def check_export(self, reason: str) -> None:
        """Before anything is written: `Refused` by the person's role, `WrongUsage` where a reason is wanted."""
        self.vault.need(EXPORT)
        if not reason.strip() and self.vault.policies.is_on(EXPORT_REASON):
            raise WrongUsage(
                "this vault wants a reason for every export",
                "Give it with --reason TEXT; it stands in the audit log.",
            )

    def note_export(self, subject: str, format: str, paths: Sequence[str], reason: str = "") -> None:
        """`subject` is the id of what was exported; `paths` are the files written."""
        self.check_export(reason)
        detail = {"format": format, "files": list(paths)} | ({"reason": reason.strip()} if reason.strip() else {})
        self.vault.note(EXPORT, subject, detail, actor=self.user)
