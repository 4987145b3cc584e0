"""NIfTI volumes (.nii, .nii.gz): one file is one record, and its name stands for the patient."""

from __future__ import annotations

import gzip
import io
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from medstation.api import BadInput, FileSource, Found, Json, Person, RecordDraft, Refused, Skipped

SUFFIXES = (".nii.gz", ".nii")
RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
GZIP_AT_MOST = 1032
"""No gzip stream grows more than this when it is unpacked (RFC 1951)."""
_PIECE = 1 << 20


def is_nifti(path: Path) -> bool:
    return path.name.lower().endswith(SUFFIXES)


def stem(path: Path) -> str:
    """`hippocampus_001` of `hippocampus_001.nii.gz`."""
    lower = path.name.lower()
    return path.name[: -len(next(suffix for suffix in SUFFIXES if lower.endswith(suffix)))]


def scan_nifti(path: Path) -> Found | Skipped:
    if _is_label(path):
        hint = f"Import the images, then attach it: medstation label RECORD {path.name}"
        return Skipped(path, "is a label, to judge by its folder", hint, harmless=True)
    try:
        facts = _facts(path)
    except OSError as error:
        return Skipped(path, f"cannot be read: {error.strerror or error}", "Check the file and its permissions.")
    except Exception as error:  # a stranger's bytes: nibabel raises many kinds
        reason = str(error).partition("\n")[0]
        return Skipped(path, f"is not a readable NIfTI file: {reason}", "Export it again.")
    if isinstance(facts, str):
        return Skipped(path, facts, "Give a 3-D or 4-D volume of plain numbers.")
    name = stem(path)
    return Found(path, f"nifti/{path.parent.name}/{name}", Person(name), {"name": name} | facts)


def _is_label(path: Path) -> bool:
    """A file in a folder `labels...` beside a folder `images...`, as the segmentation challenges have it."""
    folder = path.parent
    if not folder.name.lower().startswith("label"):
        return False
    beside = folder.parent / ("images" + folder.name[len("labels") :])
    return beside.is_dir() or (folder.parent / "images").is_dir()


def _facts(path: Path) -> Json | str:
    import nibabel

    image: Any = nibabel.load(path)  # the header only; values are read at loading
    shape = [int(length) for length in image.shape]
    while len(shape) > 3 and shape[-1] == 1:
        shape.pop()
    if len(shape) not in (3, 4) or min(shape) < 1:
        return f"has {len(shape)} dimensions of {shape}"
    if image.get_data_dtype().fields or image.get_data_dtype().kind not in "iuf":
        return f"holds values of type {image.get_data_dtype()}"
    affine = np.asarray(image.affine, float)
    if not np.isfinite(affine).all() or abs(float(np.linalg.det(affine[:3, :3]))) < 1e-9:
        return "has no usable geometry (its affine is singular)"
    promised = _promised(image)
    if promised > path.stat().st_size * GZIP_AT_MOST:
        return f"promises {promised:,} bytes of values, more than it can hold"
    code = int(image.header["sform_code"]) or int(image.header["qform_code"])
    return {"format": "nifti", "shape": shape, "affine": affine.tolist(), "placed": code > 0}


def nifti_record(found: Found, index: int) -> RecordDraft:
    """A volume of shape (z, y, x) = the file's axes reversed; its affine turned from RAS to LPS."""
    facts = found.facts
    affine = RAS_TO_LPS @ np.asarray(facts["affine"])
    lengths = np.linalg.norm(affine[:3, :3], axis=0)
    shape, name = facts["shape"], facts["name"]
    volume = {
        "shape": [shape[2], shape[1], shape[0]],
        "spacing": [float(length) for length in lengths[::-1]],
        "affine": affine.tolist(),
    }
    notes = [f"A NIfTI file names no patient; its file name {name} stands for one."]
    if len(shape) == 4:
        notes.append(f"The file holds {shape[3]} volumes; the first one is used.")
    if not facts.get("placed", True):
        notes.append("The file does not say how it lies in the patient; directions may be wrong.")
    meta = {"modality": "", "volume": volume, "images": shape[2], "photometric": "MONOCHROME2", "colour": False}
    subtitle = f"{shape[2]} images · {lengths[2]:.2f} mm"
    return RecordDraft("volume", name, (index,), "", "", subtitle, meta, tuple(notes))


def _promised(image: Any) -> int:
    """Bytes of values that a header describes."""
    lengths = [int(length) for length in image.shape]
    return int(np.prod([max(0, length) for length in lengths], dtype=object)) * int(image.get_data_dtype().itemsize)


def load_nifti(files: FileSource) -> np.ndarray:
    """The values of the record's only file, (z, y, x): stored integers as they are, scaled ones as float32."""
    import nibabel

    name = files.name(0)
    try:
        values = _values(files.read(0), name)
    except (OSError, EOFError, ValueError, zlib.error, nibabel.filebasedimages.ImageFileError) as error:
        reason = str(error).partition("\n")[0]
        raise BadInput(f"{name} cannot be read: {reason}", "The file is damaged or cut off; copy it again.") from error
    if values.ndim > 3:
        values = values.reshape(*values.shape[:3], -1)[..., 0]
    return _fitting(np.ascontiguousarray(values.T))


def _values(data: bytes, name: str) -> np.ndarray:
    """Unpacked no further than the header says, so that a small file cannot fill the memory."""
    import nibabel

    packed = data[:2] == b"\x1f\x8b"
    stream: io.IOBase = gzip.GzipFile(fileobj=io.BytesIO(data)) if packed else io.BytesIO(data)
    kind = nibabel.Nifti2Image if stream.read(4) in (b"\x1c\x02\0\0", b"\0\0\x02\x1c") else nibabel.Nifti1Image
    stream.seek(0)
    image: Any = kind.from_stream(stream)
    _need_memory(2 * _promised(image), name)  # once as read, once in the order of axes used here
    proxy = image.dataobj
    plain = proxy.slope == 1 and proxy.inter == 0
    values = np.asarray(proxy.get_unscaled()) if plain else image.get_fdata("unchanged", np.float32)
    stream.read(_PIECE)  # at the end the checksum is compared
    return np.asarray(values)


def _need_memory(promised: int, name: str) -> None:
    """`Refused` before the machine begins to swap."""
    free = psutil.virtual_memory().available
    if promised > free:
        sizes = f"{promised / 2**30:.1f} GiB of memory, and {free / 2**30:.1f} GiB are free"
        raise Refused(f"{name} needs {sizes}", "Close other programs or records.")


def _fitting(values: np.ndarray) -> np.ndarray:
    """As uint8, int16, uint16 or float32, whichever holds the values (64-bit ones are rounded to float32)."""
    if values.dtype in (np.uint8, np.int16, np.uint16) and values.dtype.isnative:
        return values
    if values.dtype.kind in "iu":
        low, high = int(values.min()), int(values.max())
        for kind in (np.int16, np.uint16):
            if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max:
                return values.astype(kind)
    return np.ascontiguousarray(values, dtype=np.float32)
