"""DICOM segmentations made by others are read into the right voxels; those of other images are refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import highdicom
import numpy as np
import pydicom
import pytest
from dicom_phantom import SERIES, only, write_series
from highdicom.seg import SegmentAlgorithmTypeValues, Segmentation, SegmentDescription
from pydicom.data import get_testdata_file
from pydicom.sr.codedict import codes

from medstation.api import BadInput, FileSource, Record
from medstation_imaging import labels, masks, seg

Case = tuple[Record, FileSource]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    places = [(10, -20, 2.5 * k) for k in range(4)]
    write_series(tmp_path / "ct", places, FrameOfReferenceUID="1.2.3.9", AccessionNumber="", StudyID="")
    return tmp_path / "ct"


@pytest.fixture
def case(folder: Path) -> Case:
    return only(sorted(folder.glob("*.dcm")))


def write_seg(folder: Path, pixels: np.ndarray, kind: str, segments: int, order: list[int] | None = None) -> Path:
    """A SEG by highdicom of `pixels` (slice, row, column[, segment]), its slices taken in `order`."""
    sources = [pydicom.dcmread(path) for path in sorted(folder.glob("*.dcm"))]
    order = order or list(range(len(sources)))
    tissue = codes.SCT.Tissue
    names = [
        SegmentDescription(number, f"part {number}", tissue, tissue, SegmentAlgorithmTypeValues.MANUAL)
        for number in range(1, segments + 1)
    ]
    facts: dict[str, Any] = {"manufacturer": "Test", "manufacturer_model_name": "Test", "software_versions": "1"}
    segmentation = Segmentation(
        [sources[index] for index in order], pixels[order], kind, names, highdicom.UID(), 1, highdicom.UID(), 1,
        device_serial_number="1", **facts,
    )  # fmt: skip
    segmentation.save_as(folder.parent / "seg.dcm")
    return folder.parent / "seg.dcm"


def read(case: Case, path: Path) -> tuple[np.ndarray, list[str]]:
    return masks.decode(labels.read_mask(*case, path).payload)


def drawn() -> np.ndarray:
    mask = np.random.default_rng(5).integers(0, 4, (4, 6, 5)).astype(np.uint8)
    mask[2] = 0
    return mask


@pytest.mark.parametrize("kind", ["BINARY", "LABELMAP", "FRACTIONAL"])
@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 0, 2, 1]])
def test_segments_land_on_their_slices(case: Case, folder: Path, kind: str, order: list[int]) -> None:
    pixels = drawn()
    given = pixels if kind != "FRACTIONAL" else np.stack([pixels == n for n in (1, 2, 3)], axis=-1).astype(float)
    mask, names = read(case, write_seg(folder, given, kind, 3, order))
    assert np.array_equal(mask, pixels)
    assert names == ["part 1", "part 2", "part 3"]


def test_fraction_of_half_and_more_is_inside(case: Case, folder: Path) -> None:
    chances = np.linspace(0, 1, 120).reshape(4, 6, 5)
    mask, _ = read(case, write_seg(folder, chances, "FRACTIONAL", 1))
    assert np.array_equal(mask == 1, np.rint(chances * 255) >= 127.5)


def test_where_segments_overlap_the_later_one_has_the_voxel_and_it_is_noted(case: Case, folder: Path) -> None:
    pixels = np.zeros((4, 6, 5, 2), np.uint8)
    pixels[1, :3, :, 0] = 1
    pixels[1, 2:, :, 1] = 1
    draft = labels.read_mask(*case, write_seg(folder, pixels, "BINARY", 2))
    mask, _ = masks.decode(draft.payload)
    assert (mask[1, :2] == 1).all() and (mask[1, 2:] == 2).all()
    assert draft.summary["notes"] == ["5 voxels lie in several segments; the later one has them."]


def test_seg_says_which_series_it_was_drawn_on(case: Case, folder: Path) -> None:
    path = write_seg(folder, drawn(), "BINARY", 3)
    assert seg.series_of(path) == SERIES == case[0].meta["series"]
    assert seg.series_of(folder / "000.dcm") is None
    (folder / "text.dcm").write_text("text")
    assert seg.series_of(folder / "text.dcm") is None


def changed(path: Path, change: Callable[[Any], None]) -> Path:
    dataset = pydicom.dcmread(path)
    change(dataset)
    dataset.save_as(path)
    return path


def test_seg_of_another_series_is_refused(case: Case, folder: Path) -> None:
    path = write_seg(folder, drawn(), "BINARY", 3)
    changed(path, lambda seg: setattr(seg.ReferencedSeriesSequence[0], "SeriesInstanceUID", "1.2.99"))
    with pytest.raises(BadInput, match=r"seg.dcm was drawn on series 1\.2\.99"):
        labels.read_mask(*case, path)


def test_seg_in_another_frame_of_reference_is_refused(case: Case, folder: Path) -> None:
    path = changed(write_seg(folder, drawn(), "BINARY", 3), lambda seg: setattr(seg, "FrameOfReferenceUID", "1.2.77"))
    with pytest.raises(BadInput, match="another frame of reference"):
        labels.read_mask(*case, path)


def test_seg_between_the_slices_is_refused_with_both_geometries(case: Case, folder: Path) -> None:
    def move(seg: Any) -> None:
        for frame in seg.PerFrameFunctionalGroupsSequence:
            place = frame.PlanePositionSequence[0]
            place.ImagePositionPatient = [*place.ImagePositionPatient[:2], place.ImagePositionPatient[2] + 1]

    with pytest.raises(BadInput) as raised:
        labels.read_mask(*case, changed(write_seg(folder, drawn(), "BINARY", 3), move))
    assert "seg.dcm" in raised.value.message and raised.value.message.count("voxels of") == 2


@pytest.mark.parametrize(
    "lost",
    ["SegmentSequence", "PerFrameFunctionalGroupsSequence", "SharedFunctionalGroupsSequence", "PixelData", "Rows"],
)
def test_seg_that_lacks_a_part_is_refused(case: Case, folder: Path, lost: str) -> None:
    path = changed(write_seg(folder, drawn(), "BINARY", 3), lambda seg: delattr(seg, lost))
    with pytest.raises(BadInput, match=r"seg\.dcm"):
        labels.read_mask(*case, path)


def test_seg_that_is_cut_off_is_refused(case: Case, folder: Path) -> None:
    path = write_seg(folder, drawn(), "BINARY", 3)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(BadInput, match=r"seg\.dcm"):
        labels.read_mask(*case, path)


def test_unknown_segment_number_is_refused(case: Case, folder: Path) -> None:
    def rename(seg: Any) -> None:
        seg.SegmentSequence[0].SegmentNumber = 9

    with pytest.raises(BadInput, match="segment 1"):
        labels.read_mask(*case, changed(write_seg(folder, drawn(), "BINARY", 3), rename))


@pytest.mark.realdata
@pytest.mark.parametrize(("name", "segments"), [("liver.dcm", 1), ("partial_overlaps.dcm", 5)])
def test_real_segs_of_a_ct_land_where_dcmqi_put_them(realdata: Callable[[str], Path], name: str, segments: int) -> None:
    folder = realdata("dicom_dcmqi") / "segmentations"
    case = only(sorted((folder / "ct-3slice").glob("*.dcm")))
    mask, names = read(case, folder / name)
    truly = pydicom.dcmread(folder / name)
    truth = np.zeros_like(mask)
    for pixels, frame in zip(truly.pixel_array, truly.PerFrameFunctionalGroupsSequence, strict=True):
        z = round(float(frame.PlanePositionSequence[0].ImagePositionPatient[2]) + 128.690002)
        truth[z][pixels > 0] = frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber
    assert np.array_equal(mask, truth) and mask.any()
    assert len(names) == segments
    assert names[0] == truly.SegmentSequence[0].SegmentLabel


@pytest.mark.realdata
@pytest.mark.parametrize("size", ["23x38x3", "24x38x3"])
def test_real_segs_of_odd_sizes_are_unpacked_bit_by_bit(realdata: Callable[[str], Path], size: str) -> None:
    folder = realdata("dicom_dcmqi") / "segmentations" / size
    record, files = only(sorted((folder / "image").glob("*.dcm")))
    path = folder / "seg" / "label.seg"
    assert seg.series_of(path) == record.meta["series"]
    mask, names = read((record, files), path)
    truly = pydicom.dcmread(path)
    assert int(mask.astype(bool).sum()) == int(truly.pixel_array.sum()) > 0
    assert len(names) == len(truly.SegmentSequence)


@pytest.mark.realdata
@pytest.mark.parametrize("name", ["sparse-labelmap-ppv5.dcm", "sparse-labelmap-noppv.dcm"])
def test_real_label_map_is_read_without_its_background(realdata: Callable[[str], Path], name: str) -> None:
    folder = realdata("dicom_dcmqi") / "segmentations"
    case = only(sorted((folder / "24x38x3" / "image").glob("*.dcm")))
    mask, names = read(case, folder / name)
    assert names == ["Liver"]
    assert int((mask == 1).sum()) == int((pydicom.dcmread(folder / name).pixel_array == 1).sum()) > 0


@pytest.fixture
def brain() -> Case:
    """Three slices of the CT series in pydicom's test files that highdicom's segmentations were drawn on."""
    folder = Path(str(get_testdata_file("dicomdirtests/77654033/CT2/17136"))).parent
    return only([folder / name for name in ("17136", "17166", "17196")])


@pytest.mark.realdata
@pytest.mark.parametrize("name", ["binary", "binary_fractional", "true_fractional"])
def test_real_segs_of_highdicom_are_read(realdata: Callable[[str], Path], brain: Case, name: str) -> None:
    path = realdata("dicom_highdicom") / f"seg_image_ct_{name}.dcm"
    assert seg.series_of(path) == brain[0].meta["series"]
    truly = pydicom.dcmread(path)
    mask, names = read(brain, path)
    level = 1 if name == "binary" else truly.MaximumFractionalValue / 2
    assert np.array_equal(mask.astype(bool), truly.pixel_array >= level) and mask.any()
    assert names == ["first segment"]


@pytest.mark.realdata
def test_seg_with_a_frame_on_a_slice_that_was_not_imported_is_refused(
    realdata: Callable[[str], Path], brain: Case
) -> None:
    with pytest.raises(BadInput, match=r"-99\.48"):
        labels.read_mask(*brain, realdata("dicom_highdicom") / "seg_image_ct_binary_overlap.dcm")


@pytest.mark.realdata
@pytest.mark.parametrize("name", ["cr_binary", "sm_control", "sm_dots_tiled_full", "sm_control_labelmap"])
def test_segs_of_other_kinds_of_images_are_refused(realdata: Callable[[str], Path], case: Case, name: str) -> None:
    path = realdata("dicom_highdicom") / f"seg_image_{name}.dcm"
    with pytest.raises(BadInput, match=path.name):
        labels.read_mask(*case, path)
