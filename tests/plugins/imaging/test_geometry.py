"""Slices lie where their positions say, to 0.01 mm; what is no regular grid is not made into one, and says why."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from dicom_phantom import AXIAL, SAGITTAL, only, write_series
from hypothesis import given
from hypothesis import strategies as st

from medstation_imaging import geometry
from medstation_imaging.geometry import Grid, Irregular

angles = st.floats(-180, 180)
lengths = st.floats(0.1, 10)


def turned(a: float, b: float, c: float) -> np.ndarray:
    """A rotation: its rows are the directions along a row, down a column, and the normal."""
    a, b, c = np.radians([a, b, c])
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    about_z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return about_x @ about_y @ about_z


def stacked(rotation: np.ndarray, origin: np.ndarray, gap: float, count: int) -> np.ndarray:
    return origin + np.arange(count)[:, None] * gap * rotation[2]


@given(angles, angles, angles, lengths, st.tuples(lengths, lengths), st.integers(2, 40), st.integers(0, 2**31))
def test_every_voxel_of_an_oblique_stack_is_where_dicom_says(
    a: float, b: float, c: float, gap: float, spacing: tuple[float, float], count: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    rotation, origin = turned(a, b, c), random.uniform(-500, 500, 3)
    positions = stacked(rotation, origin, gap, count)
    grid = geometry.fit(positions, rotation[:2].ravel(), spacing)
    assert isinstance(grid, Grid)
    assert grid.spacing == pytest.approx((gap, *spacing))
    row, column, k = random.integers(0, 512), random.integers(0, 512), random.integers(0, count)
    expected = positions[k] + rotation[0] * spacing[1] * column + rotation[1] * spacing[0] * row
    assert np.allclose(grid.affine @ [column, row, k, 1], [*expected, 1], atol=1e-6)


@given(angles, angles, angles, st.integers(3, 300), st.integers(0, 2**31))
def test_decimals_rounded_by_the_scanner_still_make_a_grid(a: float, b: float, c: float, count: int, seed: int) -> None:
    rotation = turned(a, b, c)
    exact = stacked(rotation, np.random.default_rng(seed).uniform(-300, 300, 3), 1.25, count)
    grid = geometry.fit(exact.round(3), rotation[:2].ravel().round(6), (0.7, 0.7))
    assert isinstance(grid, Grid)
    placed = (grid.affine @ np.stack([np.zeros(count), np.zeros(count), np.arange(count), np.ones(count)]))[:3].T
    assert np.abs(placed - exact).max() < 0.01


@given(st.integers(4, 60), st.data())
def test_a_missing_slice_is_found_and_its_place_named(count: int, data: st.DataObject) -> None:
    gone = data.draw(st.integers(1, count - 2))
    heights = np.delete(np.arange(count) * 2.5, gone)
    found = geometry.fit(np.stack([heights * 0, heights * 0, heights], 1), AXIAL, (1, 1))
    assert isinstance(found, Irregular)
    low, high = f"{gone * 2.5 - 2.5:g}", f"{gone * 2.5 + 2.5:g}"
    assert found.reason == f"slice missing between {low} and {high} mm"


@given(st.floats(0.5, 30), st.integers(3, 50))
def test_a_tilted_gantry_is_never_taken_for_a_right_angled_grid(degrees: float, count: int) -> None:
    lean = np.array([0.0, np.sin(np.radians(degrees)), np.cos(np.radians(degrees))])
    found = geometry.fit(np.arange(count)[:, None] * 5.0 * lean, AXIAL, (0.5, 0.5))
    assert isinstance(found, Irregular)
    said = re.search(r"sheared by ([0-9.]+)°", found.reason)
    assert said and float(said[1]) == pytest.approx(degrees, abs=0.051)  # told to a tenth of a degree


def test_uneven_distances_are_told_from_missing_slices() -> None:
    heights = np.array([0, 1.1, 3.3, 4.0, 9.0, 10.3])
    found = geometry.fit(np.stack([heights * 0, heights * 0, heights], 1), AXIAL, (1, 1))
    assert found == Irregular("uneven slice distances, 0.7 to 5 mm")


def test_slices_that_wander_sideways_make_no_grid() -> None:
    positions = np.array([[0, 0, 0], [3, 0, 1], [0, 0, 2], [-3, 0, 3], [0, 0, 4]], float)
    assert geometry.fit(positions, AXIAL, (1, 1)) == Irregular("slices are shifted sideways against each other")


@pytest.mark.parametrize("orientation", [(0, 0, 0, 0, 0, 0), (1, 0, 0, 1, 0, 0), (5, 0, 0, 0, 1, 0)])
def test_an_impossible_orientation_is_no_orientation(orientation: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="orientation"):
        geometry.axes(orientation)


@pytest.mark.parametrize("orientation", [AXIAL, SAGITTAL])
def test_slices_written_in_any_order_come_out_along_the_normal(tmp_path: Path, orientation: tuple[float, ...]) -> None:
    normal = np.cross(orientation[:3], orientation[3:])
    order = [3, 0, 4, 1, 2]
    paths = write_series(tmp_path, [normal * 2.0 * k for k in order], ImageOrientationPatient=[*orientation])
    record, files = only(paths)
    assert record.kind == "volume"
    assert record.meta["volume"]["spacing"] == pytest.approx([2.0, 0.7, 0.8])
    assert [files.facts(k)["position"] for k in range(5)] == [list(normal * 2.0 * k) for k in range(5)]


def test_slice_thickness_is_never_taken_for_the_distance(tmp_path: Path) -> None:
    record, _ = only(write_series(tmp_path, [(0, 0, 1.5 * k) for k in range(4)], SliceThickness="5"))
    assert record.meta["volume"]["spacing"][0] == 1.5


@pytest.mark.realdata
@pytest.mark.parametrize("name", ["dicom_acrin_petct/CT", "dicom_acrin_petct/PET_AC", "dicom_ge_mr_fruit196"])
def test_real_volumes_lie_where_simpleitk_puts_them(realdata, name: str) -> None:
    itk = pytest.importorskip("SimpleITK")
    folder = realdata(name)
    record, _ = only(sorted(path for path in folder.rglob("*.dcm")))
    reader = itk.ImageFileReader()
    affine = np.array(record.meta["volume"]["affine"])
    places = {}
    for path in folder.rglob("*.dcm"):
        reader.SetFileName(str(path))
        reader.ReadImageInformation()
        places[path] = reader.GetOrigin()
    normal = affine[:3, 2] / np.linalg.norm(affine[:3, 2])
    ours = [affine[:3, 3] + k * affine[:3, 2] for k in range(len(places))]
    theirs = sorted(places.values(), key=lambda place: float(np.dot(place, normal)))
    assert np.abs(np.array(ours) - np.array(theirs)).max() < geometry.tolerance(record.meta["volume"]["spacing"][0])


@pytest.mark.realdata
def test_real_tilted_head_ct_is_refused_as_a_volume(realdata) -> None:
    record, _ = only(sorted(realdata("dicom_ge_ct_gantrytilt").rglob("*.dcm")))
    assert record.kind == "images"
    assert any("tilted gantry" in note for note in record.notes)
