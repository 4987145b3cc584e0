"""A mask comes back from the vault as it went in, and a damaged one says so."""

from __future__ import annotations

import numpy as np
import pytest

from medstation.api import BadInput
from medstation_imaging import masks


def test_mask_and_names_come_back_as_they_went_in() -> None:
    mask = np.random.default_rng(0).integers(0, 4, (5, 7, 9)).astype(np.uint8)
    back, names = masks.decode(masks.encode(mask, ["Herd", "Gefäß", "结节"]))
    assert np.array_equal(back, mask) and back.dtype == np.uint8
    assert names == ["Herd", "Gefäß", "结节"]


def test_view_of_a_larger_array_is_encoded_in_its_own_order() -> None:
    mask = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4).transpose(2, 1, 0)
    back, _ = masks.decode(masks.encode(mask, [str(value) for value in range(24)]))
    assert np.array_equal(back, mask)


def test_same_mask_gives_the_same_bytes() -> None:
    mask = np.ones((2, 2, 2), np.uint8)
    assert masks.encode(mask, ["a"]) == masks.encode(mask.copy(), ["a"])


@pytest.mark.parametrize("payload", [b"", b"\x08\0\0\0\0\0\0\0{}", b"not a mask at all, just text"])
def test_damaged_payload_is_bad_input(payload: bytes) -> None:
    with pytest.raises(BadInput):
        masks.decode(payload)


def test_value_without_a_name_is_refused() -> None:
    with pytest.raises(ValueError, match="names"):
        masks.encode(np.full((1, 1, 1), 2, np.uint8), ["one"])


def test_volumes_are_millilitres_of_each_segment() -> None:
    mask = np.zeros((4, 10, 10), np.uint8)
    mask[0] = 1
    mask[1, :5] = 3
    assert masks.volumes_ml(mask, (2.0, 1.0, 1.0)) == pytest.approx([0.2, 0.0, 0.1])
    rows = masks.summary(mask, ["a", "b", "c"], (2.0, 1.0, 1.0))["segments"]
    assert [row["voxels"] for row in rows] == [100, 0, 50]
    assert rows[0] == {"name": "a", "voxels": 100, "ml": 0.2}


def test_volume_of_voxels_of_unknown_size_is_unknown() -> None:
    assert masks.summary(np.ones((1, 2, 2), np.uint8), ["a"], None)["segments"][0]["ml"] is None
