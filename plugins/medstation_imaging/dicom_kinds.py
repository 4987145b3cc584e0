"""Which DICOM files are images and which are documents: by SOP class (PS3.4 B.5)."""

from __future__ import annotations

from medstation.api import Json

_DOCUMENTS = (
    ("1.2.840.10008.5.1.4.1.1.88.59", "Key object selection"),
    ("1.2.840.10008.5.1.4.1.1.88.", "Structured report"),
    ("1.2.840.10008.5.1.4.1.1.104.1", "PDF document"),
    ("1.2.840.10008.5.1.4.1.1.104.2", "CDA document"),
    ("1.2.840.10008.5.1.4.1.1.104.", "Encapsulated model"),
    ("1.2.840.10008.5.1.4.1.1.9.", "Waveform"),
    ("1.2.840.10008.5.1.4.1.1.11.", "Presentation state"),
    ("1.2.840.10008.5.1.4.1.1.66.4", "Segmentation"),
    ("1.2.840.10008.5.1.4.1.1.66.7", "Segmentation"),
    ("1.2.840.10008.5.1.4.1.1.66.", "Registration, surface or raw data"),
    ("1.2.840.10008.5.1.4.1.1.67", "Real-world value map"),
    ("1.2.840.10008.5.1.4.1.1.68.", "Surface scan"),
    ("1.2.840.10008.5.1.4.1.1.91.1", "Microscopy annotations"),
    ("1.2.840.10008.5.1.4.1.1.481.1", ""),  # RT image: an X-ray, shown as one
    ("1.2.840.10008.5.1.4.1.1.481.2", "Radiotherapy dose"),
    ("1.2.840.10008.5.1.4.1.1.481.3", "Radiotherapy structures"),
    ("1.2.840.10008.5.1.4.1.1.481.5", "Radiotherapy plan"),
    ("1.2.840.10008.5.1.4.1.1.481.8", "Radiotherapy plan"),
    ("1.2.840.10008.5.1.4.1.1.481.", "Radiotherapy object"),
    ("1.2.840.10008.5.1.4.1.1.79.1", "Macular grid report"),
    ("1.2.840.10008.5.1.4.1.1.80.1", "Eye examination report"),
    ("1.2.840.10008.5.1.4.38.", "Hanging protocol"),
    ("1.2.840.10008.5.1.4.39.", "Colour palette"),
    ("1.2.840.10008.5.1.4.34.", "Work list item"),
)
_EXACT = frozenset({
    "1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7", "1.2.840.10008.5.1.4.1.1.67",
    "1.2.840.10008.5.1.4.1.1.481.1", "1.2.840.10008.5.1.4.1.1.481.2", "1.2.840.10008.5.1.4.1.1.481.3",
    "1.2.840.10008.5.1.4.1.1.481.5", "1.2.840.10008.5.1.4.1.1.481.8",
})  # fmt: skip
_BY_MODALITY = {
    "SR": "Structured report", "ECG": "Waveform", "HD": "Waveform", "PR": "Presentation state",
    "KO": "Key object selection", "SEG": "Segmentation", "DOC": "PDF document", "RWV": "Real-world value map",
    "RTSTRUCT": "Radiotherapy structures", "RTPLAN": "Radiotherapy plan", "RTDOSE": "Radiotherapy dose",
    "REG": "Registration, surface or raw data",
}  # fmt: skip
_ENCAPSULATED = ("1.2.840.10008.1.2.4.", "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.8.")
_DECODABLE = frozenset({
    "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.8.1",
    *(f"1.2.840.10008.1.2.4.{last}" for last in (50, 51, 57, 70, 80, 81, 90, 91, 201, 202, 203)),
})  # fmt: skip


def document_name(facts: Json) -> str:
    """What a file is called that is listed but not shown as an image; "" for an image."""
    sop_class = facts.get("sop_class", "")
    for prefix, name in _DOCUMENTS:
        if sop_class == prefix or (prefix not in _EXACT and sop_class.startswith(prefix)):
            return name
    return "" if sop_class.startswith("1.2.840.10008.5.1.4.1.1.") else _BY_MODALITY.get(facts.get("modality", ""), "")


def expects_pixels(facts: Json) -> bool:
    return "rows" in facts or facts.get("sop_class", "").startswith("1.2.840.10008.5.1.4.1.1.")


def is_compressed(syntax: str) -> bool:
    return syntax.startswith(_ENCAPSULATED)


def can_decode(facts: Json) -> bool:
    """Whether there is a decoder for a file's transfer syntax (video and rare JPEG processes have none)."""
    return not is_compressed(facts["syntax"]) or facts["syntax"] in _DECODABLE


def is_colour(facts: Json) -> bool:
    return facts.get("samples", 1) >= 3 or facts.get("photometric") == "PALETTE COLOR"


def syntax_name(syntax: str) -> str:
    from pydicom.uid import UID

    return str(UID(syntax).name)


def native_bytes(facts: Json) -> int:
    """Bytes of uncompressed pixel data that the header promises; 0 for compressed ones."""
    if facts["pixels"][1] < 0 or is_compressed(facts["syntax"]):
        return 0
    bits = facts.get("float_bits") or facts.get("bits_allocated", 8)
    samples = 2 if facts.get("photometric") == "YBR_FULL_422" else facts.get("samples", 1)
    return int((facts["rows"] * facts["columns"] * samples * facts.get("frames", 1) * bits + 7) // 8)
