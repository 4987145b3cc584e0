"""A stranger's bytes to a data set, within limits."""

from __future__ import annotations

import io

from pydicom.dataset import Dataset

from medstation.api import BadInput
from medstation_imaging import dicom_file
from medstation_imaging.deid.elements import TooDeep, everywhere

DIRECTORY = "1.2.840.10008.1.3.10"
_HARM = "Such a file is damaged or made to do harm."
_COPY_AGAIN = "It may be damaged or cut off; copy or export it again."


def is_dicom(data: bytes) -> bool:
    """Marked as DICOM, or beginning as a data set without its preamble does (group 2 or 8)."""
    return data[128:132] == b"DICM" or data[:4] in (b"\x02\0\0\0", b"\x08\0\x05\0", b"\x08\0\x08\0", b"\x08\0\x16\0")


def parsed(data: bytes) -> tuple[Dataset, str]:
    """The data set and its transfer syntax; `BadInput` says what is wrong."""
    try:
        dataset: Dataset = dicom_file.read(io.BytesIO(data), "it", force=True)
        for _ in everywhere(dataset):
            pass
    except BadInput:
        raise
    except (TooDeep, RecursionError) as error:
        raise BadInput("its sequences lie too deep in each other", _HARM) from error
    except Exception as error:  # pydicom raises many kinds for what is no DICOM
        raise BadInput(f"it cannot be read as DICOM ({type(error).__name__})", _COPY_AGAIN) from error
    syntax = str(dataset.file_meta.get("TransferSyntaxUID", "") or "") if hasattr(dataset, "file_meta") else ""
    if not dataset.get("SOPClassUID"):
        raise BadInput("it does not say what kind of object it is", _COPY_AGAIN)
    if str(dataset.SOPClassUID) == DIRECTORY or 0x00041220 in dataset:
        raise BadInput("it is the index of a medium (DICOMDIR)", "Give the files themselves; an index is not needed.")
    if not ("PatientName" in dataset or "PatientID" in dataset) or not dataset.get("StudyInstanceUID"):
        raise BadInput("it does not say whose it is, so nothing could be compared with", _COPY_AGAIN)
    return dataset, syntax or _guessed(dataset)


def _guessed(dataset: Dataset) -> str:
    implicit, little = dataset.original_encoding
    return "1.2.840.10008.1.2.2" if not little else "1.2.840.10008.1.2" if implicit else "1.2.840.10008.1.2.1"
