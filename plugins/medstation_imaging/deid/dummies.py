"""Values that say nothing, one per VR, valid where an element must have a value."""

from __future__ import annotations

from typing import Any

DUMMY_DATE = "19000101"
WORD = "REMOVED"

BLANK_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\nxref\n0 4\n0000000000 65535 f \n"
    b"0000000009 00000 n \n0000000052 00000 n \n0000000101 00000 n \ntrailer<</Size 4/Root 1 0 R>>\n"
    b"startxref\n166\n%%EOF\n"
)

_BY_KIND: dict[str, Any] = {
    "AE": WORD, "AS": "000D", "CS": WORD, "DA": DUMMY_DATE, "DT": DUMMY_DATE + "000000", "TM": "000000", "DS": "0",
    "IS": "0", "PN": "Removed", "UR": "urn:removed", "UN": b"\0\0", "OB": b"\0\0", "OW": b"\0\0", "OD": bytes(8),
    "OF": bytes(4), "OL": bytes(4), "OV": bytes(8), "FL": 0.0, "FD": 0.0, "SL": 0, "SS": 0, "SV": 0, "UL": 0, "US": 0,
    "UV": 0, "AT": 0,
}  # fmt: skip


def dummy(kind: str) -> Any:
    """A value of VR `kind`; text kinds get a word."""
    return _BY_KIND.get(kind, WORD)
