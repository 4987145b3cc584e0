"""Small files that unpack to large ones: the memory that is taken stays bounded, whoever reads them."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hostile
import numpy as np
import pytest

from medstation.actions.packages import read_package
from medstation.api import BadInput, Found, MedStationError, Refused, Skipped

pydicom = pytest.importorskip("pydicom", reason="needs the extra medstation[imaging]")
nibabel = pytest.importorskip("nibabel", reason="needs the extra medstation[imaging]")

MIB = hostile.MIB


@contextmanager
def at_most(mebibytes: int) -> Iterator[None]:
    """Python's and numpy's own memory; `resource` would count what other tests took before."""
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak <= mebibytes * MIB, f"{peak / MIB:.0f} MiB were taken"


def opened(path: Path) -> Any:
    """The volume of a file, as a view would load it."""
    from medstation_imaging.folder import as_record
    from medstation_imaging.importer import ImagingImporter
    from medstation_imaging.volume import load

    importer = ImagingImporter({})
    found = list(importer.scan([path]))
    if isinstance(found[0], Skipped):
        raise BadInput(found[0].reason, found[0].hint)
    record, files = as_record(importer.assemble(found)[0], found)  # type: ignore[arg-type]
    return load(record, files, lambda done, text: None)


def test_a_volume_is_unpacked_no_further_than_its_header_says(tmp_path: Path) -> None:
    path = hostile.nifti_bomb(tmp_path / "a.nii.gz", (4, 5, 6), mebibytes=600)
    with at_most(64):
        assert opened(path).array.shape == (6, 5, 4)


@pytest.mark.parametrize("shape", [(30_000, 30_000, 30_000), (32_767, 32_767, 32_767), (20_000, 20_000, 10)])
def test_a_volume_that_promises_more_than_it_can_hold_is_told(tmp_path: Path, shape: tuple[int, ...]) -> None:
    path = hostile.nifti_bomb(tmp_path / "a.nii.gz", shape, mebibytes=1)
    with at_most(64), pytest.raises(BadInput, match="more than it can hold"):
        opened(path)


def test_a_volume_larger_than_the_free_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from medstation_imaging import nifti

    path = hostile.nifti_bomb(tmp_path / "a.nii.gz", (500, 500, 400), mebibytes=192)
    monkeypatch.setattr(nifti.psutil, "virtual_memory", lambda: type("Free", (), {"available": 100 * MIB}))
    with at_most(64), pytest.raises(Refused, match="GiB are free"):
        opened(path)


def test_a_mask_that_is_a_bomb_is_refused_by_its_header(tmp_path: Path) -> None:
    from medstation_imaging import nifti_masks

    volume = {"shape": [6, 5, 4], "affine": np.diag([-1.0, -1.0, 1.0, 1.0]).tolist()}
    path = hostile.nifti_bomb(tmp_path / "mask.nii.gz", (2000, 2000, 2000), mebibytes=64)
    with at_most(32), pytest.raises(BadInput, match="does not lie on"):
        nifti_masks.read(path, volume)
    path = hostile.nifti_bomb(tmp_path / "mask.nii.gz", (4, 5, 6), mebibytes=600)
    with at_most(32):
        assert not nifti_masks.read(path, volume).mask.any()


@pytest.mark.parametrize("preamble", [True, False])
def test_a_deflated_dicom_bomb_is_not_unpacked(tmp_path: Path, preamble: bool) -> None:
    from medstation_imaging import labels, scan, seg

    path = hostile.deflated_dicom(tmp_path / "a.dcm", 300, preamble)
    with at_most(64):
        answer = scan.scan_file(path)
        assert isinstance(answer, Skipped) and "unpacks to more than" in answer.reason
        assert seg.series_of(path) is None
    with at_most(64), pytest.raises(BadInput):
        labels.read_mask(_record({"shape": [6, 5, 4], "affine": np.eye(4).tolist()}), None, path)  # type: ignore[arg-type]


def _record(volume: dict[str, Any]) -> Any:
    from medstation.api import Person, Record

    return Record("r-1", "imaging.series", "volume", Person("P1"), "one", "", "", {"volume": volume})


def test_a_small_deflated_image_is_still_read(tmp_path: Path) -> None:
    made = pydicom.dcmread(pydicom.data.get_testdata_file("image_dfl.dcm"))
    path = tmp_path / "a.dcm"
    made.save_as(path)
    assert opened(path).array.shape[1:] == (made.Rows, made.Columns)


@pytest.mark.parametrize(
    ("syntax", "stream"), [("1.2.840.10008.1.2.4.90", hostile.jpeg_2000), ("1.2.840.10008.1.2.4.50", hostile.jpeg)]
)
def test_a_code_stream_larger_than_its_header_says_is_not_decoded(
    tmp_path: Path, syntax: str, stream: Callable[[int, int], bytes]
) -> None:
    with at_most(64), pytest.raises(BadInput, match="compressed image in it 60000 x 60000"):
        opened(_compressed(tmp_path / "a.dcm", syntax, stream(60_000, 60_000), 64))


def test_an_image_that_promises_more_than_it_can_hold_is_told(tmp_path: Path) -> None:
    path = _compressed(tmp_path / "a.dcm", "1.2.840.10008.1.2.4.90", hostile.jpeg_2000(65_535, 65_535), 65_535)
    with at_most(64), pytest.raises(BadInput, match="more than it can hold"):
        opened(path)


def _compressed(path: Path, syntax: str, stream: bytes, size: int) -> Path:
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.encaps import encapsulate

    made = Dataset()
    made.SOPClassUID, made.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", "1.2.3"
    made.PatientID, made.Modality = "P1", "OT"
    made.Rows = made.Columns = size
    made.SamplesPerPixel, made.PhotometricInterpretation, made.PixelRepresentation = 1, "MONOCHROME2", 0
    made.BitsAllocated, made.BitsStored, made.HighBit = 8, 8, 7
    made.PixelData = encapsulate([stream])
    made["PixelData"].is_undefined_length = True
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = syntax
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    pydicom.dcmwrite(path, made, enforce_file_format=True)
    return path


def test_a_packed_table_is_unpacked_up_to_a_limit(tmp_path: Path) -> None:
    from medstation_signals import importer, unpacking

    path = hostile.table_bomb(tmp_path / "a.csv.gz", mebibytes=300)
    with at_most(64):
        importer.SignalsImporter().wants(path)
    with at_most(unpacking.LARGEST // MIB + 64):
        answer = next(iter(importer.SignalsImporter().scan([path])))
    assert isinstance(answer, Skipped) and "unpacks to more than" in answer.reason


@pytest.mark.parametrize("parts", [1, 3])
def test_a_packed_table_is_read_whole_also_when_it_was_packed_in_parts(parts: int) -> None:
    from medstation_signals.unpacking import gunzip

    packed = b"".join(gzip.compress(b"%d,1\n" % part * 1000) for part in range(parts))
    whole = b"".join(b"%d,1\n" % part * 1000 for part in range(parts))
    assert gunzip(packed, "a.csv.gz") == whole
    assert gunzip(packed + bytes(100), "a.csv.gz") == whole
    assert gunzip(packed, "a.csv.gz", 10) == whole[:10]
    with pytest.raises(BadInput):
        gunzip(packed[:-9], "a.csv.gz")


def test_a_deflated_waveform_bomb_is_not_unpacked(tmp_path: Path) -> None:
    from medstation_signals.dicom_wave import scan_dicom

    path = hostile.deflated_dicom(tmp_path / "a.dcm", 300)
    with at_most(64):
        answer = scan_dicom(path)
    assert isinstance(answer, Skipped) and "unpacks to more than" in answer.reason


def test_sequences_as_deep_as_a_well_are_skipped(tmp_path: Path) -> None:
    from medstation_imaging import scan, seg

    inner = b""
    for _ in range(20_000):
        inner = b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    path = tmp_path / "a.dcm"
    meta = b"\x02\x00\x10\x00UI\x14\x001.2.840.10008.1.2.1\0"
    path.write_bytes(bytes(128) + b"DICM" + meta + inner * 20_000)
    with at_most(128):
        assert isinstance(scan.scan_file(path), Skipped)
        assert seg.series_of(path) is None


def test_a_compressed_package_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    import zipfile

    path = tmp_path / "model.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.json", "{}")
        archive.writestr("weights.safetensors", bytes(50 * MIB))
    with at_most(16), pytest.raises(Refused, match="compressed"):
        read_package(path)


def test_a_package_that_claims_to_be_larger_than_it_is_is_refused_by_its_list(tmp_path: Path) -> None:
    path = hostile.package(tmp_path / "model.zip")
    raw = bytearray(path.read_bytes())
    entry = raw.rindex(b"PK\x01\x02")
    for place in (20, 24):
        raw[entry + place : entry + place + 4] = (0x7FFFFFFF).to_bytes(4, "little")
    path.write_bytes(raw)
    with at_most(64), pytest.raises(Refused):
        read_package(path)


@pytest.mark.parametrize("name", ["deep.class.json", "deep.spans.json"])
def test_labels_as_deep_as_a_well_are_told(tmp_path: Path, name: str) -> None:
    from medstation_imaging import class_files
    from medstation_notes.classes import decode_class
    from medstation_notes.spans import decode_spans
    from medstation_signals import classes, events

    deep = b"[" * 200_000
    path = tmp_path / name
    path.write_bytes(deep)
    readers: list[Callable[[], Any]] = [
        lambda: class_files.read(_record({}), None, path),  # type: ignore[arg-type]
        lambda: decode_class(deep),
        lambda: decode_spans(deep),
        lambda: classes.decode(deep),
        lambda: events.decode(deep),
    ]
    for read in readers:
        with pytest.raises(MedStationError):
            read()


def test_a_decoder_that_panics_is_told_like_any_other() -> None:
    """A panic of Rust code is no `Exception` in Python."""
    from medstation_imaging.dicom_file import panics_told

    panic = type("PanicException", (BaseException,), {"__module__": "pyo3_runtime"})
    with pytest.raises(RuntimeError, match="index out of bounds"), panics_told():
        raise panic("index out of bounds")
    with pytest.raises(KeyboardInterrupt), panics_told():
        raise KeyboardInterrupt


def test_an_import_of_all_bombs_goes_on_to_the_next_file(tmp_path: Path) -> None:
    from medstation_imaging.importer import ImagingImporter

    hostile.deflated_dicom(tmp_path / "a.dcm", 300)
    hostile.nifti_bomb(tmp_path / "b.nii.gz", (30_000, 30_000, 30_000), 1)
    good = hostile.nifti_bomb(tmp_path / "c.nii.gz", (4, 5, 6), 1)
    answers = list(ImagingImporter({}).scan(sorted(tmp_path.iterdir())))
    assert [answer.path for answer in answers if isinstance(answer, Found)] == [good]
