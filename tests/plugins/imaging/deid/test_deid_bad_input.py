"""What cannot be made safe is not written, and the reason quotes nothing of it."""

from __future__ import annotations

import io
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from deid_files import make
from pydicom import dcmwrite
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import MPEG2MPML, JPEGBaseline8Bit

from medstation.api import BadInput
from medstation_imaging import dicom_file
from medstation_imaging.deid import one_file
from medstation_imaging.deid.one_file import FACE, Desk, deidentified
from medstation_imaging.deid.pseudonyms import Pseudonyms
from medstation_imaging.deid.settings import Choices

CT, US, SR, DOC = 0, 3, 8, 9
BASIC = Choices()


def run(data: bytes, choices: Choices = BASIC) -> one_file.Done:
    return deidentified(data, Desk(choices, Pseudonyms(bytes(32)), {}))


def changed(path: Path, **elements: object) -> bytes:
    dataset = pydicom.dcmread(path)
    for name, value in elements.items():
        setattr(dataset, name, value)
    file = io.BytesIO()
    dcmwrite(file, dataset)
    return file.getvalue()


def test_the_second_look_stops_what_the_rewriting_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make(tmp_path, CT)
    monkeypatch.setattr(one_file.Rewrite, "run", lambda self, dataset, path=(), clean=False: None)
    with pytest.raises(BadInput, match=r"SOPInstanceUID.*StudyDate") as refusal:
        run(made.path.read_bytes())
    assert not any(secret.lower() in refusal.value.message.lower() for secret in made.secrets.values())


@pytest.mark.parametrize(
    "tag, kind, value",
    [
        (0x00082218, "SQ", "nested"), (0x00181020, "LO", "rel {surname}"), (0x00020016, "AE", "x"),
        (0x00282000, "OB", "{surname} {surname}"), (0x0008103F, "SQ", "nested"),
    ],
)  # fmt: skip
def test_identity_where_no_rule_expects_it_is_cleaned_or_refused(
    tmp_path: Path, tag: int, kind: str, value: str
) -> None:
    made = make(tmp_path, CT)
    dataset = pydicom.dcmread(made.path)
    text = value.format(**made.secrets)
    if kind == "SQ":
        item = Dataset()
        item.CodeMeaning, item.LongCodeValue = made.secrets["surname"], made.secrets["id"]
        dataset.add_new(tag, "SQ", Sequence([item]))
    elif tag >> 16 != 2:
        dataset.add_new(tag, kind, text.encode() if kind == "OB" else text)
    file = io.BytesIO()
    dcmwrite(file, dataset)
    try:
        written = run(file.getvalue()).data.lower()
    except BadInput as refusal:
        assert "second look" in refusal.message
        return
    assert made.secrets["surname"].lower().encode() not in written


@pytest.mark.parametrize("length", [0, 3, 131, 140, 400, 900])
def test_files_that_are_cut_off_are_refused_or_clean(tmp_path: Path, length: int) -> None:
    made = make(tmp_path, CT)
    try:
        written = run(made.path.read_bytes()[:length])
    except BadInput:
        return
    assert made.secrets["surname"].lower().encode() not in written.data.lower()


def test_pictures_with_risk_are_refused_until_somebody_confirms(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="has to be found first"):
        run(make(tmp_path, US).path.read_bytes())


def test_a_document_is_refused_unless_told_to_drop_it(tmp_path: Path) -> None:
    made = make(tmp_path, DOC)
    with pytest.raises(BadInput, match="encloses a document"):
        run(made.path.read_bytes())
    after = pydicom.dcmread(io.BytesIO(run(made.path.read_bytes(), Choices(documents="drop")).data))
    assert after.EncapsulatedDocument.startswith(b"%PDF-1.4")
    other = changed(made.path, MIMETypeOfEncapsulatedDocument="model/stl")
    with pytest.raises(BadInput, match="no blank"):
        run(other, Choices(documents="drop"))


def test_video_and_broken_pictures_are_refused(tmp_path: Path) -> None:
    made = make(tmp_path, US)
    for syntax, reason in ((MPEG2MPML, "video"), (JPEGBaseline8Bit, "cannot be decoded|rewritten safely")):
        dataset = pydicom.dcmread(made.path)
        dataset.PixelData = pydicom.encaps.encapsulate([b"\xff\xd8broken\xff\xd9"])
        dataset["PixelData"].is_undefined_length = True
        dataset.file_meta.TransferSyntaxUID = syntax
        file = io.BytesIO()
        dcmwrite(file, dataset, implicit_vr=False, little_endian=True)
        with pytest.raises(BadInput, match=reason):
            run(file.getvalue(), Choices(confirm_pixels="auto"))


def test_sequences_without_end_are_refused(tmp_path: Path) -> None:
    inner = Dataset()
    for _ in range(60):
        outer = Dataset()
        outer.ReferencedImageSequence = Sequence([inner])
        inner = outer
    with pytest.raises(BadInput, match="too deep"):
        run(changed(make(tmp_path, CT).path, ReferencedImageSequence=inner.ReferencedImageSequence))


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dicom_file, "LARGEST", 1 << 22)
    meta = b"\2\0\0\0UL\4\0" + (8 + 22).to_bytes(4, "little") + b"\2\0\x10\0UI\x16\0" + b"1.2.840.10008.1.2.1.99"
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    bomb = packer.compress(bytes(1 << 24)) + packer.flush()
    with pytest.raises(BadInput, match="unpacks to more than"):
        run(bytes(128) + b"DICM" + meta + bomb)


def test_an_index_of_a_medium_is_left_out(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="DICOMDIR"):
        run(changed(make(tmp_path, CT).path, SOPClassUID="1.2.840.10008.1.3.10"))


def test_values_that_are_none_of_their_kind_go(tmp_path: Path) -> None:
    data = make(tmp_path, CT).path.read_bytes()
    broken = data.replace(b"IS\x02\x001 ", b"IS\x02\x00xy", 1)
    assert broken != data
    after = pydicom.dcmread(io.BytesIO(run(broken).data))
    assert "xy" not in [str(element.value) for element in after]


def test_a_file_that_does_not_say_whose_it_is_is_refused(tmp_path: Path) -> None:
    dataset = pydicom.dcmread(make(tmp_path, CT).path)
    del dataset.PatientName, dataset.PatientID
    file = io.BytesIO()
    dcmwrite(file, dataset)
    with pytest.raises(BadInput, match="whose it is"):
        run(file.getvalue())


def test_overlays_in_unused_bits_are_cleared_and_values_stay(tmp_path: Path) -> None:
    dataset = pydicom.dcmread(make(tmp_path, CT).path)
    values = np.arange(32 * 32, dtype=np.uint16) & 0x0FFF
    dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 12, 11, 0
    dataset.PixelData = (values | 0x4000).tobytes()
    del dataset[0x60003000]
    dataset.add_new(0x60000100, "US", 16)
    dataset.add_new(0x60000102, "US", 14)
    file = io.BytesIO()
    dcmwrite(file, dataset)
    after = pydicom.dcmread(io.BytesIO(run(file.getvalue()).data))
    assert after.PixelData == values.tobytes()


def test_a_head_is_said_to_show_a_face(tmp_path: Path) -> None:
    result = run(changed(make(tmp_path, CT).path, BodyPartExamined="HEAD"))
    assert result.facts["cautions"] == [FACE]
    assert run(changed(make(tmp_path, CT).path, BodyPartExamined="ABDOMEN")).facts["cautions"] == []


def test_the_same_number_of_days_for_all_of_a_patient(tmp_path: Path) -> None:
    made = make(tmp_path, CT)
    shift = replace(BASIC, dates="shift")
    first = pydicom.dcmread(io.BytesIO(run(made.path.read_bytes(), shift).data))
    second = pydicom.dcmread(io.BytesIO(run(changed(made.path, StudyDate="20230924"), shift).data))
    assert (
        int(pydicom.valuerep.DA(second.StudyDate).toordinal()) - pydicom.valuerep.DA(first.StudyDate).toordinal() == 10
    )
    assert first.PatientBirthDate == ""


def test_a_report_keeps_its_form_and_loses_its_people(tmp_path: Path) -> None:
    made = make(tmp_path, SR)
    after = pydicom.dcmread(io.BytesIO(run(made.path.read_bytes(), Choices(clean_structured=True)).data))
    person, findings = after.ContentSequence
    assert str(person.PersonName) == "Removed"
    assert findings.ContentSequence[0].TextValue.endswith("was seen by [removed].")
    basic = pydicom.dcmread(io.BytesIO(run(made.path.read_bytes()).data))
    assert basic.ContentSequence[1].ContentSequence[0].TextValue == "REMOVED"
    assert basic.ContentSequence[1].ValueType == "CONTAINER"
