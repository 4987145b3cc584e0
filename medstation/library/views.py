"""Who looked at which record: a line in the audit log, once for each record while the library is open."""

from __future__ import annotations

import logging
import threading

from medstation.api import StorageFull
from medstation.library.shelf import Shelf
from medstation.vault import Vault
from medstation.vault.rights import VIEW

_log = logging.getLogger(__name__)


class Views(Shelf):
    """The part of the library that notes looking."""

    def __init__(self, vault: Vault, user: str) -> None:
        super().__init__(vault, user)
        self._viewed: set[str] = set()
        self._noting = threading.Lock()

    def note_view(self, record_id: str) -> None:
        """Call it when a record's content is shown to the person, or computed with for them."""
        with self._noting:
            if record_id in self._viewed:
                return
            try:
                self.vault.note(VIEW, record_id, actor=self.user)
            except StorageFull:  # who is to make room must be able to look
                _log.warning("the disk is full: looking at %s is not in the audit log", record_id)
            else:
                self._viewed.add(record_id)
