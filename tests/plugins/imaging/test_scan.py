"""Headers are read fast and right, odd ones by the slow reader with the same answer; bad files say what is wrong."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pydicom
import pytest
from dicom_phantom import assemble, dataset, pixels_of, write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.data import get_charset_files, get_testdata_files
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
)

from medstation.api import Found, Skipped
from medstation_imaging import dicom_header, scan
from medstation_imaging.dicom_facts import image_facts, person
from medstation_imaging.importer import ImagingImporter


def both_ways(path: Path) -> tuple[object, object] | None:
    """What the fast walk and pydicom say of a file; None if the fast walk leaves it to pydicom."""
    with path.open("rb", buffering=0) as file:
        fast = dicom_header.fast_header(file, path.stat().st_size)
        slow = dicom_header.slow_header(file)
    if fast is None:
        return None
    assert slow is not None, "the fast walk accepts what pydicom does not"
    return (image_facts(fast[0]), person(fast[0]), fast[1:]), (image_facts(slow[0]), person(slow[0]), slow[1:])


def found(path: Path) -> Found:
    answer = scan.scan_file(path)
    assert isinstance(answer, Found), answer
    return answer


def skipped(path: Path) -> Skipped:
    answer = scan.scan_file(path)
    assert isinstance(answer, Skipped), answer
    return answer


BUNDLED = sorted(path for path in map(Path, get_testdata_files() + get_charset_files()) if path.is_file())


@pytest.mark.parametrize("path", BUNDLED, ids=lambda path: path.name)
def test_every_file_pydicom_brings_gets_an_answer(path: Path) -> None:
    answer = scan.scan_file(path)
    assert isinstance(answer, Found | Skipped)
    if isinstance(answer, Found):
        json.dumps(answer.facts, allow_nan=False)


@pytest.mark.parametrize("path", BUNDLED, ids=lambda path: path.name)
def test_the_fast_walk_says_what_pydicom_says_on_its_files(path: Path) -> None:
    if answers := both_ways(path):
        assert answers[0] == answers[1]


@pytest.mark.realdata
def test_the_fast_walk_says_what_pydicom_says_on_all_open_data(realdata) -> None:
    root = realdata("MANIFEST.tsv").parent
    walked = 0
    for path in sorted(path for folder in root.glob("dicom_*") for path in folder.rglob("*") if path.is_file()):
        if scan.wants(path) and (answers := both_ways(path)):
            walked += 1
            assert answers[0] == answers[1], path
    assert walked > 700


@pytest.mark.realdata
def test_nothing_in_the_open_data_makes_the_reader_fail(realdata) -> None:
    root = realdata("MANIFEST.tsv").parent
    for folder in sorted(root.glob("dicom_*")):
        paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and scan.wants(path)]
        records, refused = assemble(paths)
        assert records or not paths  # nothing but waveforms, for instance
        assert all(answer.reason for answer in refused)


def test_facts_hold_what_reading_the_pixels_later_needs(tmp_path: Path) -> None:
    path = write(tmp_path, "a.dcm", dataset(pixels_of(7), 7))
    facts = found(path).facts
    offset, length = facts["pixels"]
    assert path.read_bytes()[offset : offset + length] == pixels_of(7).tobytes()
    assert facts["position"] == [0, 0, 7]
    assert facts["spacing"] == [0.7, 0.8]
    assert facts["window"] == [40, 400]
    assert (facts["rows"], facts["columns"], facts["bits_stored"], facts["signed"]) == (6, 5, 16, 1)
    assert (facts["slope"], facts["intercept"]) == (1, -1024)
    assert facts["when"] == "2024-01-02T10:15:00"


def test_the_patient_is_read_as_people_write_it(tmp_path: Path) -> None:
    answer = found(write(tmp_path, "a.dcm", dataset(pixels_of(0))))
    assert (answer.person.key, answer.person.name) == ("P1", "One, Test")
    assert (answer.person.birth_date, answer.person.sex) == ("1950-01-01", "O")


@pytest.mark.parametrize(
    ("name", "person_name"),
    [
        ("chrArab.dcm", "قباني, لنزار"),
        ("chrFren.dcm", "Buc, Jérôme"),
        ("chrGerm.dcm", "Äneas, Rüdiger"),
        ("chrGreek.dcm", "Διονυσιος"),
        ("chrH31.dcm", "Yamada, Tarou (山田 太郎)"),
        ("chrH32.dcm", "ﾔﾏﾀﾞ, ﾀﾛｳ (山田 太郎)"),
        ("chrHbrw.dcm", "שרון, דבורה"),
        ("chrI2.dcm", "Hong, Gildong (洪 吉洞)"),
        ("chrRuss.dcm", "Люкceмбypг"),
        ("chrX1.dcm", "Wang, XiaoDong (王 小東)"),
        ("chrX2.dcm", "Wang, XiaoDong (王 小东)"),
    ],
)
def test_names_in_every_character_set_are_read(name: str, person_name: str) -> None:
    path = next(path for path in BUNDLED if path.name == name)
    assert found(path).person.name == person_name


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian])
def test_the_same_image_has_the_same_facts_in_every_uncompressed_syntax(tmp_path: Path, syntax: str) -> None:
    plain = found(write(tmp_path, "plain.dcm", dataset(pixels_of(3), 3))).facts
    other = dataset(pixels_of(3), 3)
    if syntax == ExplicitVRBigEndian:
        other.PixelData = pixels_of(3).astype(">i2").tobytes()
    other.file_meta.TransferSyntaxUID = syntax
    facts = found(write(tmp_path, "other.dcm", other)).facts
    for name in ("syntax", "pixels"):
        plain.pop(name)
        facts.pop(name)
    assert facts == plain


def test_a_file_without_preamble_and_suffix_is_known_by_its_content(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, dataset(pixels_of(1), 1), enforce_file_format=True)
    path = tmp_path / "IMG0001"
    path.write_bytes(buffer.getvalue()[132:])
    assert scan.wants(path)
    assert found(path).facts["instance"] == 2


def test_a_long_private_element_and_nested_sequences_are_stepped_over(tmp_path: Path) -> None:
    made = dataset(pixels_of(1), 1)
    block = made.private_block(0x0009, "TEST", create=True)
    block.add_new(0x01, "OB", bytes(300_000))
    inner = Dataset()
    inner.CodeValue = "1"
    outer = Dataset()
    outer.ConceptNameCodeSequence = DicomSequence([inner])
    outer["ConceptNameCodeSequence"].is_undefined_length = True
    outer.is_undefined_length_sequence_item = True
    made.AnatomicRegionSequence = DicomSequence([outer])
    made["AnatomicRegionSequence"].is_undefined_length = True
    path = write(tmp_path, "a.dcm", made)
    answers = both_ways(path)
    assert answers is not None
    assert answers[0] == answers[1]
    assert found(path).facts["pixels"][0] > 300_000


def test_a_text_file_with_a_dicom_name_is_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "notes.dcm"
    path.write_text("Patient feels better today.\n" * 40)
    assert scan.wants(path)
    assert "not a DICOM file" in skipped(path).reason


@pytest.mark.parametrize(
    "content", [b"", b"\0" * 500, b"\x08\x00" * 300, bytes(128) + b"DICM", bytes(128) + b"DICM\x02"]
)
def test_an_empty_or_senseless_file_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.dcm"
    path.write_bytes(content)
    assert skipped(path).hint


def test_what_cannot_be_opened_names_the_reason(tmp_path: Path) -> None:
    assert "cannot be read" in skipped(tmp_path / "gone.dcm").reason


@pytest.mark.parametrize("kept", [100, 200, 400, 700])
def test_a_file_cut_off_in_its_header_is_skipped_with_a_reason(tmp_path: Path, kept: int) -> None:
    path = write(tmp_path, "a.dcm", dataset(pixels_of(1), 1))
    path.write_bytes(path.read_bytes()[:kept])
    assert skipped(path).hint


def test_a_file_cut_off_in_its_pixels_is_taken_and_says_so(tmp_path: Path) -> None:
    path = write(tmp_path, "a.dcm", dataset(pixels_of(1), 1))
    path.write_bytes(path.read_bytes()[:-20])
    assert found(path).facts["held_bytes"] == 40
    records, _ = assemble([path])
    assert records[0][0].notes == ("a.dcm: pixel data ends early, 40 of 60 bytes; the rest is shown as background.",)


def test_an_image_without_pixel_data_is_skipped_with_a_reason(tmp_path: Path) -> None:
    path = write(tmp_path, "a.dcm", dataset(pixels_of(1), PixelData=None))
    assert "without pixel data" in skipped(path).reason


def test_numbers_that_are_none_are_left_out(tmp_path: Path) -> None:
    path = write(tmp_path, "a.dcm", dataset(pixels_of(1), 1, RescaleSlope="1", WindowCenter="40", WindowWidth="400"))
    data = path.read_bytes().replace(b"\x28\x00\x51\x10DS\x04\x00400 ", b"\x28\x00\x51\x10DS\x04\x00nan ")
    path.write_bytes(data)
    assert b"nan" in data
    assert "window" not in found(path).facts


def test_a_text_that_is_no_image_is_not_wanted(tmp_path: Path) -> None:
    path = tmp_path / "readme"
    path.write_text("hello")
    assert not scan.wants(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 255)), min_size=1, max_size=6))
def test_no_damaged_header_makes_the_reader_fail(tmp_path: Path, changes: list[tuple[int, int]]) -> None:
    path = write(tmp_path, "a.dcm", dataset(pixels_of(1), 1))
    data = bytearray(path.read_bytes())
    for place, value in changes:
        data[place % len(data)] = value
    path.write_bytes(data)
    answer = scan.scan_file(path)
    if isinstance(answer, Found):
        json.dumps(answer.facts, allow_nan=False)
        ImagingImporter({}).assemble([answer])


class TestMedium:
    """A DICOMDIR and the files it names."""

    def index(self, folder: Path, *names: list[str]) -> Path:
        made = Dataset()
        made.FileSetID = "TEST"
        made.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity = 0
        made.DirectoryRecordSequence = DicomSequence()
        for parts in names:
            record = Dataset()
            record.DirectoryRecordType = "IMAGE"
            record.ReferencedFileID = parts
            made.DirectoryRecordSequence.append(record)
        whole = dataset(np.zeros((1, 1), np.int16))
        whole.clear()
        whole.update(made)
        whole.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.1.3.10"
        folder.mkdir(exist_ok=True)
        pydicom.dcmwrite(folder / "DICOMDIR", whole, enforce_file_format=False)
        return folder / "DICOMDIR"

    def test_alone_it_leads_to_its_files(self, tmp_path: Path) -> None:
        write(tmp_path / "cd" / "A", "IM1", dataset(pixels_of(0), 0))
        answers = list(scan.scan([self.index(tmp_path / "cd", ["A", "IM1"])]))
        assert [type(answer) for answer in answers] == [Skipped, Found]
        assert answers[0].harmless

    def test_a_file_is_read_once_when_the_folder_is_given(self, tmp_path: Path) -> None:
        image = write(tmp_path / "cd" / "A", "IM1", dataset(pixels_of(0), 0))
        answers = list(scan.scan([self.index(tmp_path / "cd", ["A", "IM1"]), image]))
        assert sum(isinstance(answer, Found) for answer in answers) == 1

    def test_it_is_followed_no_further_than_its_own_folder(self, tmp_path: Path) -> None:
        write(tmp_path, "secret.dcm", dataset(pixels_of(0), 0))
        answers = list(scan.scan([self.index(tmp_path / "cd", ["..", "secret.dcm"])]))
        assert [type(answer) for answer in answers] == [Skipped]
        assert "outside" in answers[0].reason

    def test_a_missing_file_is_named(self, tmp_path: Path) -> None:
        answers = list(scan.scan([self.index(tmp_path / "cd", ["A", "IM1"])]))
        assert answers[1].path.name == "IM1"
        assert "not there" in answers[1].reason

    def test_a_damaged_one_is_told(self, tmp_path: Path) -> None:
        path = tmp_path / "DICOMDIR"
        path.write_bytes(b"nonsense")
        assert [type(answer) for answer in scan.scan([path])] == [Skipped]


@pytest.mark.parametrize("syntax", [None, DeflatedExplicitVRLittleEndian, JPEG2000Lossless])
def test_a_promise_of_endless_frames_is_not_believed(tmp_path: Path, syntax: str | None) -> None:
    made = dataset(pixels_of(1), 1, NumberOfFrames="2000000000")
    if syntax == JPEG2000Lossless:
        made.PixelData = encapsulate([b"\xff\x4f\xff\x51"])
        made["PixelData"].VR = "OB"
    made.file_meta.TransferSyntaxUID = syntax or made.file_meta.TransferSyntaxUID
    answer = scan.scan_file(write(tmp_path, "a.dcm", made))
    if syntax:
        assert isinstance(answer, Skipped)
        assert "more than it can hold" in answer.reason
    else:
        assert isinstance(answer, Found)
        assert answer.facts["frames"] == 1


def test_pixel_data_that_never_begin_are_told(tmp_path: Path) -> None:
    path = write(tmp_path, "a.dcm", dataset(pixels_of(1), 1))
    path.write_bytes(path.read_bytes()[:-60])
    assert "before its pixel data begin" in skipped(path).reason
