"""The stored values of an object's picture, to look at and to blank; unchanged elsewhere to the last bit."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from pydicom.dataset import Dataset
from pydicom.encaps import generate_frames
from pydicom.uid import UID, ExplicitVRLittleEndian

from medstation.api import BadInput
from medstation_imaging.decoders import decoder
from medstation_imaging.deid.boxes import Box
from medstation_imaging.deid.risk import VIDEO

SHOWN_FRAMES = 8


@dataclass
class Picture:
    """`values` (frames, rows, columns, samples) as stored; `decoded` if they were compressed in the file.

    `tones` is how bright each stored value of a palette is, 0 to 255; None without a palette.
    """

    values: np.ndarray
    decoded: bool
    planar: bool
    photometric: str
    tones: np.ndarray | None = None

    @property
    def shape(self) -> tuple[int, int]:
        return self.values.shape[1], self.values.shape[2]

    def shown(self) -> Iterator[np.ndarray]:
        """Grey pictures (rows, columns) float32, 0 to 255: some frames, and of films what stays the same in all."""
        count = len(self.values)
        chosen = np.unique(np.linspace(0, count - 1, min(count, SHOWN_FRAMES)).astype(int))
        grey = np.stack([self._grey(self.values[index]) for index in chosen])
        low, high = np.percentile(grey, (0.2, 99.8)) if grey.size else (0.0, 1.0)
        scaled = np.clip((grey - low) * (255 / max(high - low, 1e-6)), 0, 255).astype(np.float32)
        if count > 2:
            yield scaled.min(axis=0)
            yield scaled.max(axis=0)
        yield scaled[0]

    def blank(self, boxes: Iterable[Box]) -> None:
        """Every frame black inside of the boxes: the value that is shown darkest of those in the picture."""
        black = self._black()
        for box in boxes:
            self.values[(slice(None), *box.slices)] = black

    def _black(self) -> Any:
        if self.values.shape[3] > 1:
            return 0
        if self.tones is not None:
            present = np.unique(self.values)
            return present[np.argmin(self._toned(present))]
        return self.values.max() if self.photometric == "MONOCHROME1" else self.values.min()

    def _grey(self, frame: np.ndarray) -> np.ndarray:
        """The brightest of a pixel's samples: coloured print is as bright as white."""
        return self._toned(frame[..., 0]) if self.tones is not None else frame.astype(np.float32).max(axis=2)

    def _toned(self, values: np.ndarray) -> np.ndarray:
        assert self.tones is not None
        return np.asarray(self.tones[np.clip(values, 0, len(self.tones) - 1)])

    def store(self, dataset: Dataset) -> str:
        """Put the values back; returns the transfer syntax they are in now ("": the same as before)."""
        ordered = np.moveaxis(self.values, 3, 1) if self.planar else self.values
        data = np.ascontiguousarray(ordered).tobytes()
        tail = b"" if self.decoded else bytes(dataset.PixelData)[len(data) :]
        dataset.PixelData = data + (tail if tail else b"\0" * (len(data) % 2))
        if not self.decoded:
            return ""
        dataset["PixelData"].VR = "OW" if self.values.itemsize > 1 else "OB"
        dataset["PixelData"].is_undefined_length = False
        dataset.BitsAllocated = self.values.itemsize * 8
        dataset.PhotometricInterpretation = self.photometric
        if self.values.shape[3] > 1:
            dataset.PlanarConfiguration = 0
            dataset.BitsStored, dataset.HighBit = self.values.itemsize * 8, self.values.itemsize * 8 - 1
        for name in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths"):
            if name in dataset:
                delattr(dataset, name)
        return str(ExplicitVRLittleEndian)


def picture_of(dataset: Dataset, syntax: str) -> Picture:
    """`BadInput` where the picture cannot be looked at."""
    if VIDEO.fullmatch(syntax):
        raise BadInput("it is a video, whose pictures cannot be checked", "Export single pictures of it.")
    bits = int(dataset.get("BitsAllocated", 0) or 0)
    if bits not in (8, 16, 32) or "PixelData" not in dataset:
        raise BadInput(f"pictures of {bits} bits cannot be checked for text", "Leave it out.")
    samples = int(dataset.get("SamplesPerPixel", 1) or 1)
    photometric = str(dataset.get("PhotometricInterpretation", ""))
    if not UID(syntax).is_compressed and "42" not in photometric:
        found = _native(dataset, syntax, bits, samples, photometric)
    else:
        values = _decoded(dataset, syntax, samples, photometric)
        found = Picture(values, True, False, "RGB" if samples == 3 else photometric)
    return replace(found, tones=_tones(dataset))


def _native(dataset: Dataset, syntax: str, bits: int, samples: int, photometric: str) -> Picture:
    signed = bool(dataset.get("PixelRepresentation", 0))
    kind = np.dtype(f"{'>' if syntax == '1.2.840.10008.1.2.2' else '<'}{'i' if signed else 'u'}{bits // 8}")
    frames = max(1, int(dataset.get("NumberOfFrames", 1) or 1))
    planar = samples > 1 and int(dataset.get("PlanarConfiguration", 0) or 0) == 1
    shape = (
        (frames, samples, dataset.Rows, dataset.Columns) if planar else (frames, dataset.Rows, dataset.Columns, samples)
    )
    data, wanted = bytes(dataset.PixelData), int(np.prod(shape)) * kind.itemsize
    if len(data) < wanted:
        raise BadInput("its pixel data end early", "The file is cut off; copy or export it again.")
    values = np.frombuffer(data[:wanted], kind).reshape(shape).copy()
    return Picture(np.moveaxis(values, 1, 3).copy() if planar else values, False, planar, photometric)


def _decoded(dataset: Dataset, syntax: str, samples: int, photometric: str) -> np.ndarray:
    facts = {
        "syntax": syntax, "samples": samples, "photometric": photometric, "rows": dataset.Rows,
        "columns": dataset.Columns, "bits_allocated": dataset.BitsAllocated,
    }  # fmt: skip
    frames = max(1, int(dataset.get("NumberOfFrames", 1) or 1))
    decode = decoder(facts) if photometric != "PALETTE COLOR" or samples == 1 else None
    kind = np.dtype(f"{'i' if dataset.get('PixelRepresentation', 0) else 'u'}{dataset.BitsAllocated // 8}")
    shape = (frames, dataset.Rows, dataset.Columns, samples)
    try:
        if decode is not None and UID(syntax).is_compressed:
            streams = generate_frames(dataset.PixelData, number_of_frames=frames)
            values = np.stack([decode(stream) for stream in streams]).reshape(shape)
            return values.astype(kind if samples == 1 else values.dtype, order="C", copy=False)
    except (RuntimeError, ValueError, TypeError):  # imagecodecs' own errors are RuntimeErrors; pydicom knows odd ones
        pass
    return _by_pydicom(dataset, syntax).reshape(shape)


def _by_pydicom(dataset: Dataset, syntax: str) -> np.ndarray:
    from pydicom.pixels.utils import pixel_array

    if not getattr(dataset, "file_meta", None):
        raise BadInput("it does not say how its picture is stored", "Export it again.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.array(pixel_array(dataset), order="C")
    except Exception as error:  # pydicom's decoders raise many kinds for what they cannot read
        raise BadInput("its picture cannot be decoded to look for text", "Ask for an uncompressed copy.") from error


def _tones(dataset: Dataset) -> np.ndarray | None:
    """How bright each value of a palette (PS3.3 C.7.6.3.1.5) is, 0 to 255; None if there is none that can be read."""
    from pydicom.pixels.processing import apply_color_lut

    stored = int(dataset.get("BitsStored", 8) or 8)
    if dataset.get("PhotometricInterpretation") != "PALETTE COLOR" or not 0 < stored <= 16:
        return None
    try:
        colours = apply_color_lut(np.arange(1 << stored).astype(np.uint16), dataset).astype(np.float32)
    except (ValueError, TypeError, AttributeError, IndexError, KeyError):  # a palette that is none: values are shown
        return None
    bright = colours.max(axis=1)
    return np.asarray(bright * (255 / max(float(bright.max()), 1.0)), np.float32)
