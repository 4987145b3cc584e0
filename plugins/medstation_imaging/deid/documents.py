"""Files inside of files: a PDF cannot be cleaned, only refused or replaced by a blank page."""

from __future__ import annotations

from pydicom.dataset import Dataset

from medstation.api import BadInput
from medstation_imaging.deid.dummies import BLANK_PDF

PDF = "application/pdf"


def settle_document(dataset: Dataset, choice: str) -> str:
    """In place; "" or what was done. `BadInput` for what is refused."""
    if "EncapsulatedDocument" not in dataset:
        return ""
    kind = str(dataset.get("MIMETypeOfEncapsulatedDocument", "")).strip().lower() or "unknown kind"
    if choice != "drop":
        raise BadInput(f"it encloses a document ({kind}), which cannot be cleaned", "documents=drop blanks PDFs.")
    if kind != PDF:
        raise BadInput(f"it encloses a document ({kind}), for which there is no blank", "Leave it out.")
    dataset.EncapsulatedDocument = BLANK_PDF + b"\0" * (len(BLANK_PDF) % 2)
    if "EncapsulatedDocumentLength" in dataset:
        dataset.EncapsulatedDocumentLength = len(BLANK_PDF)
    return "document replaced by a blank page"
