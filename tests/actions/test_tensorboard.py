"""A run's curves leave the vault as TensorBoard reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from medstation.actions import tensorboard
from medstation.api import BadInput

EVENTS = [
    {"event": "started", "epochs": 2, "facts": {"steps_per_epoch": 10}},
    {"event": "metric", "epoch": 0.5, "values": {"loss/train": 0.9}},
    {"event": "metric", "epoch": 1.0, "values": {"loss/train": 0.5, "dice": 0.7}},
    {"event": "metric", "epoch": 2.0, "values": {"loss/train": 0.25, "dice": float("nan")}},
]


def test_every_value_is_read_back_at_its_step(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader

    (file,) = tensorboard.write(EVENTS, tmp_path / "out")
    read = [
        (value.tag, event.step, round(value.simple_value, 3))
        for event in LegacyEventFileLoader(str(file)).Load()
        for value in event.summary.value
    ]
    assert read == [("dice", 10, 0.7), ("loss/train", 5, 0.9), ("loss/train", 10, 0.5), ("loss/train", 20, 0.25)]


def test_a_run_without_values_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no value yet"):
        tensorboard.write(EVENTS[:1], tmp_path / "out")
    assert not (tmp_path / "out").exists()
