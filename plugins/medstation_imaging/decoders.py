"""Compressed frames to stored values. imagecodecs does the work; what it cannot do goes to pydicom's own decoders."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from medstation.api import Json

JPEG_BASELINE, JPEG_EXTENDED = "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"
JPEG_LOSSLESS = ("1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70")
JPEG_2000 = ("1.2.840.10008.1.2.4.9", "1.2.840.10008.1.2.4.20")
RLE = "1.2.840.10008.1.2.5"


def decoder(facts: Json) -> Callable[[bytes], np.ndarray] | None:
    """A function from one frame's code stream to (rows, columns), or RGB (rows, columns, 3) for colour.

    None if pydicom has to do it.
    """
    syntax, samples = facts["syntax"], facts.get("samples", 1)
    if samples not in (1, 3):
        return None
    if syntax == RLE:
        return (lambda data: _rle(data, facts)) if samples == 1 else None
    decode = _by_syntax(syntax)
    if decode is None or samples == 1:
        return decode
    return _colour(decode, facts)


def _by_syntax(syntax: str) -> Callable[[bytes], np.ndarray] | None:
    import imagecodecs

    known: dict[str, Callable[[bytes], np.ndarray]] = {
        JPEG_BASELINE: imagecodecs.jpeg8_decode,
        JPEG_EXTENDED: imagecodecs.jpeg8_decode,
        "1.2.840.10008.1.2.4.57": imagecodecs.ljpeg_decode,
        "1.2.840.10008.1.2.4.70": imagecodecs.ljpeg_decode,
        "1.2.840.10008.1.2.4.80": imagecodecs.jpegls_decode,
        "1.2.840.10008.1.2.4.81": imagecodecs.jpegls_decode,
        "1.2.840.10008.1.2.4.90": imagecodecs.jpeg2k_decode,
        "1.2.840.10008.1.2.4.91": imagecodecs.jpeg2k_decode,
        "1.2.840.10008.1.2.4.201": imagecodecs.htj2k_decode,
        "1.2.840.10008.1.2.4.202": imagecodecs.htj2k_decode,
        # Of lossy streams OpenJPH wraps values around that leave their range; OpenJPEG clips them.
        "1.2.840.10008.1.2.4.203": imagecodecs.jpeg2k_decode,
    }
    return known.get(syntax)


def _colour(decode: Callable[[bytes], np.ndarray], facts: Json) -> Callable[[bytes], np.ndarray] | None:
    import imagecodecs

    syntax, photometric = facts["syntax"], facts.get("photometric", "RGB")
    if syntax == JPEG_BASELINE:
        stored = "RGB" if photometric == "RGB" else "YCBCR"
        return lambda data: imagecodecs.jpeg8_decode(data, colorspace=stored, outcolorspace="RGB")
    if syntax.startswith(JPEG_LOSSLESS):
        decode = imagecodecs.jpegsof3_decode
    elif not syntax.startswith(JPEG_2000):
        return None
    if photometric in ("RGB", "YBR_RCT", "YBR_ICT"):  # JPEG 2000 undoes its own colour transforms
        return decode
    return (lambda data: rgb_of_ybr(decode(data))) if photometric == "YBR_FULL" else None


def rgb_of_ybr(values: np.ndarray) -> np.ndarray:
    """RGB of uint8 YBR_FULL (y, x, 3), by the matrix of PS3.3 C.7.6.3.1.2."""
    if values.dtype != np.uint8:
        raise ValueError(f"YBR_FULL of {values.dtype}")
    luma, blue, red = (values[..., channel].astype(np.float32) - (128 if channel else 0) for channel in range(3))
    mixed = (luma + 1.402 * red, luma - 0.344136 * blue - 0.714136 * red, luma + 1.772 * blue)
    return np.asarray(np.clip(np.rint(np.stack(mixed, -1)), 0, 255), np.uint8)


def _rle(data: bytes, facts: Json) -> np.ndarray:
    """RLE Lossless (PS3.5 annex G): one PackBits run per byte of the values, the highest byte first."""
    import imagecodecs

    shape, size = (facts["rows"], facts["columns"]), facts["bits_allocated"] // 8
    table = np.frombuffer(data[:64], "<u4")
    if int(table[0]) != size:
        raise ValueError(f"{int(table[0])} segments for values of {size} bytes")
    bounds = [int(offset) for offset in table[1 : size + 1]] + [len(data)]
    values = np.empty((*shape, size), np.uint8)
    for number in range(size):
        segment = np.frombuffer(imagecodecs.packbits_decode(data[bounds[number] : bounds[number + 1]]), np.uint8)
        values[..., size - 1 - number] = segment[: shape[0] * shape[1]].reshape(shape)
    return values.view(f"<u{size}")[..., 0]
