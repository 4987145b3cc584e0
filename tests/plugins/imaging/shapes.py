"""Volumes with a ball in them, and a workbench that lends them: for the recipes' tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from medstation.api import Case, FileSource, Person, Record
from medstation_imaging.masks import encode
from medstation_imaging.volume import Volume

AXIAL = np.diag([1.0, 1.0, 1.0, 1.0])


@dataclass
class ShapesBench:
    """`volumes` by record id; `read` replaces `medstation_imaging.volume.load`."""

    volumes: dict[str, Volume] = field(default_factory=dict)
    labels: dict[str, bytes] = field(default_factory=dict)
    saved: bytes | None = None
    stored: Mapping[str, bytes] = field(default_factory=dict)

    def read(self, record: Record, files: object, report: object) -> Volume:
        return self.volumes[record.id]

    def files(self, record: Record) -> FileSource:
        return None  # type: ignore[return-value]

    def label(self, label_id: str) -> bytes:
        return self.labels[label_id]

    def weights(self, model_id: str) -> bytes:
        return self.stored[model_id]

    def checkpoint(self) -> bytes | None:
        return self.saved

    def stop_requested(self) -> bool:
        return False

    def ball_case(self, number: int, part: str, shape: tuple[int, int, int] = (20, 24, 24)) -> Case:
        """A noisy volume with a brighter ball at a random place."""
        rng = np.random.default_rng(number)
        centre = [rng.uniform(6, size - 6) for size in shape]
        distance = np.sqrt(sum((grid - c) ** 2 for grid, c in zip(np.indices(shape), centre, strict=True)))
        mask = (distance < 4.5).astype(np.uint8)
        array = (100 * mask + rng.normal(0, 20, shape)).astype(np.int16)
        return self.case(number, part, array, AXIAL, encode(mask, ["ball"]))

    def case(self, number: int, part: str, array: np.ndarray, affine: np.ndarray, label: bytes, unit: str = "") -> Case:
        spacing = tuple(float(one) for one in np.linalg.norm(affine[:3, :3], axis=0)[::-1])
        self.volumes[f"r-{number}"] = Volume(array, affine, spacing, unit)
        self.labels[f"l-{number}"] = label
        volume = {"shape": list(array.shape[:3]), "spacing": list(spacing), "affine": affine.tolist()}
        words = f"Series {number}", "", ""
        person = Person(f"P{number}")
        return Case(
            Record(f"r-{number}", "imaging.series", "volume", person, *words, {"volume": volume}), f"l-{number}", part
        )
