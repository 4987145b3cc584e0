"""A mask lands on exactly the voxels it was drawn on, in whatever order its file has them, or is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import pytest
from dicom_phantom import assemble, only, write_series

from medstation.api import BadInput, FileSource, Record
from medstation_imaging import labels, masks
from medstation_imaging.grids import Grid, fit
from medstation_imaging.nifti import RAS_TO_LPS

Case = tuple[Record, FileSource]


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """A DICOM volume of 4 slices, 6 rows, 5 columns."""
    return only(write_series(tmp_path / "ct", [(10, -20, 2.5 * k) for k in range(4)]))


def drawn(shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 3, shape).astype(np.uint8)


def write_nifti(path: Path, mask: np.ndarray, affine: np.ndarray) -> Path:
    """`mask` (z, y, x) with its LPS `affine`."""
    nibabel.save(nibabel.Nifti1Image(mask.transpose(2, 1, 0), RAS_TO_LPS @ affine), path)
    return path


def affine_of(record: Record) -> np.ndarray:
    return np.asarray(record.meta["volume"]["affine"])


def read(case: Case, path: Path) -> tuple[np.ndarray, list[str]]:
    return masks.decode(labels.read_mask(*case, path).payload)


def test_nifti_mask_in_the_records_own_order_is_taken_as_it_is(case: Case, tmp_path: Path) -> None:
    mask = drawn((4, 6, 5))
    draft = labels.read_mask(*case, write_nifti(tmp_path / "m.nii.gz", mask, affine_of(case[0])))
    back, names = masks.decode(draft.payload)
    assert np.array_equal(back, mask)
    assert draft.kind == "mask" and names == ["segment 1", "segment 2"]
    first = draft.summary["segments"][0]
    assert first["voxels"] == int((mask == 1).sum())
    assert first["ml"] == pytest.approx(first["voxels"] * 2.5 * 0.7 * 0.8 / 1000, abs=1e-4)


@pytest.mark.parametrize("axes", [(0, 1, 2), (2, 0, 1), (1, 0, 2), (2, 1, 0), (1, 2, 0)])
@pytest.mark.parametrize("flips", [(1, 1, 1), (-1, 1, 1), (1, -1, -1), (-1, -1, -1)])
@pytest.mark.parametrize("oblique", [False, True])
def test_nifti_mask_in_another_order_of_axes_is_turned_exactly(
    tmp_path: Path, axes: tuple[int, int, int], flips: tuple[int, int, int], oblique: bool
) -> None:
    direction = [0.936293, 0.289629, -0.198669, -0.275096, 0.956425, 0.0978434] if oblique else [1, 0, 0, 0, 1, 0]
    normal = np.cross(direction[:3], direction[3:])
    places = [tuple(np.round([12.5, -30, 7] + normal * 3 * k, 5)) for k in range(4)]
    record, files = only(write_series(tmp_path / "ct", places, ImageOrientationPatient=direction))
    mask = drawn((4, 6, 5))
    image = nibabel.Nifti1Image(mask.transpose(2, 1, 0), RAS_TO_LPS @ affine_of(record))
    turned = image.as_reoriented(np.array(list(zip(axes, flips, strict=True))))
    nibabel.save(turned, tmp_path / "m.nii")
    assert np.array_equal(read((record, files), tmp_path / "m.nii")[0], mask)


@pytest.mark.parametrize("what", ["shifted", "stretched", "cropped", "turned"])
def test_nifti_mask_on_other_voxels_is_refused_with_both_geometries(case: Case, tmp_path: Path, what: str) -> None:
    mask, affine = drawn((4, 6, 5)), affine_of(case[0]).copy()
    if what == "shifted":
        affine[0, 3] += 0.4
    elif what == "stretched":
        affine[:3, 2] *= 1.1
    elif what == "cropped":
        mask = mask[1:]
    else:
        angle = np.radians(4)
        affine[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]] @ affine[:2, :2]
    with pytest.raises(BadInput) as raised:
        labels.read_mask(*case, write_nifti(tmp_path / "moved.nii", mask, affine))
    assert "moved.nii" in raised.value.message and raised.value.message.count("voxels of") == 2
    assert "resample" in raised.value.hint


def test_rounding_of_an_affine_is_no_reason_to_refuse(case: Case, tmp_path: Path) -> None:
    affine = affine_of(case[0]) + np.diag([1e-4, 1e-4, 1e-4, 0])
    affine[:3, 3] += 0.005
    assert read(case, write_nifti(tmp_path / "m.nii", drawn((4, 6, 5)), affine))[0].any()


def test_names_come_from_the_file_beside_the_mask(case: Case, tmp_path: Path) -> None:
    path = write_nifti(tmp_path / "m.nii.gz", drawn((4, 6, 5)), affine_of(case[0]))
    (tmp_path / "m.json").write_text(json.dumps({"names": {"0": "background", "1": "nodule", "2": "vessel", "3": "x"}}))
    assert read(case, path)[1] == ["nodule", "vessel", "x"]
    (tmp_path / "m.json").unlink()
    (tmp_path / "m.txt").write_text('# labels\n0 0 0 0 0 0 0 "Clear Label"\n1 255 0 0 1 1 1 "nodule"\n2 vessel tree\n')
    assert read(case, path)[1] == ["nodule", "vessel tree"]


def test_value_that_the_list_of_names_lacks_is_refused(case: Case, tmp_path: Path) -> None:
    path = write_nifti(tmp_path / "m.nii.gz", drawn((4, 6, 5)), affine_of(case[0]))
    (tmp_path / "m.json").write_text('{"names": {"1": "nodule"}}')
    with pytest.raises(BadInput, match="value 2"):
        labels.read_mask(*case, path)


@pytest.mark.parametrize("text", ["no", "{}", '{"names": 3}', '{"names": {"one": "a"}}', '{"names": {"-1": "a"}}'])
def test_unreadable_list_of_names_is_named(case: Case, tmp_path: Path, text: str) -> None:
    path = write_nifti(tmp_path / "m.nii.gz", drawn((4, 6, 5)), affine_of(case[0]))
    (tmp_path / "m.json").write_text(text)
    with pytest.raises(BadInput, match=r"m\.json"):
        labels.read_mask(*case, path)


@pytest.mark.parametrize(("value", "said"), [(-1, "-1"), (0.5, "0.5"), (np.nan, "nan"), (300, "300"), (np.inf, "inf")])
def test_values_that_are_no_labels_are_refused(case: Case, tmp_path: Path, value: float, said: str) -> None:
    mask = np.zeros((4, 6, 5), np.float32)
    mask[1, 2, 3] = value
    with pytest.raises(BadInput, match=said):
        labels.read_mask(*case, write_nifti(tmp_path / "m.nii", mask, affine_of(case[0])))


def test_whole_numbers_stored_as_floats_are_labels(case: Case, tmp_path: Path) -> None:
    mask = drawn((4, 6, 5))
    path = write_nifti(tmp_path / "m.nii", mask.astype(np.float64), affine_of(case[0]))
    assert np.array_equal(read(case, path)[0], mask)


def test_mask_of_0_and_255_is_one_segment(case: Case, tmp_path: Path) -> None:
    mask = (drawn((4, 6, 5)) > 0).astype(np.uint8)
    draft = labels.read_mask(*case, write_nifti(tmp_path / "m.nii", mask * 255, affine_of(case[0])))
    back, names = masks.decode(draft.payload)
    assert np.array_equal(back, mask) and names == ["segment 1"]
    assert "255" in draft.summary["notes"][0]


def test_empty_mask_is_taken_and_said_to_be_empty(case: Case, tmp_path: Path) -> None:
    path = write_nifti(tmp_path / "m.nii", np.zeros((4, 6, 5), np.uint8), affine_of(case[0]))
    assert labels.read_mask(*case, path).summary == {"segments": [], "notes": ["The mask is empty."]}


@pytest.mark.parametrize("name", ["m.nii", "m.nii.gz", "m.dcm", "m.txt"])
def test_file_that_is_no_mask_is_named(case: Case, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"nothing of the kind" * 50)
    with pytest.raises(BadInput, match=name):
        labels.read_mask(*case, tmp_path / name)


def test_missing_file_and_image_series_are_named(case: Case, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="does not exist"):
        labels.read_mask(*case, tmp_path / "none.nii")
    with pytest.raises(BadInput, match="no segmentation"):
        labels.read_mask(*case, tmp_path / "ct" / "000.dcm")


def test_record_without_a_grid_cannot_have_a_mask(tmp_path: Path) -> None:
    ((record, files),) = assemble(write_series(tmp_path / "ct", [(0, 0, z) for z in (0.0, 1.0, 7.3, 8.0)]))[0]
    with pytest.raises(BadInput, match="not a volume"):
        labels.read_mask(record, files, tmp_path / "m.nii")


def test_grid_fits_itself_and_its_parts_only() -> None:
    whole = Grid(np.diag([0.7, 0.8, 2.5, 1.0]), (5, 6, 4))
    same = fit(whole, whole)
    assert same is not None and same.covers(whole)
    shifted = whole.affine.copy()
    shifted[2, 3] += 2.5
    part = fit(Grid(shifted, (5, 6, 3)), whole)
    assert part is not None and not part.covers(whole)
    assert fit(Grid(shifted, (5, 6, 4)), whole) is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("c.json", '{"class": "benign"}'),
        ("c.txt", "\n benign \n"),
        ("c.csv", "class\nbenign\n"),
        ("c.csv", "patient,class\nP0,malignant\nP1,benign\n"),
        ("c.csv", "Series,Label\n1.2.3.4.5,benign\n9.9,malignant\n"),
        ("c.csv", "file,class\n002.dcm,benign\n"),
    ],
)
def test_class_is_read_from_json_text_and_table(case: Case, tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    draft = labels.read_class(*case, tmp_path / name)
    assert (draft.kind, draft.summary, json.loads(draft.payload)) == ("class", {"class": "benign"}, {"class": "benign"})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("c.json", "benign"),
        ("c.json", '{"class": 3}'),
        ("c.json", '["benign"]'),
        ("c.txt", ""),
        ("c.txt", "one\ntwo\n"),
        ("c.txt", "x" * 500),
        ("c.csv", "patient,kind\nP1,benign\n"),
        ("c.csv", "patient,class\nP2,benign\n"),
        ("c.csv", "patient,class\nP1,benign\nP1,malignant\n"),
        ("c.csv", ""),
    ],
)
def test_file_without_one_class_for_the_record_is_refused(case: Case, tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(BadInput, match=name):
        labels.read_class(*case, tmp_path / name)


@pytest.mark.realdata
def test_every_real_hippocampus_mask_fits_its_image(realdata: Callable[[str], Path]) -> None:
    folder = realdata("images_hippocampus_msd")
    pairs = sorted((folder / "images").glob("*.nii.gz"))[::6]
    for path in pairs:
        record, files = only([path])
        mask_path = folder / "labels" / path.name
        draft = labels.read_mask(record, files, mask_path)
        back, names = masks.decode(draft.payload)
        truth = np.asarray(nibabel.load(mask_path).dataobj)
        assert np.array_equal(back.T, truth)
        assert len(names) == 2
    assert len(pairs) > 20
