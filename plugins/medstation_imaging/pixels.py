"""The stored values of single frames, wherever and however they lie in their file."""

from __future__ import annotations

import io
import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from medstation.api import BadInput, FileSource, Json
from medstation_imaging import dicom_file
from medstation_imaging.decoders import decoder
from medstation_imaging.dicom_kinds import is_colour, syntax_name
from medstation_imaging.encapsulated import compressed_frames
from medstation_imaging.stream_size import stream_size

BIG_ENDIAN = "1.2.840.10008.1.2.2"
_NATIVE = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", BIG_ENDIAN)
_HINT = "Ask its source for an uncompressed or losslessly compressed copy."


def stored_type(facts: Json) -> np.dtype[Any]:
    """The type of the stored values, in the machine's byte order."""
    if bits := facts.get("float_bits"):
        return np.dtype(f"f{bits // 8}")
    size = {1: 1, 8: 1, 16: 2, 32: 4, 64: 8}.get(facts.get("bits_allocated", 8))
    if size is None:
        raise BadInput(f"Values of {facts.get('bits_allocated')} bits cannot be read", _HINT)
    return np.dtype(f"{'i' if facts.get('signed') else 'u'}{size}")


def is_direct(facts: Json) -> bool:
    """Whether a frame's bytes in the file are its values in memory, so that they can be read into their place."""
    plain = facts["syntax"] in _NATIVE and facts["pixels"][1] >= 0 and facts["pixels"][0] > 0
    whole = facts.get("samples", 1) == 1 and facts.get("float_bits", facts.get("bits_allocated")) in (8, 16, 32, 64)
    swapped = facts["syntax"] == BIG_ENDIAN and facts.get("bits_allocated") == 8  # pairs of bytes may be swapped
    return plain and whole and not swapped


def read_direct(files: FileSource, index: int, facts: Json, number: int, out: np.ndarray) -> None:
    """Fill `out` (rows, columns; C-contiguous, `stored_type`) from a file for which `is_direct` holds."""
    raw = out.reshape(-1).view(np.uint8).data
    start = number * out.nbytes
    here = min(max(facts.get("held_bytes", start + out.nbytes) - start, 0), out.nbytes)
    if here:
        files.readinto(index, facts["pixels"][0] + start, raw[:here])
    if here < out.nbytes:
        raw[here:] = bytes(out.nbytes - here)
    if (facts["syntax"] == BIG_ENDIAN) == (sys.byteorder == "little"):
        out.byteswap(inplace=True)


def correct_bits(values: np.ndarray, facts: Json) -> None:
    """In place: the BitsStored bits below HighBit, sign extended; the cell's other bits carry nothing (PS3.5 8.1.1)."""
    if values.dtype.kind == "f":
        return
    cell = values.dtype.itemsize * 8
    stored = facts.get("bits_stored", cell)
    high = facts.get("high_bit", stored - 1)
    if not 0 < stored < cell or high + 1 < stored or high >= cell:
        return
    if values.dtype.kind == "u" and high + 1 == stored:
        values &= values.dtype.type((1 << stored) - 1)
        return
    values <<= cell - 1 - high
    values >>= cell - stored


class FrameReader:
    """Reads frames of a record's files; remembers the last file that had to be opened as a whole."""

    def __init__(self, files: FileSource) -> None:
        self._files = files
        self._streams: tuple[int, list[bytes]] = (-1, [])
        self._dataset: tuple[int, Any] = (-1, None)

    def task(self, index: int, number: int) -> Callable[[], np.ndarray]:
        """The bytes of a frame are read now; the function returned decodes them and may run in another thread.

        It gives stored values (rows, columns) in `stored_type`, or RGB uint8 (rows, columns, 3) for colour images.
        """
        facts = self._files.facts(index)
        if is_direct(facts) and not is_colour(facts):
            out = np.empty((facts["rows"], facts["columns"]), stored_type(facts))
            read_direct(self._files, index, facts, number, out)
            correct_bits(out, facts)
            return lambda: out
        decode = decoder(facts) if facts["pixels"][1] < 0 and facts.get("photometric") != "PALETTE COLOR" else None
        if decode is None or facts.get("bits_allocated") not in (8, 16):
            slow = self._by_pydicom(index, number)
            return lambda: slow
        return self._decoding(index, number, facts, decode)

    def _decoding(
        self, index: int, number: int, facts: Json, decode: Callable[[bytes], np.ndarray]
    ) -> Callable[[], np.ndarray]:
        stream = self._stream(index, number, facts)
        self._check_stream(index, stream, facts)
        shape = (facts["rows"], facts["columns"], 3)[: 3 if is_colour(facts) else 2]

        def run() -> np.ndarray:
            try:
                values = decode(stream)
            except (RuntimeError, ValueError, TypeError, MemoryError):  # imagecodecs' own errors are RuntimeErrors
                return self._by_pydicom(index, number)
            if values.shape != shape:
                return self._by_pydicom(index, number)
            if is_colour(facts):
                return _eight_bits(values, facts)
            stored = values.astype(stored_type(facts), order="C", copy=True)
            correct_bits(stored, facts)
            return stored

        return run

    def _stream(self, index: int, number: int, facts: Json) -> bytes:
        if self._streams[0] != index:
            self._streams = (index, compressed_frames(self._files, index, facts))
        return self._streams[1][number]

    def _check_stream(self, index: int, stream: bytes, facts: Json) -> None:
        """A decoder makes room for what the stream says of itself: no more than the header says."""
        said = stream_size(stream)
        if said and said[0] * said[1] > facts["rows"] * facts["columns"]:
            message = f"{self._files.name(index)}: its header says {facts['columns']} x {facts['rows']} pixels, the "
            raise BadInput(f"{message}compressed image in it {said[1]} x {said[0]}", "It is damaged; export it again.")

    def _dataset_of(self, index: int) -> Any:
        """The file as a pydicom data set."""
        if self._dataset[0] != index:
            facts = self._files.facts(index)
            dataset = dicom_file.read(io.BytesIO(self._files.read(index)), self._files.name(index), force=True)
            if "TransferSyntaxUID" not in dataset.file_meta:
                dataset.file_meta.TransferSyntaxUID = facts["syntax"]
            self._dataset = (index, dataset)
        return self._dataset[1]

    def through_lut(self, index: int, values: np.ndarray) -> np.ndarray:
        """Stored values through the file's modality look-up table."""
        from pydicom.pixels.processing import apply_modality_lut

        return np.asarray(apply_modality_lut(values, self._dataset_of(index)), np.float32)

    def _by_pydicom(self, index: int, number: int) -> np.ndarray:
        from pydicom.pixels.utils import pixel_array

        facts = self._files.facts(index)
        if facts["pixels"][1] < 0:
            self._check_stream(index, self._stream(index, number, facts), facts)
        try:
            with warnings.catch_warnings(), dicom_file.panics_told():
                warnings.simplefilter("ignore")
                dataset = self._dataset_of(index)
                values = pixel_array(dataset, index=number)
                if facts.get("photometric") == "PALETTE COLOR":
                    values = _through_palette(values, dataset)
        except BadInput:
            raise
        except Exception as error:  # pydicom's decoders raise many kinds for what they cannot read
            raise unreadable(self._files.name(index), facts, error) from error
        if is_colour(facts):
            return _eight_bits(values, facts)
        return np.array(values, stored_type(facts), order="C")


def unreadable(name: str, facts: Json, error: Exception) -> BadInput:
    reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
    return BadInput(f"{name}: its pixels ({syntax_name(facts['syntax'])}) cannot be decoded: {reason}", _HINT)


def _through_palette(values: np.ndarray, dataset: Any) -> np.ndarray:
    """RGB of palette indices; 16-bit palettes keep their high byte."""
    from pydicom.pixels.processing import apply_color_lut

    colours = apply_color_lut(values, dataset)
    return colours if colours.dtype == np.uint8 else (colours >> 8).astype(np.uint8)


def _eight_bits(values: np.ndarray, facts: Json) -> np.ndarray:
    if values.ndim != 3 or values.shape[-1] != 3:
        raise BadInput(f"An image of {facts.get('photometric')} colours cannot be shown", _HINT)
    if values.dtype == np.uint8:
        return np.ascontiguousarray(values)
    shift = max(0, facts.get("bits_stored", 16) - 8)
    return np.ascontiguousarray(np.clip(values >> shift, 0, 255), np.uint8)
