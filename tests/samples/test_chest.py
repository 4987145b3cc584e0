"""The demo's chest CTs are valid DICOM, the same each time, plausible in their values, and fit their masks."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pydicom
import pytest

from medstation.api import Found, Record, RecordDraft
from medstation_imaging import labels, masks, seg
from medstation_imaging.folder import PlainFiles, as_record, load_folder
from medstation_imaging.importer import ImagingImporter
from medstation_samples import chest

Made = dict[str, list[str]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return chest.write(tmp_path_factory.mktemp("chest"), seed=7, patients=3)


def digest(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def record_of(folder: str) -> tuple[Record, PlainFiles]:
    importer = ImagingImporter({})
    found = [one for one in importer.scan(sorted(Path(folder).iterdir())) if isinstance(one, Found)]
    (draft,) = importer.assemble(found)
    assert isinstance(draft, RecordDraft)
    return as_record(draft, found)


def test_same_seed_writes_the_same_bytes_and_another_seed_other_ones(tmp_path: Path) -> None:
    shape = (12, 64, 64)
    for name, seed in (("one", 3), ("two", 3), ("other", 4)):
        chest.write(tmp_path / name, seed, patients=1, shape=shape)
    one, two, other = (digest(tmp_path / name) for name in ("one", "two", "other"))
    assert one == two and len(one) == 13
    assert one.keys() == other.keys() and not set(one.values()) & set(other.values())


def test_patients_do_not_depend_on_how_many_are_made(made: Made, tmp_path: Path) -> None:
    chest.write(tmp_path, seed=7, patients=1)
    folder = Path(made["import"][0])
    assert digest(tmp_path / "series" / "DEMO-0001") == digest(folder)


def test_each_series_is_one_clean_volume_and_its_mask_fits(made: Made) -> None:
    people = set()
    for folder, label in zip(made["import"], made["labels"], strict=True):
        record, files = record_of(folder)
        assert record.kind == "volume" and record.notes == ()
        assert record.meta["volume"]["shape"] == [28, 112, 112]
        assert record.person.name.startswith("Demo, Person")
        people.add(record.person.key)
        assert seg.series_of(Path(label)) == record.meta["series"]
        mask, names = masks.decode(labels.read_mask(record, files, Path(label)).payload)
        assert names == ["nodule"] and 20 < int(mask.sum()) < 600
    assert people == {"DEMO-0001", "DEMO-0002", "DEMO-0003"}


def test_values_are_those_of_a_chest(made: Made) -> None:
    for folder, label in zip(made["import"], made["labels"], strict=True):
        record, files = record_of(folder)
        values = load_folder(folder)
        mask, _ = masks.decode(labels.read_mask(record, files, Path(label)).payload)
        assert values.min() == -1024 and 400 < values.max() < 1200
        lung = values[:, 30:80, 15:97][(values[:, 30:80, 15:97] < -700)]
        assert -880 < float(np.median(lung)) < -820
        assert -60 < float(np.median(values[mask == 1])) < 90
        rows = values[:, 40:70, 55:60].reshape(-1)
        assert 0 < float(np.median(rows)) < 250


def test_neighbouring_pixels_share_their_noise(made: Made) -> None:
    values = load_folder(made["import"][0]).astype(float)
    row, column = (part // 2 for part in values.shape[1:])
    air = values[:, 8:18, column - 10 : column + 10]
    assert row > 0 and air.std() > 3
    assert 0.15 < float(np.corrcoef(air[:, :, 1:].ravel(), air[:, :, :-1].ravel())[0, 1]) < 0.95
    assert abs(float(np.corrcoef(air[1:].ravel(), air[:-1].ravel())[0, 1])) < 0.1


def test_files_are_valid_dicom(made: Made) -> None:
    tool = shutil.which("dciodvfy")
    if tool is None:
        pytest.skip("dciodvfy is not here; it comes with the package dicom3tools")
    folder = Path(made["import"][0])
    for path in [*sorted(folder.iterdir())[:2], *map(Path, made["labels"])]:
        done = subprocess.run([tool, str(path)], capture_output=True, text=True, timeout=60, check=False)
        assert [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("Error")] == []


def test_nobody_real_is_in_the_files(made: Made) -> None:
    for path in Path(made["import"][0]).iterdir():
        header = pydicom.dcmread(path, stop_before_pixels=True)
        assert str(header.PatientName) == "Demo^Person 01" and header.PatientID == "DEMO-0001"
        assert all(str(header[name].value).startswith("2.25.") for name in ("StudyInstanceUID", "SOPInstanceUID"))


def test_showcase_is_one_whole_chest_with_several_nodules(tmp_path: Path) -> None:
    made = chest.showcase(tmp_path, seed=7, shape=(60, 128, 128))
    record, files = record_of(made["import"][0])
    mask, _ = masks.decode(labels.read_mask(record, files, Path(made["labels"][0])).payload)
    depth, _, width = (
        size * step for size, step in zip(record.meta["volume"]["shape"], record.meta["volume"]["spacing"], strict=True)
    )
    assert record.person.name == "Demo, Showcase" and mask.any()
    assert 250 < depth < 275 and 270 < width < 340
