"""What the window keeps between starts: looks and places, and nothing that tells of a patient."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from medstation.api import Json
from medstation.widgets.theme import TEXT_SIZES, TOKENS

MOST_VIEWS = 200
log = logging.getLogger(__name__)


@dataclass
class Memory:
    """`lock_minutes` without a touch lock the vault (0: never), with `lock_at_work` also while a run would be stopped.

    `person` is who unlocked last, where several people do (their names stand in the locked vault's header as well).
    `geometry` is Qt's own, as base64; `views` holds view states by record id, numbers only (see `keep_view`)."""

    theme: str = "dark"
    text_size: str = "normal"
    geometry: str = ""
    columns: list[int] = field(default_factory=list)
    task: str = ""
    record: str = ""
    person: str = ""
    lock_minutes: int = 15
    lock_at_work: bool = False
    views: dict[str, Json] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path) -> Memory:
        """What was kept in `folder`; the defaults where nothing readable is there."""
        try:
            kept = json.loads((folder / "window.json").read_text("utf-8"))
            memory = cls(**{name: value for name, value in kept.items() if name in cls.__dataclass_fields__})
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, TypeError, AttributeError) as error:
            log.warning("the window's settings in %s cannot be read and start anew: %s", folder, error)
            return cls()
        return memory._sound()

    def _sound(self) -> Memory:
        """Values a newer or a hand-edited file may hold are brought back to what this version knows."""
        defaults = Memory()
        for name, value in asdict(defaults).items():
            if not isinstance(getattr(self, name), type(value)):
                setattr(self, name, value)
        self.theme = self.theme if self.theme in TOKENS else defaults.theme
        self.lock_minutes = max(0, self.lock_minutes)
        self.text_size = self.text_size if self.text_size in TEXT_SIZES else defaults.text_size
        return self

    def save(self, folder: Path) -> None:
        """Write it to `folder`; a full or read-only disk costs the settings, never the work."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            fresh = folder / "window.json.new"
            fresh.write_text(json.dumps(asdict(self), indent=1), "utf-8")
            fresh.replace(folder / "window.json")
        except OSError as error:
            log.warning("the window's settings cannot be kept in %s: %s", folder, error)

    def keep_locking(self, minutes: int, at_work: bool) -> None:
        self.lock_minutes, self.lock_at_work = minutes, at_work

    def keep_view(self, record_id: str, state: Json) -> None:
        """Remember a view's state. This file is not encrypted, so text (which may come from a record) is left out."""
        if record_id:
            self.views.pop(record_id, None)
            self.views[record_id] = only_numbers(state)
            for oldest in list(self.views)[:-MOST_VIEWS]:
                del self.views[oldest]


def only_numbers(value: Any) -> Any:
    """`value` (JSON) without any text values and without what is empty then."""
    if isinstance(value, dict):
        return {key: kept for key, one in value.items() if (kept := only_numbers(one)) is not None}
    if isinstance(value, list | tuple):
        return [kept for one in value if (kept := only_numbers(one)) is not None]
    return value if isinstance(value, bool | int | float) else None
