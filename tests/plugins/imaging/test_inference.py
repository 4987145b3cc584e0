"""Sliding windows, patches and findings."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from medstation_imaging.findings import findings_of
from medstation_imaging.inference import probabilities
from medstation_imaging.networks import divisor, planned_patch, planned_strides
from medstation_imaging.patches import PatchPlan, cut, places_of
from medstation_imaging.preprocessing import normalised, turn_of


class PerVoxel(nn.Module):
    """A network whose answer at a voxel depends on that voxel alone, so that windows must not matter."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([1.0, -2.0, 0.5]).reshape(1, 3, 1, 1, 1))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return image * self.weight


@pytest.mark.parametrize("shape", [(20, 30, 25), (7, 33, 8), (8, 8, 8), (41, 9, 17)])
def test_windows_leave_no_trace(shape):
    image = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    found = probabilities(PerVoxel(), image, (8, 16, 8))
    with torch.inference_mode():
        wanted = torch.softmax(PerVoxel()(torch.from_numpy(image)[None, None]), 1)[0].numpy()
    assert found.shape == (3, *shape)
    assert np.abs(found - wanted).max() < 2e-3  # kept as float16


def test_progress_is_told_to_the_end():
    told = []
    probabilities(PerVoxel(), np.zeros((30, 8, 8), np.float32), (8, 8, 8), report=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_thick_slices_are_not_halved_before_they_are_cubes():
    assert planned_strides([24, 128, 128], [5.0, 1.0, 1.0], 3) == [[1, 2, 2], [1, 2, 2], [2, 2, 2]]


def test_a_patch_is_a_multiple_of_what_the_network_halves_and_keeps_a_flat_volumes_depth():
    patch = planned_patch([24, 300, 300], divisor([[1, 2, 2], [2, 2, 2]]), 100_000)
    assert patch[0] == 24
    assert patch[1] % 4 == patch[2] % 4 == 0
    assert np.prod(patch) <= 100_000


def test_a_patch_without_augmentation_is_a_piece_of_the_volume():
    volume = torch.arange(10 * 12 * 14, dtype=torch.float32).reshape(10, 12, 14)
    target = torch.zeros(10, 12, 14)
    target[2, 3, 4] = 1
    plan = PatchPlan((10, 12, 14), (1.0, 1.0, 1.0), 1.0, augment=False, mirror=False)
    image, mask = cut(volume, target, places_of(target.numpy(), 1), plan, np.random.default_rng(0))
    assert torch.allclose(image[0], volume, atol=0.05)
    assert torch.equal(mask[0].float(), target)


def test_augmentation_turns_image_and_mask_together():
    target = torch.zeros(24, 24, 24)
    target[8:16, 8:16, 6:14] = 1
    plan = PatchPlan((24, 24, 24), (2.0, 1.0, 1.0), 1.0, augment=True, mirror=True)
    for seed in range(10):
        image, mask = cut(target * 10, target, places_of(target.numpy(), 1), plan, np.random.default_rng(seed))
        inside, outside = image[0][mask[0] == 1].mean(), image[0][mask[0] == 0].mean()
        assert inside - outside > 5


def test_foreground_patches_hold_foreground():
    target = torch.zeros(40, 40, 40)
    target[30, 31, 32] = 1
    plan = PatchPlan((8, 8, 8), (1.0, 1.0, 1.0), 1.0, augment=False, mirror=False)
    patches = [cut(target, target, places_of(target.numpy(), 1), plan, np.random.default_rng(s))[1] for s in range(20)]
    assert all(int(patch.sum()) == 1 for patch in patches)


def test_ct_is_windowed_and_other_images_standardised():
    config = {"normalisation": "auto", "window_low": -1000.0, "window_high": 400.0}
    ct = normalised(np.array([[[-3000, -300, 9000]]], np.int16), "HU", config)
    assert ct.ravel().tolist() == pytest.approx([-1, 0, 1], abs=1e-6)
    mr = normalised(np.random.default_rng(0).normal(500, 90, (9, 9, 9)).astype(np.float32), "", config)
    assert (mr.dtype, float(mr.mean()), float(mr.std())) == (np.float32, pytest.approx(0, abs=1e-4), pytest.approx(1))


def test_values_that_are_no_numbers_do_not_spread():
    volume = np.ones((4, 4, 4), np.float32)
    volume[0, 0, 0], volume[1, 1, 1] = np.nan, np.inf
    assert np.isfinite(normalised(volume, "", {"normalisation": "auto"})).all()


@pytest.mark.parametrize("axes", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_a_turn_and_its_undoing_give_the_volume_back(axes):
    affine = np.zeros((4, 4))
    for column, row in enumerate(axes):
        affine[row, column] = [-1.0, 2.0, -0.7][column]
    volume = np.arange(2 * 3 * 4).reshape(2, 3, 4)
    turn = turn_of(affine)
    assert np.array_equal(turn.undo(turn.apply(volume)), volume)


def test_an_axial_volume_is_not_turned():
    volume = np.arange(2 * 3 * 4).reshape(2, 3, 4)
    assert np.array_equal(turn_of(np.diag([0.7, 0.7, 5.0, 1])).apply(volume), volume)


def test_each_lesion_is_a_finding_and_one_organ_is_one():
    mask = np.zeros((10, 20, 20), np.uint8)
    mask[1:3, 1:3, 1:3] = 1
    mask[6:9, 10:13, 10:13] = 1
    mask[4:6, 15:19, 2:9] = 2
    confidence = np.full(mask.shape, 0.75, np.float32)
    found = findings_of(mask, confidence, ["nodule", "organ"], (2.0, 1.0, 1.0))
    assert [one.title for one in found] == ["organ", "nodule 1", "nodule 2"]
    assert found[1].detail == "3.0 × 3.0 × 6.0 mm"
    assert found[1].value == "0.05 mL"
    assert found[1].place == {"voxel": [7, 11, 11]}
    assert found[1].confidence == pytest.approx(0.75)


def test_an_empty_mask_has_no_findings():
    assert findings_of(np.zeros((3, 3, 3), np.uint8), np.zeros((3, 3, 3)), ["nodule"], (1, 1, 1)) == ()
