"""A folder of DICOM files to a volume in HU, headers and all: MedStation's reader and SimpleITK's series reader."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

ROUNDS = 3
SIZE = 512
CASES = (("uncompressed", 600), ("JPEG-LS", 120), ("RLE", 120))

PEAK = """
import sys
from medstation_imaging.folder import load_folder
def peak():
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024
before = peak()
array = load_folder(sys.argv[1])
print((peak() - before) / array.nbytes)
"""


def rows(cases: tuple[tuple[str, int], ...] = CASES, size: int = SIZE, rounds: int = ROUNDS) -> list[dict[str, Any]]:
    """Median cpu seconds of both in the same run, round by round; their volumes are compared too."""
    found = []
    for syntax, count in cases:
        with tempfile.TemporaryDirectory() as folder:
            write_ct(Path(folder), count, size, syntax)
            found.append(compare(f"{count} x {size} x {size} CT, {syntax}", folder, rounds))
            if syntax == "uncompressed":
                found.append(memory(f"{count} x {size} x {size} CT, peak memory", folder))
    return found


def compare(name: str, folder: str, rounds: int) -> dict[str, Any]:
    from medstation_imaging.folder import load_folder

    peer = simpleitk()
    if peer is None:
        ours = [cpu_seconds(load_folder, folder) for _ in range(rounds + 1)][1:]
        return row(name, median(ours), "SimpleITK series reader", None, None, "cpu s; SimpleITK is not installed")
    if not np.array_equal(load_folder(folder), peer(folder)):  # also warms both up
        return row(name, None, "SimpleITK series reader", None, None, "the two volumes differ")
    pairs = [(cpu_seconds(load_folder, folder), cpu_seconds(peer, folder)) for _ in range(rounds)]
    ratio = median(theirs / ours for ours, theirs in pairs)
    ours, theirs = (median(pair[place] for pair in pairs) for place in (0, 1))
    return row(name, ours, "SimpleITK series reader", theirs, ratio, "cpu s; equal volumes")


def memory(name: str, folder: str) -> dict[str, Any]:
    """How much a fresh process grows, as a multiple of the volume."""
    if not Path("/proc/self/status").exists():
        return row(name, None, "the volume", None, None, "measured on Linux only")
    done = subprocess.run([sys.executable, "-c", PEAK, folder], capture_output=True, text=True, check=True)
    grown = float(done.stdout)
    return row(name, f"{grown:.2f}", "the volume", 1, 1 / grown, "multiples of the volume's bytes; at most 1.5")


def row(name: str, ours: Any, against: str, peer: Any, ratio: float | None, note: str) -> dict[str, Any]:
    return {"name": name, "ours": ours, "against": against, "peer": peer, "ratio": ratio, "note": note}


def cpu_seconds(load: Callable[[str], np.ndarray], folder: str) -> float:
    begin = time.process_time()
    load(folder)
    return time.process_time() - begin


def simpleitk() -> Callable[[str], np.ndarray] | None:
    try:
        import SimpleITK
    except ImportError:
        return None

    def load(folder: str) -> np.ndarray:
        reader = SimpleITK.ImageSeriesReader()
        reader.SetFileNames(reader.GetGDCMSeriesFileNames(folder))
        array: np.ndarray = SimpleITK.GetArrayFromImage(reader.Execute())
        return array

    return load


def write_ct(folder: Path, count: int, size: int, syntax: str) -> None:
    """A body of soft tissue with two lungs, noise all over; file names in no order. Slice k holds k in its corner."""
    from pydicom.uid import JPEGLSLossless, RLELossless

    random = np.random.default_rng(7)
    noise = random.normal(0, 25, (size, size))
    names = random.permutation(count)
    for k in range(count):
        made = slice_of(k, count, body(k / count, size) + np.roll(noise, 37 * k, (0, 1)[k % 2]))
        if syntax != "uncompressed":
            made.compress({"JPEG-LS": JPEGLSLossless, "RLE": RLELossless}[syntax], generate_instance_uid=False)
        made.save_as(folder / f"IM{names[k]:05}.dcm", enforce_file_format=True)


def body(height: float, size: int) -> np.ndarray:
    """HU (y, x) of the slice at `height` (0 to 1)."""
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
    hu = np.where((x / 0.8) ** 2 + (y / 0.6) ** 2 < 1, 40.0, -1000.0)
    width = 0.3 * np.sin(np.pi * height) + 0.01
    for side in (-0.38, 0.38):
        hu[((x - side) / width) ** 2 + (y / (width + 0.1)) ** 2 < 1] = -850
    hu[(x / 0.1) ** 2 + ((y - 0.4) / 0.09) ** 2 < 1] = 600
    return hu


def slice_of(k: int, count: int, hu: np.ndarray) -> Any:
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

    pixels = np.clip(np.rint(hu) + 1024, 0, 4095).astype(np.int16)
    pixels[0, 0] = k
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = CTImageStorage, f"1.2.826.0.1.999.1.{k + 1}"
    made = FileDataset(None, {}, file_meta=meta, preamble=bytes(128))
    made.SOPClassUID, made.SOPInstanceUID = CTImageStorage, meta.MediaStorageSOPInstanceUID
    made.StudyInstanceUID, made.SeriesInstanceUID, made.FrameOfReferenceUID = (
        f"1.2.826.0.1.999.{n}" for n in (2, 3, 4)
    )
    made.PatientID, made.PatientName, made.Modality, made.SeriesDescription = "BENCH", "Bench^Mark", "CT", "chest"
    made.StudyDate, made.StudyTime, made.SeriesNumber, made.InstanceNumber = "20240102", "101500", 1, count - k
    made.ImageType, made.Manufacturer, made.BodyPartExamined = ["ORIGINAL", "PRIMARY", "AXIAL"], "Synthetic", "CHEST"
    made.ImagePositionPatient, made.ImageOrientationPatient = [-180, -180, float(k)], [1, 0, 0, 0, 1, 0]
    made.PixelSpacing, made.SliceThickness, made.SliceLocation = [0.7, 0.7], "1", str(float(k))
    made.Rows, made.Columns, made.SamplesPerPixel, made.PhotometricInterpretation = *hu.shape, 1, "MONOCHROME2"
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = 16, 16, 15, 1
    made.WindowCenter, made.WindowWidth = "40", "400"
    made.RescaleSlope, made.RescaleIntercept, made.RescaleType = "1", "-1024", "HU"
    made.PixelData = pixels.tobytes()
    made["PixelData"].VR = "OW"
    return made
