"""Planes and letters follow the patient, however the array is stored."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medstation.widgets.anatomy import LETTERS, directions_of, letters_of, planes_of

ORIENTATIONS = [
    (order, signs) for order in permutations(range(3)) for signs in product((1.0, -1.0), repeat=3)
]  # patient axis and sign of the array's x, y, z
EXPECTED = {"axial": ("R", "L", "A", "P"), "coronal": ("R", "L", "S", "I"), "sagittal": ("A", "P", "S", "I")}


def affine_of(order: tuple[int, ...], signs: tuple[float, ...], spacing: tuple[float, ...] = (1, 1, 1)) -> np.ndarray:
    affine = np.eye(4)
    affine[:3, :3] = 0
    for column, (axis, sign, step) in enumerate(zip(order, signs, spacing, strict=True)):
        affine[axis, column] = sign * step
    affine[:3, 3] = (-11.0, 7.0, 30.0)
    return affine


def patient_grid(order: tuple[int, ...], signs: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    """The same patient (values by LPS position on a 4 x 5 x 6 grid), as stored in an array of any orientation."""
    patient = np.arange(4 * 5 * 6).reshape(4, 5, 6)  # indexed by L, P, S
    stored = patient.transpose(order[2], order[1], order[0])  # array axes z, y, x
    for axis, sign in zip((2, 1, 0), signs, strict=True):
        if sign < 0:
            stored = np.flip(stored, axis)
    return patient, np.ascontiguousarray(stored)


@pytest.mark.parametrize(("order", "signs"), ORIENTATIONS)
def test_each_plane_shows_the_patient_the_same_way_for_every_storage_order(order, signs):
    patient, stored = patient_grid(order, signs)
    planes = {plane.name: plane for plane in planes_of(stored.shape, affine_of(order, signs))}
    wanted = {
        "axial": patient.transpose(1, 0, 2),  # rows to the back, columns to the left; slices along S
        "coronal": patient[:, :, ::-1].transpose(2, 0, 1),  # rows downwards; slices along P
        "sagittal": patient[:, :, ::-1].transpose(2, 1, 0),  # rows downwards, columns to the back; slices along L
    }
    slice_axis = {"axial": 2, "coronal": 1, "sagittal": 0}
    for name, plane in planes.items():
        assert plane.letters == EXPECTED[name]
        for index in range(plane.depth):
            section = plane.arrange(np.take(stored, index, axis=plane.normal))
            column = next(a for a in range(3) if order[2 - a] == slice_axis[name])
            where = index if signs[2 - column] > 0 else plane.depth - 1 - index
            np.testing.assert_array_equal(section, wanted[name][:, :, where])


@pytest.mark.parametrize(("order", "signs"), ORIENTATIONS)
def test_a_voxel_and_its_spot_on_a_plane_lead_to_each_other(order, signs):
    _, stored = patient_grid(order, signs)
    for plane in planes_of(stored.shape, affine_of(order, signs)):
        for voxel in np.ndindex(stored.shape):
            row, column = plane.spot(voxel)
            assert plane.voxel(row, column, voxel[plane.normal]) == voxel
            shown = plane.arrange(np.take(stored, voxel[plane.normal], axis=plane.normal))
            assert shown[int(row), int(column)] == stored[voxel]


def test_the_plane_of_acquisition_comes_first():
    assert planes_of((3, 4, 5), affine_of((0, 1, 2), (1, 1, 1)))[0].name == "axial"
    assert planes_of((3, 4, 5), affine_of((1, 2, 0), (1, -1, 1)))[0].name == "sagittal"
    assert planes_of((3, 4, 5), affine_of((0, 2, 1), (1, -1, 1)))[0].name == "coronal"


def test_pixels_have_the_size_the_affine_gives_them():
    planes = {p.name: p for p in planes_of((3, 4, 5), affine_of((0, 1, 2), (1, 1, 1), (0.5, 0.7, 3.0)))}
    assert planes["axial"].pixel_mm == (0.7, 0.5)
    assert planes["coronal"].pixel_mm == (3.0, 0.5)
    assert planes["sagittal"].pixel_mm == (3.0, 0.7)
    assert planes["axial"].step_mm == 3.0


def test_images_without_a_place_in_the_patient_have_one_plane_and_no_letters():
    (plane,) = planes_of((12, 30, 40), None, (None, 0.4, 0.2))
    assert (plane.name, plane.depth, plane.shape, plane.pixel_mm) == ("image", 12, (30, 40), (0.4, 0.2))
    assert plane.letters == ("", "", "", "")
    singular = np.zeros((4, 4))
    assert planes_of((12, 30, 40), singular)[0].name == "image"


def test_a_single_slice_has_only_the_plane_it_was_acquired_in():
    (plane,) = planes_of((1, 30, 40), affine_of((1, 2, 0), (1, -1, 1)))
    assert plane.name == "sagittal" and plane.letters == ("A", "P", "S", "I")


@pytest.mark.parametrize(
    ("direction", "letters"),
    [
        ((1, 0, 0), "L"),
        ((-1, 0, 0), "R"),
        ((0, -1, 0), "A"),
        ((0, 0, -2), "I"),
        ((0.6, -0.8, 0), "AL"),
        ((-0.8, 0.5, 0.3), "RPS"),
        ((0.99, 0.1, 0), "L"),
        ((0, 0, 0), ""),
        ((np.nan, 0, 0), ""),
    ],
)
def test_letters_name_the_strongest_directions_first(direction, letters):
    assert letters_of(direction) == letters


angles = st.floats(-180, 180)


def rotation(a: float, b: float, c: float) -> np.ndarray:
    ca, sa, cb, sb, cc, sc = (f(np.radians(v)) for v in (a, b, c) for f in (np.cos, np.sin))
    about_z = np.array([[ca, -sa, 0], [sa, ca, 0], [0, 0, 1]])
    about_y = np.array([[cb, 0, sb], [0, 1, 0], [-sb, 0, cb]])
    about_x = np.array([[1, 0, 0], [0, cc, -sc], [0, sc, cc]])
    return about_z @ about_y @ about_x


@settings(deadline=None)
@given(angles, angles, angles, st.tuples(*[st.floats(0.1, 9)] * 3), st.booleans())
def test_letters_at_opposite_edges_are_opposite_and_the_convention_holds(a, b, c, spacing, mirrored):
    affine = np.eye(4)
    affine[:3, :3] = rotation(a, b, c) * spacing
    if mirrored:
        affine[:3, 0] *= -1
    planes = planes_of((4, 5, 6), affine)
    assert {plane.normal for plane in planes} == {0, 1, 2}
    opposite = {one: other for pair in LETTERS for one, other in (pair, pair[::-1])}
    for plane in planes:
        left, right, top, bottom = plane.letters
        assert [opposite[letter] for letter in left] == list(right)
        assert [opposite[letter] for letter in top] == list(bottom)
        wanted = EXPECTED[plane.name]
        unit = directions_of(affine)[0]
        strength = {"R": 0, "L": 0, "A": 1, "P": 1, "S": 2, "I": 2}
        if abs(unit[plane.columns][strength[wanted[0]]]) > 0.3:
            assert wanted[0] in left and wanted[1] in right
        if abs(unit[plane.rows][strength[wanted[2]]]) > 0.3:
            assert wanted[2] in top and wanted[3] in bottom
