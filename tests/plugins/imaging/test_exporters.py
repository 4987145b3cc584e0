"""What leaves MedStation is what was in it: masks come back by the voxel, files by the bit; nothing is overwritten."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pydicom
import pytest
from dicom_judge import faults
from dicom_phantom import assemble, loaded, only, write_series

from medstation.api import BadInput, ExportItem, FileSource, Json, ModelInfo, Record
from medstation_imaging import exporters, labels, masks, seg

Case = tuple[Record, FileSource]
MODEL = ModelInfo("m-3", "nodules", 2, "candidate", "imaging.series", "segmentation", {}, {})
WRITERS = [exporters.write_seg, exporters.write_nifti, exporters.write_csv]


@pytest.fixture
def case(tmp_path: Path) -> Case:
    places = [(10, -20, 2.5 * k) for k in range(4)]
    return only(write_series(tmp_path / "ct", places, FrameOfReferenceUID="1.2.3.9"))


def drawn(segments: int = 3) -> np.ndarray:
    mask = np.random.default_rng(5).integers(0, segments + 1, (4, 6, 5)).astype(np.uint8)
    mask[2] = 0
    return mask


def item(record: Record, mask: np.ndarray, names: list[str], model: ModelInfo | None = None) -> ExportItem:
    return ExportItem(record, "mask", masks.encode(mask, names), {}, "Anna", model)


def read_back(case: Case, path: Path) -> tuple[np.ndarray, list[str]]:
    return masks.decode(labels.read_mask(*case, path).payload)


@pytest.mark.parametrize("model", [None, MODEL])
def test_seg_comes_back_as_it_went_out(case: Case, tmp_path: Path, model: ModelInfo | None) -> None:
    mask, names = drawn(), ["lung nodules", "Gefäß", "结节"]
    (path,) = exporters.write_seg(item(case[0], mask, names, model), case[1], tmp_path / "out.dcm")
    back, names_back = read_back(case, path)
    assert np.array_equal(back, mask) and names_back == names
    assert seg.series_of(path) == case[0].meta["series"]


def test_seg_keeps_a_segment_without_voxels(case: Case, tmp_path: Path) -> None:
    mask = np.where(drawn() == 2, 0, drawn()).astype(np.uint8)
    (path,) = exporters.write_seg(item(case[0], mask, ["a", "b", "c"]), case[1], tmp_path / "out.dcm")
    back, names = read_back(case, path)
    assert np.array_equal(back, mask) and names == ["a", "b", "c"]


def test_empty_mask_can_be_written_and_read(case: Case, tmp_path: Path) -> None:
    mask = np.zeros((4, 6, 5), np.uint8)
    (path,) = exporters.write_seg(item(case[0], mask, ["a"]), case[1], tmp_path / "out.dcm")
    assert labels.read_mask(*case, path).summary["notes"] == ["The mask is empty."]


def test_seg_says_what_drew_it_and_refers_to_every_image(case: Case, tmp_path: Path) -> None:
    (by_model,) = exporters.write_seg(item(case[0], drawn(), ["a", "b", "c"], MODEL), case[1], tmp_path / "m.dcm")
    (by_hand,) = exporters.write_seg(item(case[0], drawn(), ["a", "b", "c"]), case[1], tmp_path / "h.dcm")
    written = pydicom.dcmread(by_model)
    segment = written.SegmentSequence[0]
    algorithm = segment.SegmentationAlgorithmIdentificationSequence[0]
    assert (segment.SegmentAlgorithmType, algorithm.AlgorithmName) == ("AUTOMATIC", "nodules")
    assert algorithm.AlgorithmVersion == "2"
    assert pydicom.dcmread(by_hand).SegmentSequence[0].SegmentAlgorithmType == "MANUAL"
    assert written.PatientID == "P1" and written.StudyInstanceUID == "1.2.3.4"
    used = [image.ReferencedSOPInstanceUID for image in written.ReferencedSeriesSequence[0].ReferencedInstanceSequence]
    assert set(used) == {case[1].facts(index)["sop"] for index in range(4)}


@pytest.mark.parametrize("model", [None, MODEL])
def test_seg_is_valid_dicom(case: Case, tmp_path: Path, model: ModelInfo | None) -> None:
    (path,) = exporters.write_seg(item(case[0], drawn(), ["nodule", "b", "c"], model), case[1], tmp_path / "out.dcm")
    assert faults(path) == []


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "pattern"),
    [("dicom_dcmqi", "segmentations/ct-3slice/*.dcm"), ("dicom_acrin_petct", "PET_AC/**/*.dcm"),
     ("dicom_prostatex_mr", "T2_tra/**/*.dcm"), ("dicom_ge_mr_fruit196", "**/*.dcm")],
)  # fmt: skip
def test_seg_of_real_images_is_valid_and_comes_back(
    realdata: Callable[[str], Path], tmp_path: Path, name: str, pattern: str
) -> None:
    case = only(sorted(realdata(name).glob(pattern)))
    shape = case[0].meta["volume"]["shape"]
    mask = np.zeros(shape, np.uint8)
    middle = [length // 2 for length in shape]
    mask[: middle[0] + 1, middle[1] : middle[1] + 30, 5:40] = 1
    mask[1:3, :7, 50:] = 2
    (path,) = exporters.write_seg(item(case[0], mask, ["a", "b"], MODEL), case[1], tmp_path / "out.dcm")
    assert np.array_equal(read_back(case, path)[0], mask)
    assert faults(path) == []


@pytest.mark.realdata
def test_seg_of_an_enhanced_multi_frame_image_comes_back(realdata: Callable[[str], Path], tmp_path: Path) -> None:
    (path,) = sorted(realdata("dicom_siemens_xa30_enhanced").glob("5_anat*/**/*.dcm"))
    records, _ = assemble([path])
    record, files = next(one for one in records if "volume" in one[0].meta)
    mask = np.zeros(record.meta["volume"]["shape"], np.uint8)
    mask[10:40, 20:50, 30:90] = 1
    (written,) = exporters.write_seg(item(record, mask, ["brain"]), files, tmp_path / "out.dcm")
    assert np.array_equal(read_back((record, files), written)[0], mask)
    assert faults(written) == []


def test_seg_of_a_nifti_image_is_refused_with_the_way_out(tmp_path: Path) -> None:
    nibabel.save(nibabel.Nifti1Image(np.zeros((5, 6, 4), np.int16), np.eye(4)), tmp_path / "n.nii")
    record, files = only([tmp_path / "n.nii"])
    with pytest.raises(BadInput) as raised:
        exporters.write_seg(item(record, np.ones((4, 6, 5), np.uint8), ["a"]), files, tmp_path / "out.dcm")
    assert raised.value.hint == "Export it as NIfTI."
    assert not (tmp_path / "out.dcm").exists()


def test_seg_needs_images_with_a_frame_of_reference(tmp_path: Path) -> None:
    record, files = only(write_series(tmp_path / "ct", [(0, 0, k) for k in range(4)]))
    with pytest.raises(BadInput, match="frame of reference"):
        exporters.write_seg(item(record, drawn(), ["a", "b", "c"]), files, tmp_path / "out.dcm")


def test_nifti_mask_comes_back_with_its_names(case: Case, tmp_path: Path) -> None:
    written = exporters.write_nifti(item(case[0], drawn(), ["a", "b", "c"]), case[1], tmp_path / "out.nii.gz")
    assert [path.name for path in written] == ["out.nii.gz", "out.json"]
    back, names = read_back(case, written[0])
    assert np.array_equal(back, drawn()) and names == ["a", "b", "c"]


def test_nifti_lies_where_the_dicom_images_lie(case: Case, tmp_path: Path) -> None:
    export = ExportItem(case[0], "volume", None, {}, "Anna")
    (path,) = exporters.write_nifti(export, case[1], tmp_path / "out.nii")
    image: Any = nibabel.load(path)
    assert np.array_equal(np.asarray(image.dataobj).T, loaded(*case).array)
    assert np.allclose(image.affine @ [0, 0, 3, 1], [-10, 20, 7.5, 1])
    assert np.allclose(image.header.get_zooms(), (0.8, 0.7, 2.5)) and image.header.get_xyzt_units()[0] == "mm"
    assert np.allclose(image.get_qform(), image.get_sform(), atol=1e-4)


def test_nifti_bytes_are_the_same_each_time(case: Case, tmp_path: Path) -> None:
    one, two = (
        exporters.write_nifti(item(case[0], drawn(), ["a", "b", "c"]), case[1], tmp_path / folder / "out.nii.gz")[0]
        for folder in ("1", "2")
    )
    assert one.read_bytes() == two.read_bytes()


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def test_table_has_a_row_for_each_piece_of_a_segment(case: Case, tmp_path: Path) -> None:
    mask = np.zeros((4, 6, 5), np.uint8)
    mask[0, 0, 0] = 1
    mask[2:4, 3:5, 2] = 1
    mask[3, 0, 4] = 2
    summary: Json = {"confidence": 0.5, "findings": [{"colour": 1, "confidence": 0.91, "place": {"voxel": [2, 3, 2]}}]}
    payload = masks.encode(mask, ["=HYPERLINK(1)", "vessel"])
    export = ExportItem(case[0], "mask", payload, summary, "Anna", MODEL)
    (path,) = exporters.write_csv(export, case[1], tmp_path / "out.csv")
    first, second, third = rows_of(path)
    assert (first["segment"], first["finding"], first["voxels"]) == ("'=HYPERLINK(1)", "1", "4")
    assert float(first["volume_ml"]) == pytest.approx(4 * 0.7 * 0.8 * 2.5 / 1000, abs=1e-4)
    centre = [float(first[f"centre_{name}_mm"]) for name in ("left", "posterior", "superior")]
    assert centre == pytest.approx([10 + 2 * 0.8, -20 + 3.5 * 0.7, 2.5 * 2.5], abs=0.01)
    assert (first["confidence"], second["confidence"], third["segment"]) == ("0.91", "0.5", "vessel")
    assert (first["patient"], first["model"], second["finding"]) == ("P1", "nodules@2", "2")


def test_table_of_a_class_lists_its_probabilities(case: Case, tmp_path: Path) -> None:
    payload = json.dumps({"class": "benign", "probabilities": {"malignant": 0.2, "benign": 0.8}}).encode()
    (path,) = exporters.write_csv(ExportItem(case[0], "class", payload, {}, "", MODEL), case[1], tmp_path / "out.csv")
    assert [(row["class"], row["probability"]) for row in rows_of(path)] == [("benign", "0.8"), ("malignant", "0.2")]


def test_original_files_come_out_bit_for_bit(case: Case, tmp_path: Path) -> None:
    export = ExportItem(case[0], "volume", None, {}, "Anna")
    written = exporters.write_originals(export, case[1], tmp_path / "out")
    for path in written:
        assert (
            hashlib.sha256(path.read_bytes()).digest()
            == hashlib.sha256((tmp_path / "ct" / path.name).read_bytes()).digest()
        )
    assert len(written) == 4 == len(list((tmp_path / "out").iterdir()))


class NamedFiles:
    """Two files of any names."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def __len__(self) -> int:
        return len(self.names)

    def name(self, index: int) -> str:
        return self.names[index]

    def facts(self, index: int) -> Json:
        return {}

    def size(self, index: int) -> int:
        return 3

    def read(self, index: int, offset: int = 0, length: int = -1) -> bytes:
        return b"%03d" % index

    def readinto(self, index: int, offset: int, buffer: memoryview) -> None:
        raise NotImplementedError


def test_names_of_original_files_stay_inside_the_folder_and_apart(case: Case, tmp_path: Path) -> None:
    files = NamedFiles("../../etc/passwd", "a/IM1", "b/im1", "C:\\x\\y.dcm", "..", "", 'w?"x')
    written = exporters.write_originals(ExportItem(case[0], "volume", None, {}, ""), files, tmp_path / "out")
    names = [path.name for path in written]
    assert names == ["passwd", "IM1", "00003_im1", "y.dcm", "file_00005", "file_00006", "w__x"]
    assert all(path.parent == tmp_path / "out" for path in written)
    assert [path.read_bytes() for path in written] == [b"%03d" % index for index in range(7)]


@pytest.mark.parametrize("write", WRITERS)
def test_nothing_is_overwritten(case: Case, tmp_path: Path, write: Callable[..., Any]) -> None:
    out = tmp_path / "out.nii"
    out.write_text("mine")
    with pytest.raises(BadInput, match="exists already"):
        write(item(case[0], drawn(), ["a", "b", "c"]), case[1], out)
    assert out.read_text() == "mine"


def test_folder_with_something_in_it_is_left_alone(case: Case, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("mine")
    with pytest.raises(BadInput, match="exists already"):
        exporters.write_originals(ExportItem(case[0], "volume", None, {}, ""), case[1], tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine"]


def test_export_that_fails_half_way_leaves_nothing_behind(case: Case, tmp_path: Path) -> None:
    files = NamedFiles("a", "b")
    files.read = lambda index, offset=0, length=-1: b"abc" if index == 0 else (_ for _ in ()).throw(OSError(28, "full"))
    with pytest.raises(Exception, match="disk is full"):
        exporters.write_originals(ExportItem(case[0], "volume", None, {}, ""), files, tmp_path / "out")
    assert not (tmp_path / "out").exists()
