"""Hostile files, made here: each would run a command, write elsewhere or fill the memory in a careless reader."""

from __future__ import annotations

import io
import json
import os
import pickle
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

MIB = 1 << 20
MARKER = "executed"


class Bait:
    """Whoever unpickles it makes the file `MARKER`."""

    def __init__(self, folder: Path) -> None:
        self._marker = folder / MARKER

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return os.system, (f"touch {self._marker}",)


def pickled(folder: Path) -> bytes:
    return pickle.dumps(Bait(folder))


def torch_archive(folder: Path, extra: dict[str, bytes] | None = None) -> bytes:
    """A checkpoint as torch.save writes it: a zip file with a pickle in it."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("archive/data.pkl", pickled(folder))
        archive.writestr("archive/version", "3\n")
        for name, data in (extra or {}).items():
            archive.writestr(name, data)
    return made.getvalue()


def object_array(folder: Path) -> bytes:
    """A .npy file that needs allow_pickle."""
    made = io.BytesIO()
    np.save(made, np.array([Bait(folder)], dtype=object), allow_pickle=True)
    return made.getvalue()


def bundle(folder: Path) -> str:
    """A MONAI bundle's configuration: both forms run in MONAI's own parser."""
    command = f"touch {folder / MARKER}"
    return json.dumps(
        {"network": f"$__import__('os').system('{command}')", "x": {"_target_": "os.system", "command": command}}
    )


def tensors(header: bytes, body: bytes = b"\0\0\0\0") -> bytes:
    """A safetensors file with this header, whatever it says."""
    return struct.pack("<Q", len(header)) + header + body


SOUND = tensors(b'{"mean":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}')


def lying_tensors() -> dict[str, bytes]:
    """Headers that do not say what the file holds."""
    entry = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}

    def said(**changes: Any) -> bytes:
        return json.dumps({"mean": {**entry, **changes}}).encode()

    return {
        "header longer than the file": struct.pack("<Q", 1 << 40) + b"{}",
        "header of a hundred million bytes": struct.pack("<Q", 100_000_001) + b"{}",
        "data behind the end": tensors(said(data_offsets=[0, 1 << 40], shape=[1 << 38])),
        "negative place": tensors(said(data_offsets=[-4, 0])),
        "wrong size": tensors(said(shape=[1000])),
        "shape whose product runs over": tensors(said(shape=[1 << 32, 1 << 32, 1 << 32])),
        "unknown type": tensors(said(dtype="PY")),
        "overlapping tensors": tensors(json.dumps({"a": entry, "b": entry}).encode()),
        "hole": tensors(json.dumps({"a": {**entry, "data_offsets": [4, 8]}}).encode(), bytes(8)),
        "hidden bytes": tensors(said(), b"\0" * 4 + b"hidden"),
        "name twice": tensors(b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{}}'),
        "deep header": tensors(b"[" * 200_000),
        "no JSON": tensors(b"\x80\x04"),
        "pickle": pickle.dumps({"a": 1}),
        "empty": b"",
    }


def package(path: Path, weights: bytes = SOUND, **described: Any) -> Path:
    """A model package; `described` replaces parts of its description."""
    said = {"name": "evil", "task": "toy.numbers", "recipe": "mean", "config": {}, "card": {}, **described}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("model.json", json.dumps(said))
        archive.writestr("weights.safetensors", weights)
    return path


def zeros(mebibytes: int) -> bytes:
    """So many MiB of zeros as raw deflate: one block, a thousandth as long, again and again."""
    machine = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (machine.compress(bytes(MIB)) + machine.flush(zlib.Z_FULL_FLUSH)) * mebibytes


def gzip_of_zeros(head: bytes, mebibytes: int) -> bytes:
    """`head` and then zeros. With a wrong checksum at the end: a bomb is not there to be read to its end."""
    machine = zlib.compressobj(9, zlib.DEFLATED, -15)
    first = machine.compress(head) + machine.flush(zlib.Z_FULL_FLUSH)
    return b"\x1f\x8b\x08\0\0\0\0\0\x02\xff" + first + zeros(mebibytes) + b"\x03\0" + bytes(8)


def nifti_head(shape: tuple[int, ...]) -> bytes:
    """The header of a NIfTI-1 file of 16-bit values."""
    import nibabel

    header = nibabel.Nifti1Header()
    header.set_data_shape(shape)
    header.set_data_dtype(np.int16)
    header.set_sform(np.eye(4), 1)
    header["vox_offset"], header["magic"] = 352, b"n+1\0"
    return bytes(header.binaryblock) + bytes(4)


def nifti_bomb(path: Path, shape: tuple[int, ...], mebibytes: int) -> Path:
    path.write_bytes(gzip_of_zeros(nifti_head(shape), mebibytes))
    return path


def table_bomb(path: Path, mebibytes: int) -> Path:
    """A packed table whose first cell is so many zeros long."""
    machine = zlib.compressobj(9, zlib.DEFLATED, -15)
    cells = (machine.compress(b"0" * MIB) + machine.flush(zlib.Z_FULL_FLUSH)) * mebibytes
    path.write_bytes(gzip_of_zeros(b"time,value\n0,1\n1,2\n", 0)[:-10] + cells + b"\x03\0" + bytes(8))
    return path


def deflated_dicom(path: Path, mebibytes: int, preamble: bool = True) -> Path:
    """An image whose data set unpacks to a private element of so many zeros."""
    syntax, sop_class = b"1.2.840.10008.1.2.1.99", b"1.2.840.10008.5.1.4.1.1.7\0"
    meta = _short(0x00020010, b"UI", syntax)
    padding = b"\x02\x00\x02\x01OB\0\0" + struct.pack("<I", 4096) + bytes(4096)  # pushes the data set further in
    machine = zlib.compressobj(9, zlib.DEFLATED, -15)
    head = _short(0x00080016, b"UI", sop_class) + _short(0x00100020, b"LO", b"P1")
    head += struct.pack("<HH2sHI", 0x0011, 0x1001, b"OB", 0, mebibytes * MIB)
    packed = machine.compress(head) + machine.flush(zlib.Z_FULL_FLUSH) + zeros(mebibytes) + b"\x03\0"
    path.write_bytes((bytes(128) + b"DICM" if preamble else b"") + meta + padding + packed)
    return path


def _short(tag: int, kind: bytes, value: bytes) -> bytes:
    value += b"\0" * (len(value) % 2)
    return struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, kind, len(value)) + value


def jpeg_2000(rows: int, columns: int) -> bytes:
    """The beginning of a code stream that says it is so large, and nothing more."""
    size = struct.pack(">HIIIIIIIIH", 0, columns, rows, 0, 0, columns, rows, 0, 0, 1) + b"\x07\x01\x01"
    return b"\xff\x4f\xff\x51" + struct.pack(">H", len(size) + 2) + size + b"\xff\xd9"


def jpeg(rows: int, columns: int) -> bytes:
    """The same as JPEG: a frame header and no data."""
    frame = b"\x08" + struct.pack(">HH", rows, columns) + b"\x01\x01\x11\x00"
    return b"\xff\xd8\xff\xc0" + struct.pack(">H", len(frame) + 2) + frame + b"\xff\xd9"


XML = """<?xml version="1.0"?><!DOCTYPE x [<!ENTITY file SYSTEM "file://{secret}"><!ENTITY net SYSTEM "http://192.0.2.1/x">
<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>
<ClinicalDocument xmlns="urn:hl7-org:v3"><text>&file; &net; &c;</text></ClinicalDocument>
"""
