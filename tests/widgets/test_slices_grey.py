"""Grey levels, enlarging, masks and slabs give exactly what their formulas say."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medstation.widgets.anatomy import planes_of
from medstation.widgets.camera import Camera, Placement, panned, place, zoomed
from medstation.widgets.colourmap import Shader, Window, fill_table, natural_window
from medstation.widgets.masks import MaskLayer
from medstation.widgets.outline import outline
from medstation.widgets.presets import presets_for
from medstation.widgets.projection import project
from medstation.widgets.resample import Enlarger
from medstation.widgets.slabs import WIDTH, Sections


def dicom_linear(x: float, centre: float, width: float) -> float:
    """DICOM PS3.3 C.11.2.1.2.1, for 0..255."""
    if x <= centre - 0.5 - (width - 1) / 2:
        return 0.0
    if x > centre - 0.5 + (width - 1) / 2:
        return 255.0
    return ((x - (centre - 0.5)) / (width - 1) + 0.5) * 255.0


@pytest.mark.parametrize("dtype", [np.int16, np.uint16, np.uint8, np.int8, np.int32])
@settings(deadline=None)
@given(centre=st.integers(-3000, 3000), width=st.integers(2, 5000), seed=st.integers(0, 99))
def test_whole_numbers_become_grey_as_dicom_says(dtype, centre, width, seed):
    info = np.iinfo(dtype)
    low, high = max(info.min, -4000), min(info.max, 4000)
    values = np.random.default_rng(seed).integers(low, high, (7, 9)).astype(dtype)
    grey = Shader().shade(values, Window(centre, width))
    wanted = np.vectorize(lambda x: dicom_linear(float(x), centre, width))(values)
    assert np.abs(grey - wanted).max() <= 0.51  # rounded to whole grey levels
    np.testing.assert_array_equal(Shader().shade(values, Window(centre, width), True), 255 - grey)


def test_real_numbers_are_windowed_exactly_and_nan_is_black():
    values = np.array([[0.0, 2.5, 5.0, -9.0, 99.0, np.nan]], np.float32)
    assert Shader().shade(values, Window(2.5, 5.0)).tolist() == [[0, 128, 255, 0, 255, 0]]


def test_a_window_of_no_width_is_a_threshold_and_no_error():
    assert Shader().shade(np.array([[9, 10, 11]], np.int16), Window(10, 0)).tolist()[0][::2] == [0, 255]


def test_the_natural_window_holds_most_values_and_survives_constant_and_bad_ones():
    values = np.random.default_rng(0).normal(100, 20, (9, 99, 99)).astype(np.float32)
    window = natural_window(values)
    inside = np.abs(values - window.centre) <= window.width / 2
    assert 0.97 < inside.mean() < 0.99
    assert natural_window(np.full((2, 3, 4), np.nan, np.float32)).width > 0
    assert natural_window(np.full((2, 3, 4), 7, np.int16)).width > 0


def test_ct_presets_keep_the_numbers_of_the_field_and_take_the_files_own_after_them():
    own = [{"name": "Own", "centre": 1, "width": 2}, {"name": "Lung", "centre": 0, "width": 9}, ["x"], None, [5, -1]]
    presets = presets_for("HU", own)
    windows = [(preset.window.width, preset.window.centre) for preset in presets]
    assert windows[:4] == [(400, 40), (1500, -600), (2000, 300), (80, 40)]
    assert [preset.name for preset in presets[7:]] == ["Own"]


@settings(deadline=None)
@given(
    st.integers(1, 30), st.integers(1, 30), st.floats(0.9, 9), st.floats(0.9, 9),
    st.floats(-40, 40), st.floats(-40, 40), st.integers(0, 9),
)  # fmt: skip
def test_enlarging_is_bilinear_to_one_grey_level(rows, columns, height, width, left, top, seed):
    pixels = np.random.default_rng(seed).integers(0, 256, (rows, columns)).astype(np.uint8)
    placement = Placement(left, top, width, height)
    found = Enlarger().enlarge(pixels, placement, (50, 40))
    if found is None:
        assert (
            min(rows * height, columns * width) < 1
            or left + columns * width < 1
            or top + rows * height < 1
            or left > 49
            or top > 39
        )
        return
    y, x = np.mgrid[: found.pixels.shape[0], : found.pixels.shape[1]]
    v = np.clip((y + found.top + 0.5 - top) / height - 0.5, 0, rows - 1)
    u = np.clip((x + found.left + 0.5 - left) / width - 0.5, 0, columns - 1)
    r, c = np.floor(v).astype(int), np.floor(u).astype(int)
    r1, c1 = np.minimum(r + 1, rows - 1), np.minimum(c + 1, columns - 1)
    p = pixels.astype(float)
    upper = p[r, c] * (1 - (u - c)) + p[r, c1] * (u - c)
    lower = p[r1, c] * (1 - (u - c)) + p[r1, c1] * (u - c)
    wanted = upper * (1 - (v - r)) + lower * (v - r)
    assert np.abs(found.pixels - wanted).max() <= 4.1  # weights of 1/128 and two roundings down


@settings(deadline=None)
@given(st.floats(0.3, 20), st.tuples(st.floats(-50, 50), st.floats(-50, 50)), st.floats(0.5, 2))
def test_zooming_keeps_the_point_under_the_mouse(zoom, pan, factor):
    shape, pixel, room, anchor = (40, 60), (1.5, 0.5), (300, 200), (210.0, 30.0)
    before = place(Camera(zoom, pan), shape, pixel, room)
    per_mm = before.width / pixel[1]
    camera = zoomed(Camera(zoom, pan), factor, (anchor[0] - 150, anchor[1] - 100), per_mm)
    after = place(camera, shape, pixel, room)
    np.testing.assert_allclose(after.to_plane(*anchor), before.to_plane(*anchor), atol=1e-6)


def test_panning_moves_the_picture_with_the_mouse_and_fit_shows_all_in_true_proportion():
    shape, pixel, room = (40, 60), (1.5, 0.5), (300, 200)
    fitted = place(Camera(), shape, pixel, room)
    assert fitted.height / fitted.width == pytest.approx(3.0)
    assert fitted.height * 40 == pytest.approx(200) and fitted.left > 0
    moved = place(panned(Camera(), (12, -7), fitted.width / pixel[1]), shape, pixel, room)
    assert (moved.left - fitted.left, moved.top - fitted.top) == pytest.approx((12, -7))


def test_an_outline_runs_around_every_pixel_of_the_region_and_nowhere_else():
    inside = np.random.default_rng(1).random((9, 7)) > 0.6
    drawn = set()
    for r0, c0, r1, c1 in outline(inside).tolist():
        for r in range(r0, max(r1, r0 + 1)):
            for c in range(c0, max(c1, c0 + 1)):
                drawn.add((r, c, r0 == r1))
    padded = np.pad(inside, 1)
    wanted = {(r, c, True) for r in range(10) for c in range(7) if padded[r + 1, c + 1] != padded[r, c + 1]}
    wanted |= {(r, c, False) for r in range(9) for c in range(8) if padded[r + 1, c + 1] != padded[r + 1, c]}
    assert drawn == wanted


@pytest.mark.parametrize("flip", [(1, 1, 1), (-1, 1, -1), (1, -1, -1)])
def test_a_mask_patch_lies_pixel_for_pixel_on_its_slice(flip):
    mask = np.zeros((6, 7, 8), np.uint8)
    mask[1:4, 2:5, 3:8] = np.random.default_rng(2).integers(0, 4, (3, 3, 5))
    layer = MaskLayer(mask, ["a", "b"], ["#ff0000", "#00ff00"])
    for plane in planes_of(mask.shape, np.diag([*flip, 1.0])):
        for index in range(plane.depth):
            wanted = plane.arrange(np.take(mask, index, axis=plane.normal))
            shown = np.zeros_like(wanted)
            patch = layer.patch(plane, index)
            if patch is not None:
                rows, columns = patch.values.shape
                shown[patch.row : patch.row + rows, patch.column : patch.column + columns] = patch.values
                assert set(patch.present) == set(np.unique(wanted)) - {0}
            np.testing.assert_array_equal(shown, wanted)
    assert (layer.name(2), layer.name(3), layer.colour(3)) == ("b", "3", "#ff0000")


def test_an_empty_mask_draws_nothing():
    layer = MaskLayer(np.zeros((3, 4, 5), np.uint8), [], ["#ff0000"])
    assert all(layer.patch(plane, i) is None for plane in planes_of((3, 4, 5), np.eye(4)) for i in range(plane.depth))


def test_fill_colours_are_premultiplied():
    assert [hex(value) for value in fill_table(["#ff8000", "#0000ff"], 0.5)[:4]] == [
        "0x0", "0x80804000", "0x80000080", "0x80804000",
    ]  # fmt: skip


def test_sections_of_the_last_axis_come_from_slabs_and_equal_the_array():
    array = np.random.default_rng(3).integers(0, 999, (5, 70, WIDTH * 2 + 5)).astype(np.int16)
    with ThreadPoolExecutor(1) as executor:
        sections = Sections(array, executor)
        sections._executor = executor  # so small an array would be read directly
        for _ in range(2):
            for index in (0, 31, 32, 63, 64, 68):
                np.testing.assert_array_equal(sections.at(2, index), array[:, :, index])
                executor.submit(int).result()  # everything asked for before is done
        assert sections.at(2, 40).flags.c_contiguous
        assert sections.at(2, 40).base is not array
    np.testing.assert_array_equal(sections.at(1, 3), array[:, 3])


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 2, 0), (0, 2, 1)])
def test_a_projection_shows_the_brightest_voxel_and_finds_it_again(order):
    array = np.random.default_rng(4).integers(0, 999, (20, 21, 22)).astype(np.int16)
    affine = np.eye(4)
    affine[:3, :3] = np.eye(3)[list(order)].T
    projection = project(array, affine)
    np.testing.assert_array_equal(projection.brightest, array.max(axis=projection.plane.normal))
    found = projection.voxel(3.5, 7.5)
    shown = projection.plane.arrange(projection.brightest)
    assert array[found] == shown[3, 7]


def test_there_is_no_projection_without_a_patient_or_depth():
    assert project(np.zeros((5, 6, 7), np.int16), None) is None
    assert project(np.zeros((1, 6, 7), np.int16), np.eye(4)) is None
    assert project(np.zeros((5, 6, 7, 3), np.uint8), np.eye(4)) is None
