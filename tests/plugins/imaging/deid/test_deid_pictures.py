"""Finding print in pictures: covered where it is, nothing where there is none, and what the boxes may be."""

from __future__ import annotations

import deid_pictures as pictures
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from medstation.api import BadInput
from medstation_imaging.deid.boxes import Box, box_from_json, mask_of, merged
from medstation_imaging.deid.regions import ink_outside, scan_regions
from medstation_imaging.deid.risk import may_show_face, text_risk
from medstation_imaging.deid.text_finder import find_text

TEXTS = ["Quastenberg, Ottokar", "PID 700-4411", "14.09.2023 10:15"]
boxes = st.builds(lambda x, y, w, h: Box(x, y, x + w, y + h), *(st.integers(0, 50),) * 2, *(st.integers(1, 20),) * 2)


@pytest.mark.parametrize("look", [pictures.film, pictures.screen, pictures.vessel, pictures.breast])
def test_clean_pictures_get_no_boxes(look: object) -> None:
    image = look(np.random.default_rng(5), 300, 400).astype(np.float32)  # type: ignore[operator]
    assert mask_of(find_text([image]), (300, 400)).mean() < 0.01


@pytest.mark.parametrize("times", [1, 2])
def test_text_is_covered_in_small_and_large_pictures(times: int) -> None:
    image = pictures.film(np.random.default_rng(3), 300, 900)
    burnt = pictures.burn(image, TEXTS, np.random.default_rng(4), (5, 260))
    large = np.kron(image, np.ones((times, times))).astype(np.float32)
    mask = mask_of(find_text([large]), (300 * times, 900 * times))
    for left, top, right, bottom in burnt:
        assert mask[top * times : bottom * times, left * times : right * times].mean() >= 0.9
    assert mask.mean() < 0.08


def test_all_that_is_drawn_outside_of_the_regions_is_boxed() -> None:
    image = np.zeros((100, 200), np.float32)
    image[20:90, 50:150] = 120
    image[5:12, 10:60] = 200
    image[95:98, 180:190] = 90
    regions = [Box(50, 20, 150, 90)]
    mask = mask_of(ink_outside(image, regions), (100, 200))
    assert mask[5:12, 10:60].all() and mask[95:98, 180:190].all()
    assert not mask[30:80, 60:140].any()


def test_regions_are_read_with_their_last_pixel_and_odd_ones_left() -> None:
    dataset, good, bad = Dataset(), Dataset(), Dataset()
    good.RegionLocationMinX0, good.RegionLocationMinY0, good.RegionLocationMaxX1, good.RegionLocationMaxY1 = 1, 2, 9, 8
    bad.RegionLocationMinX0 = 5
    dataset.SequenceOfUltrasoundRegions = Sequence([good, bad])
    assert scan_regions(dataset) == [Box(1, 2, 10, 9)]


@given(st.lists(boxes, max_size=8))
def test_merged_boxes_cover_at_least_what_they_were_made_of(some: list[Box]) -> None:
    before, after = (mask_of(listed, (80, 80)) for listed in (some, merged(some)))
    assert not (before & ~after).any()


@pytest.mark.parametrize("data", [None, [1, 2, 3], [1, 2, 3, "4"], [-1, 0, 5, 5], [5, 5, 5, 9], [1.5, 0, 5, 5], {}])
def test_what_is_no_box_is_refused(data: object) -> None:
    with pytest.raises(BadInput):
        box_from_json(data, "boxes.json")


@pytest.mark.parametrize(
    "modality, elements, risky",
    [
        ("CT", {}, False), ("MR", {"BurnedInAnnotation": "YES"}, True), ("US", {"BurnedInAnnotation": "NO"}, True),
        ("DX", {}, True), ("DX", {"BurnedInAnnotation": "NO"}, False), ("CT", {"SamplesPerPixel": 3}, True),
        ("CT", {"ImageType": ["DERIVED", "SECONDARY", "SCREEN SAVE"]}, True), ("", {}, True),
        ("MR", {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7.2"}, True), ("SEG", {}, False),
    ],
)  # fmt: skip
def test_risk_is_told_by_kind_and_marks(modality: str, elements: dict[str, object], risky: bool) -> None:
    dataset = Dataset()
    dataset.Modality, dataset.PixelData = modality, b"\0\0"
    for name, value in elements.items():
        setattr(dataset, name, value)
    assert bool(text_risk(dataset)) == risky


@pytest.mark.parametrize(
    "name, text, face",
    [
        ("BodyPartExamined", "HEAD", True), ("SeriesDescription", "t1_mprage brain", True),
        ("ProtocolName", "CT Schädel", True),
        ("StudyDescription", "Chest CT", False), ("SeriesDescription", "caput femoris", False),
    ],
)  # fmt: skip
def test_heads_are_recognised_by_what_is_said_of_them(name: str, text: str, face: bool) -> None:
    dataset = Dataset()
    dataset.Modality = "MR"
    setattr(dataset, name, text)
    assert may_show_face(dataset) == face
