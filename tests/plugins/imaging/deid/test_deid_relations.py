"""Identity is gathered from the whole batch: what one file knows is looked for in every file that belongs to it."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pydicom
import pytest
from deid_files import make

from medstation_imaging.deid import one_file
from medstation_imaging.deid.deidentify import deidentify
from medstation_imaging.deid.relations import Relations
from medstation_imaging.deid.settings import Choices

CT, MR, PT = 0, 1, 2
NAME = "Zinnoberwald"


class Folder:
    """The files of a folder, in order."""

    def __init__(self, paths: list[Path]) -> None:
        self.paths = paths

    def __len__(self) -> int:
        return len(self.paths)

    def name(self, index: int) -> str:
        return self.paths[index].name

    def read(self, index: int) -> bytes:
        return self.paths[index].read_bytes()


def changed(path: Path, **elements: object) -> Path:
    dataset = pydicom.dcmread(path)
    for name, value in elements.items():
        setattr(dataset, name, value)
    dataset.save_as(path)
    return path


@pytest.fixture
def study(tmp_path: Path) -> list[Path]:
    """Two files of one study; the first is typed into by whoever is named in the second alone."""
    first, second = make(tmp_path, CT).path, make(tmp_path, 10 + CT).path
    return [
        changed(first, ImageComments=f"reported to {NAME} by phone", ManufacturerModelName=f"desk of {NAME.upper()}"),
        changed(second, PerformingPhysicianName=f"{NAME}^Ada"),
    ]


def run(paths: list[Path], out: Path, **settings: object) -> dict[str, object]:
    return deidentify(Folder(paths), out, settings, bytes(32), lambda done, text: None)  # type: ignore[arg-type]


def test_a_name_of_one_header_is_taken_out_of_the_other_files_text(study: list[Path], tmp_path: Path) -> None:
    told = run(study, tmp_path / "out", clean_descriptors=True)
    assert told["written"] == 2
    written = [path.read_bytes() for path in (tmp_path / "out").rglob("*.dcm")]
    assert not any(NAME.lower().encode() in data.lower() for data in written)
    assert "reported to [removed] by phone" in [
        pydicom.dcmread(io.BytesIO(data)).get("ImageComments") for data in written
    ]


def test_alone_the_file_knows_no_better(study: list[Path], tmp_path: Path) -> None:
    run(study[:1], tmp_path / "out")
    assert any(NAME.upper().encode() in path.read_bytes() for path in (tmp_path / "out").rglob("*.dcm"))


def test_the_second_look_stops_a_file_for_a_relatives_name(
    study: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(one_file.Rewrite, "_text", lambda self, place, element, clean: None)
    told = run(study, tmp_path / "out")
    reasons = " ".join(one["reason"] for one in told["refusals"])  # type: ignore[index, attr-defined]
    assert "ManufacturerModelName" in reasons
    assert NAME not in json.dumps(told)


def test_files_belong_together_by_patient_by_study_and_by_a_third(tmp_path: Path) -> None:
    def loaded(number: int, **elements: object) -> pydicom.Dataset:
        return pydicom.dcmread(changed(make(tmp_path, number).path, **elements))

    first = loaded(CT, OperatorsName="Ginsterhof")
    second = loaded(MR, StudyInstanceUID=first.StudyInstanceUID, OperatorsName="Silberdistel")
    third = loaded(PT, PatientID=second.PatientID, OperatorsName="Mohnblume")
    third.IssuerOfPatientID = second.get("IssuerOfPatientID", "")
    stranger = loaded(10 * 15 + PT, OperatorsName="Kornrade")
    relations = Relations()
    for dataset in (first, third, stranger, second):
        relations.note(dataset, Choices())
    for dataset in (first, second, third):
        names = relations.identity_of(dataset, Choices()).names
        assert {"ginsterhof", "silberdistel", "mohnblume"} <= names and "kornrade" not in names
    assert not relations.identity_of(stranger, Choices()).names & {"ginsterhof", "silberdistel", "mohnblume"}
