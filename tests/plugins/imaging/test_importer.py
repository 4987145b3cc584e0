"""Files become the records a reader expects: nothing mixed, nothing dropped without a word."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dicom_phantom import AXIAL, SAGITTAL, assemble, dataset, loaded, only, pixels_of, write, write_series
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import EnhancedCTImageStorage

from medstation.api import Record
from medstation_imaging.importer import ImagingImporter
from medstation_imaging.owners import mask_owner


def line(count: int, gap: float = 2.0) -> list[tuple[float, float, float]]:
    return [(0, 0, gap * k) for k in range(count)]


def by_part(records: list) -> dict[str, Record]:
    parts = {record.meta.get("series", "") + str(place): record for place, (record, _) in enumerate(records)}
    assert len(parts) == len(records)
    return parts


def test_a_regular_series_is_one_volume(tmp_path: Path) -> None:
    record, files = only(write_series(tmp_path, line(5)))
    assert (record.kind, record.title, record.subtitle) == ("volume", "CT chest 2.0 mm", "5 images · 2.00 mm")
    assert record.when == "2024-01-02T10:15:00"
    assert record.meta["volume"]["shape"] == [5, 6, 5]
    assert record.meta["window"] == [40, 400]
    assert record.meta["modality"] == "CT"
    assert not record.notes
    assert len(files) == 5


def test_device_and_site_are_kept_for_those_who_compare_groups(tmp_path: Path) -> None:
    made = {"Manufacturer": "ACME", "ManufacturerModelName": "One", "InstitutionName": "General"}
    record, _ = only(write_series(tmp_path, line(3), **made))
    assert [record.meta[name] for name in ("manufacturer", "model", "institution")] == ["ACME", "One", "General"]


def test_a_missing_slice_keeps_the_images_but_makes_no_volume(tmp_path: Path) -> None:
    record, _ = only(write_series(tmp_path, [place for place in line(8) if place[2] != 6]))
    assert record.kind == "images"
    assert "volume" not in record.meta
    assert record.notes == (
        "Slice missing between 4 and 8 mm: shown as single images, without 3-D and volume measures.",
    )


def test_two_patients_in_one_folder_are_not_mixed(tmp_path: Path) -> None:
    paths = write_series(tmp_path / "a", line(3))
    other = {"PatientID": "P2", "PatientName": "Two^Test", "SOPInstanceUID": None}
    paths += write_series(tmp_path / "b", line(4), **other)
    records, skipped = assemble(paths)
    assert not skipped
    assert sorted((record.person.key, record.meta["images"]) for record, _ in records) == [("P1", 3), ("P2", 4)]


def test_patients_without_an_id_are_told_apart_by_name(tmp_path: Path) -> None:
    paths = write_series(tmp_path / "a", line(2), PatientID="")
    paths += write_series(tmp_path / "b", line(2), PatientID=None, PatientName="Two^Test")
    records, _ = assemble(paths)
    assert {record.person.key for record, _ in records} == {
        "no ID: One, Test 1950-01-01",
        "no ID: Two, Test 1950-01-01",
    }


def test_mixed_directions_are_split_with_a_note(tmp_path: Path) -> None:
    paths = write_series(tmp_path / "a", line(4), SOPInstanceUID=None)
    places = [(2.0 * k, 0, 0) for k in range(3)]
    paths += write_series(tmp_path / "b", places, ImageOrientationPatient=[-x for x in SAGITTAL[:3]] + [0, 0, -1.0],
                          SOPInstanceUID=None)  # fmt: skip
    records, _ = assemble(paths)
    assert [(record.kind, record.meta["images"]) for record, _ in records] == [("volume", 4), ("volume", 3)]
    note = "The series mixes 2 image sizes or directions; it is shown as 2 records."
    assert all(record.notes == (note,) for record, _ in records)


def test_echoes_at_the_same_positions_are_told_apart(tmp_path: Path) -> None:
    paths = []
    for echo in (2, 1):
        extra = {"EchoTime": str(10.0 * echo), "EchoNumbers": str(echo), "SOPInstanceUID": None}
        paths += write_series(tmp_path / str(echo), line(4), **extra)
    records, _ = assemble(paths)
    assert [record.kind for record, _ in records] == ["volume", "volume"]
    assert "part 1 of 2 (echo 1)" in records[0][0].notes[0]
    assert "part 2 of 2 (echo 2)" in records[1][0].notes[0]
    assert [files.facts(0)["echo"] for _, files in records] == [1, 2]


def test_the_first_part_is_the_same_record_before_and_after_the_second_came(tmp_path: Path) -> None:
    importer = ImagingImporter({})
    first = list(importer.scan(write_series(tmp_path / "1", line(4), EchoNumbers="1", SOPInstanceUID=None)))
    second = list(importer.scan(write_series(tmp_path / "2", line(4), EchoNumbers="2", SOPInstanceUID=None)))
    before = importer.assemble(first)
    after = importer.assemble(first + second)
    assert after[0].part == before[0].part
    assert len({draft.part for draft in after}) == 2


def test_one_repeated_slice_gets_a_record_of_its_own(tmp_path: Path) -> None:
    paths = write_series(tmp_path, line(5))
    again = dataset(pixels_of(9), 9, ImagePositionPatient=[0, 0, 4.0])
    records, skipped = assemble([*paths, write(tmp_path, "again.dcm", again)])
    assert not skipped
    assert [(record.kind, record.meta["images"]) for record, _ in records] == [("volume", 5), ("images", 1)]
    assert loaded(*records[0]).array[2, 0, 0] == 2 - 1024
    assert "image 2 of the same position" in records[1][0].notes[0]


def test_a_copy_under_another_name_is_skipped_and_named(tmp_path: Path) -> None:
    paths = write_series(tmp_path, line(3))
    copy = tmp_path / "copy.dcm"
    copy.write_bytes(paths[0].read_bytes())
    records, skipped = assemble([*paths, copy])
    assert records[0][0].meta["images"] == 3
    assert [(answer.path.name, answer.harmless) for answer in skipped] == [("copy.dcm", True)]


def test_another_image_under_a_known_uid_is_not_lost_silently(tmp_path: Path) -> None:
    paths = write_series(tmp_path, line(3))
    other = dataset(pixels_of(9), 0, ImagePositionPatient=[0, 0, 50.0])
    _, skipped = assemble([*paths, write(tmp_path, "other.dcm", other)])
    assert not skipped[0].harmless
    assert "different header" in skipped[0].reason


def test_images_without_a_place_are_a_stack_in_their_own_order(tmp_path: Path) -> None:
    plain = {"ImagePositionPatient": None, "ImageOrientationPatient": None, "Modality": "US", "SeriesDescription": ""}
    paths = [write(tmp_path, f"{9 - k}.dcm", dataset(pixels_of(k), k, **plain)) for k in range(4)]
    record, files = only(paths)
    assert (record.kind, record.title) == ("images", "US")
    assert [files.facts(k)["instance"] for k in range(4)] == [1, 2, 3, 4]


def test_a_clip_is_one_record_of_its_frames(tmp_path: Path) -> None:
    pixels = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)
    made = dataset(pixels[0], 0, ImagePositionPatient=None, NumberOfFrames="3", PixelData=pixels.tobytes(),
                   RescaleIntercept="0", FrameTime="40")  # fmt: skip
    record, files = only([write(tmp_path, "clip.dcm", made)])
    assert (record.kind, record.meta["images"]) == ("images", 3)
    assert np.array_equal(loaded(record, files).array, pixels)


def test_a_report_is_listed_and_not_dropped(tmp_path: Path) -> None:
    made = dataset(pixels_of(0), PixelData=None, SOPClassUID="1.2.840.10008.5.1.4.1.1.88.22", Modality="SR")
    record, _ = only([write(tmp_path, "sr.dcm", made)])
    assert (record.kind, record.title) == ("document", "Structured report · chest")


def enhanced(order: list[int]) -> Dataset:
    """An enhanced CT whose frames come in `order` of position, 1.5 mm apart; each is filled with its place."""
    pixels = np.stack([np.full((4, 5), place, np.int16) for place in order])
    made = dataset(pixels[0], 0, SOPClassUID=EnhancedCTImageStorage, ImagePositionPatient=None, PixelSpacing=None,
                   ImageOrientationPatient=None, NumberOfFrames=str(len(order)), PixelData=pixels.tobytes(),
                   RescaleSlope=None, RescaleIntercept=None)  # fmt: skip
    shared, measures, direction, values = Dataset(), Dataset(), Dataset(), Dataset()
    measures.PixelSpacing = [0.5, 0.6]
    direction.ImageOrientationPatient = list(AXIAL)
    values.RescaleSlope, values.RescaleIntercept, values.RescaleType = "1", "-10", "HU"
    shared.PixelMeasuresSequence = DicomSequence([measures])
    shared.PlaneOrientationSequence = DicomSequence([direction])
    shared.PixelValueTransformationSequence = DicomSequence([values])
    made.SharedFunctionalGroupsSequence = DicomSequence([shared])
    made.PerFrameFunctionalGroupsSequence = DicomSequence()
    for place in order:
        frame, position = Dataset(), Dataset()
        position.ImagePositionPatient = [0, 0, 1.5 * place]
        frame.PlanePositionSequence = DicomSequence([position])
        made.PerFrameFunctionalGroupsSequence.append(frame)
    return made


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]])
def test_enhanced_frames_are_sorted_by_their_positions(tmp_path: Path, order: list[int]) -> None:
    record, files = only([write(tmp_path, "enhanced.dcm", enhanced(order))])
    assert record.kind == "volume"
    assert record.meta["volume"]["spacing"] == [1.5, 0.5, 0.6]
    assert loaded(record, files).array[:, 0, 0].tolist() == [-10, -9, -8, -7]


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "shape", "gap"),
    [
        ("dicom_acrin_petct/CT", [135, 512, 512], 3.27),
        ("dicom_acrin_petct/PET_AC", [135, 128, 128], 3.27),
        ("dicom_prostatex_mr/T2_tra", [21, 384, 384], 3.0),
        ("dicom_ge_mr_fruit196", [196, 256, 256], 1.2),
        ("dicom_siemens_xa30_enhanced/5_anat-T1w_acq-tfl", [96, 128, 128], 2.0),
    ],
)
def test_real_series_are_the_volumes_their_source_describes(realdata, name: str, shape: list[int], gap: float) -> None:
    record, _ = only(sorted(realdata(name).rglob("*.dcm")))
    assert record.meta["volume"]["shape"] == shape
    assert record.meta["volume"]["spacing"][0] == pytest.approx(gap, abs=0.01)


@pytest.mark.realdata
def test_a_segmentation_finds_the_series_it_was_drawn_on(realdata) -> None:
    folder = realdata("dicom_dcmqi")
    record, files = only(sorted((folder / "segmentations" / "ct-3slice").rglob("*.dcm")))
    (path,) = folder.rglob("liver.dcm")
    assert mask_owner(path) == record.meta["series"] == files.found[0].group


def test_a_nifti_mask_belongs_to_the_patient_of_its_name() -> None:
    assert mask_owner(Path("labels/case_7.nii.gz")) == "case_7"
