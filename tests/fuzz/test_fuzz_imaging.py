"""Imaging's parsers say what is wrong with a file, whatever is in it, and loading it takes a bounded memory."""

from __future__ import annotations

import tracemalloc
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from mutations import fuzz, mutated

from medstation.api import Found, MedStationError, RecordDraft, Skipped

pydicom = pytest.importorskip("pydicom", reason="needs the extra medstation[imaging]")
np = pytest.importorskip("numpy")
nibabel = pytest.importorskip("nibabel", reason="needs the extra medstation[imaging]")

from medstation_imaging.dicom_tags import WANTED  # noqa: E402
from medstation_imaging.dicom_walk import Short, Unusual, walk  # noqa: E402
from medstation_imaging.folder import as_record  # noqa: E402
from medstation_imaging.importer import ImagingImporter  # noqa: E402
from medstation_imaging.stream_size import stream_size  # noqa: E402
from medstation_imaging.volume import load  # noqa: E402

LARGEST = 1 << 30
NAMES = (
    "CT_small.dcm",
    "MR_small_RLE.dcm",
    "image_dfl.dcm",
    "JPEG2000.dcm",
    "SC_rgb_jpeg_dcmtk.dcm",
    "MR_small_bigendian.dcm",
)


def dicom_seeds() -> list[bytes]:
    files = [pydicom.data.get_testdata_file(name) for name in NAMES]
    return [Path(str(file)).read_bytes() for file in files if file]


def nifti_seeds() -> list[bytes]:
    image: Any = nibabel.Nifti1Image(np.arange(60, dtype=np.int16).reshape(3, 4, 5), np.eye(4))
    four: Any = nibabel.Nifti2Image(np.ones((2, 2, 2, 2), np.float64), np.diag([1, 2, 3, 1]))
    return [image.to_bytes(), four.to_bytes()]


def import_and_load(path: Path) -> None:
    """As an import and a view do it."""
    importer = ImagingImporter({})
    importer.wants(path)
    answers = list(importer.scan([path]))
    assert answers
    found = [answer for answer in answers if isinstance(answer, Found)]
    assert all(answer.reason for answer in answers if isinstance(answer, Skipped))
    for draft in importer.assemble(found) if found else ():
        if isinstance(draft, RecordDraft) and draft.kind in ("volume", "images"):
            record, files = as_record(draft, found)
            try:
                load(record, files, lambda done, text: None)
            except MedStationError as error:
                assert error.message


def bounded(path: Path) -> None:
    tracemalloc.start()
    try:
        import_and_load(path)
        assert tracemalloc.get_traced_memory()[1] < LARGEST
    finally:
        tracemalloc.stop()


@pytest.mark.filterwarnings("ignore")
@fuzz
@given(data=mutated([seed[:6000] for seed in dicom_seeds()]))
def test_the_walk_over_a_dicom_header(data: bytes) -> None:
    with suppress(Unusual, Short):
        walk(data, len(data), WANTED)


@pytest.mark.filterwarnings("ignore")
@fuzz
@given(data=mutated(dicom_seeds()))
def test_importing_and_loading_a_dicom_file(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.dcm").write_bytes(data)
    bounded(tmp_path / "a.dcm")


@pytest.mark.filterwarnings("ignore")
@fuzz
@given(data=mutated(nifti_seeds()))
def test_importing_and_loading_a_nifti_file(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.nii").write_bytes(data)
    bounded(tmp_path / "a.nii")


@fuzz
@given(
    data=mutated([b"\xff\xd8\xff\xe0\0\x04ab\xff\xc0\0\x0b\x08\0\x10\0\x20\1\1\x11\0", b"\xff\x4f\xff\x51" + bytes(40)])
)
def test_the_size_in_a_code_stream(data: bytes) -> None:
    size = stream_size(data)
    assert size is None or min(size) >= 0
