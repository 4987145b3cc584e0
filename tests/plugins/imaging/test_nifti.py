"""NIfTI volumes lie in the patient where nibabel says, and their values are its values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from dicom_phantom import assemble, loaded, only

from medstation.api import BadInput, Skipped
from medstation_imaging import nifti, scan

AFFINE = np.array([[-0.9, 0.1, 0, 10], [0.1, 0.9, 0.2, -20], [0, -0.2, 2.0, 30], [0, 0, 0, 1]])
VALUES = np.arange(4 * 5 * 6).reshape(4, 5, 6)


def save(path: Path, values: np.ndarray = VALUES, affine: np.ndarray = AFFINE, kind: Any = np.int16) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(nibabel.Nifti1Image(values.astype(kind), affine), path)
    return path


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_a_voxel_has_the_value_and_place_that_nibabel_gives_it(tmp_path: Path, suffix: str) -> None:
    record, files = only([save(tmp_path / f"case_7{suffix}")])
    volume = loaded(record, files)
    assert volume.array.shape == (6, 5, 4) == tuple(record.meta["volume"]["shape"])
    assert volume.array[5, 3, 1] == VALUES[1, 3, 5]
    ras = AFFINE @ [1, 3, 5, 1]
    assert np.allclose(volume.affine @ [1, 3, 5, 1], [-ras[0], -ras[1], ras[2], 1], atol=1e-4)
    assert volume.spacing == pytest.approx(np.linalg.norm(AFFINE[:3, :3], axis=0)[::-1], abs=1e-5)


def test_the_file_name_stands_for_the_patient(tmp_path: Path) -> None:
    record, _ = only([save(tmp_path / "case_7.nii.gz")])
    assert (record.person.key, record.kind, record.title) == ("case_7", "volume", "case_7")
    assert "names no patient" in record.notes[0]


@pytest.mark.parametrize(("kind", "expected"), [(np.uint8, np.uint8), (np.int16, np.int16), (np.int32, np.int16),
                                                (np.float64, np.float32), (np.uint16, np.uint16)])  # fmt: skip
def test_values_come_in_the_smallest_plain_type(tmp_path: Path, kind: Any, expected: Any) -> None:
    assert loaded(*only([save(tmp_path / "a.nii", kind=kind)])).array.dtype == expected


def test_scaled_values_are_scaled(tmp_path: Path) -> None:
    image = nibabel.Nifti1Image(VALUES.astype(np.int16), AFFINE)
    image.header.set_slope_inter(0.5, 10)
    path = tmp_path / "a.nii"
    nibabel.save(image, path)
    stored = nibabel.load(path)
    assert np.allclose(loaded(*only([path])).array, np.asarray(stored.dataobj).T)


def test_of_several_volumes_the_first_is_used_with_a_note(tmp_path: Path) -> None:
    record, files = only([save(tmp_path / "a.nii", np.stack([VALUES, VALUES + 1], -1))])
    assert "holds 2 volumes" in record.notes[1]
    assert loaded(record, files).array[0, 0, 0] == 0


def test_labels_beside_images_are_not_taken_for_images(tmp_path: Path) -> None:
    paths = [save(tmp_path / "imagesTr" / "a.nii"), save(tmp_path / "labelsTr" / "a.nii")]
    records, skipped = assemble(paths)
    assert len(records) == 1
    assert [answer.harmless for answer in skipped] == [True]
    assert "medstation label" in skipped[0].hint


def test_a_file_that_is_none_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.nii.gz"
    path.write_bytes(b"no NIfTI")
    answer = scan.scan_file(path)
    assert isinstance(answer, Skipped)
    assert "not a readable NIfTI" in answer.reason


def test_a_flat_affine_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "a.nii")
    data = bytearray(path.read_bytes())
    data[280:328] = np.zeros(12, "<f4").tobytes()  # srow_x, srow_y, srow_z
    path.write_bytes(data)
    answer = scan.scan_file(path)
    assert isinstance(answer, Skipped)
    assert "no usable geometry" in answer.reason


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_a_file_cut_off_in_its_values_is_bad_input(tmp_path: Path, suffix: str) -> None:
    path = save(tmp_path / f"a{suffix}", np.random.default_rng(0).integers(0, 9999, (20, 20, 20)))
    path.write_bytes(path.read_bytes()[:-3000])
    with pytest.raises(BadInput, match="cannot be read"):
        loaded(*only([path]))


def test_stems_are_without_both_suffixes() -> None:
    assert nifti.stem(Path("x/hippocampus_001.nii.gz")) == "hippocampus_001"
    assert nifti.stem(Path("x/A.NII")) == "A"


@pytest.mark.realdata
def test_the_open_hippocampus_volumes_load(realdata) -> None:
    paths = sorted(
        path for path in realdata("images_hippocampus_msd").rglob("*.nii.gz") if "images" in path.parent.name
    )
    records, skipped = assemble(paths[:5])
    assert len(records) == 5
    assert not skipped
    for record, files in records:
        assert list(loaded(record, files).array.shape) == record.meta["volume"]["shape"]
