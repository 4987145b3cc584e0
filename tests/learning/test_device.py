"""Precision is chosen by what the device computes natively."""

from __future__ import annotations

import pytest
import torch

from medstation.api import Finished, Started
from medstation.learning import device
from medstation.learning.weights import unpack


@pytest.mark.parametrize(("native", "expected"), [(True, "bf16"), (False, "no")])
def test_auto_takes_bf16_only_where_it_is_native(monkeypatch, native, expected):
    monkeypatch.setattr(device, "_has_native_bf16", lambda: native)
    assert device.chosen_precision("auto") == expected
    assert device.chosen_precision("fp32") == "no"
    assert device.chosen_precision("bf16") == "bf16"


def test_two_runs_of_other_precision_in_one_process_each_get_their_own(toy):
    seen = [
        next(event.facts["precision"] for event in toy.run(epochs=1, precision=precision) if isinstance(event, Started))
        for precision in ("bf16", "fp32", "bf16")
    ]
    assert seen == ["bf16", "fp32", "bf16"]


def test_weights_stay_in_full_precision_under_bf16(toy):
    finished = next(event for event in toy.run(epochs=1, precision="bf16") if isinstance(event, Finished))
    assert {tensor.dtype for tensor in unpack(finished.weights).values()} == {torch.float32}
