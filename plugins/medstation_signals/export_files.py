"""What an exported item is about."""

from __future__ import annotations

from medstation.api import BadInput, ExportItem


def payload_of(item: ExportItem) -> bytes:
    if item.payload is None:
        raise BadInput(f"{item.record.title!r} itself holds no {item.kind}", "Export a label or a prediction.")
    return item.payload
