"""Chest CTs with lung nodules, made by code: patients for the demo to learn from, and one study to look at.

They look like CT and are none: nothing here is of a person, and no number from here says anything of a clinic.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from medstation.api import Json
from medstation_samples import ct_files, phantom, scanner
from medstation_samples.grid import Grid
from medstation_samples.thorax import Build

SEGMENT = "nodule"
BODY_WIDTH = 308.0
"""How wide (mm) the widest part of a person of scale 1 is, skin included, with little fat."""


def write(out: Path, seed: int = 7, patients: int = 10, shape: Sequence[int] = (28, 112, 112)) -> Json:
    """`patients` small chest CTs of `shape` (z, y, x), each with two or three nodules of 12 to 20 mm, and their masks.

    Writes `out/series/<patient>/CT0001.dcm` ... and `out/labels/<patient>.dcm` (DICOM SEG), the same bytes for the same
    arguments. Returns `{"import": [folder of a patient's series, ...], "labels": [its SEG, ...]}`, paths as text.
    """
    series: list[str] = []
    labels: list[str] = []
    for number in range(1, patients + 1):
        random = np.random.default_rng([seed, number])
        study = _study(random, f"DEMO-{number:04}", f"Demo^Person {number:02}", seed)
        person = Build.draw(random)
        pixel = _pixel(person, int(shape[2]))
        slice_gap = float(random.choice([2.0, 2.5, 3.0]))
        bottom = float(random.uniform(-72, -52)) * person.scale
        grid = Grid((int(shape[0]), int(shape[1]), int(shape[2])), (slice_gap, pixel, pixel), round(bottom, 1))
        made = phantom.build(random, grid, int(random.integers(2, 4)), (6.0, 10.0), person, thinnest=0.95)
        values = scanner.scan(random, made.image, grid, noise=float(random.uniform(14, 24)), blur=0.9)
        folder, label = _write(out, study, grid, values, made)
        series.append(folder)
        labels.append(label)
    return {"import": series, "labels": labels}


def showcase(out: Path, seed: int = 7, shape: Sequence[int] = (160, 320, 320)) -> Json:
    """One whole chest in fine slices with seven nodules of 6 to 14 mm, to look at. Writes and returns like `write`."""
    random = np.random.default_rng([seed, 0])
    study = _study(random, "DEMO-0000", "Demo^Showcase", seed)
    person = Build.draw(random)
    pixel = _pixel(person, int(shape[2]))
    gap = round(262 / int(shape[0]), 3)
    grid = Grid((int(shape[0]), int(shape[1]), int(shape[2])), (gap, pixel, pixel), -160.0)
    made = phantom.build(random, grid, 7, (3.0, 7.0), person, thinnest=0.38)
    values = scanner.scan(random, made.image, grid, noise=13, blur=0.6)
    folder, label = _write(out, study, grid, values, made)
    return {"import": [folder], "labels": [label]}


def _pixel(person: Build, columns: int) -> float:
    """A pixel size (mm) with which the whole body just fits into the image."""
    return round((BODY_WIDTH * person.scale + 2.6 * person.fat) * 1.04 / columns, 3)


def _study(random: np.random.Generator, patient_id: str, name: str, seed: int) -> ct_files.Study:
    year, month, day = random.integers(1940, 1985), random.integers(1, 13), random.integers(1, 29)
    sex = str(random.choice(["F", "M"]))
    date = f"202601{random.integers(5, 29):02}"
    return ct_files.Study(patient_id, name, sex, f"{year}{month:02}{day:02}", date, seed)


def _write(out: Path, study: ct_files.Study, grid: Grid, values: np.ndarray, made: phantom.Phantom) -> tuple[str, str]:
    folder, label = out / "series" / study.patient_id, out / "labels" / f"{study.patient_id}.dcm"
    headers = ct_files.write_series(study, grid, values, folder)
    ct_files.write_mask(study, headers, made.mask, [SEGMENT], label)
    return str(folder), str(label)
