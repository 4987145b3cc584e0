"""What all ways out have in common."""

from __future__ import annotations

from pathlib import Path

from medstation.api import BadInput, ExportItem


def fresh(out: Path) -> None:
    """`BadInput` if the file is there already."""
    if out.exists():
        raise BadInput(f"{out.name} exists already", "Choose another name; nothing is overwritten.")


def who(item: ExportItem) -> str:
    """The person who labelled, or the model that predicted."""
    return f"{item.model.name} v{item.model.version}" if item.model else item.author
