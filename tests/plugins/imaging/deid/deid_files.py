"""Two hundred DICOM files over ten modalities, made by code, each with its patient's identity planted all over it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import deid_pictures as pictures
import numpy as np
from pydicom import dcmwrite
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless

MODALITIES = ("CT", "MR", "PT", "US", "CR", "MG", "XA", "OT", "SR", "DOC")
CLASSES = {
    "CT": "1.2.840.10008.5.1.4.1.1.2", "MR": "1.2.840.10008.5.1.4.1.1.4", "PT": "1.2.840.10008.5.1.4.1.1.128",
    "US": "1.2.840.10008.5.1.4.1.1.3.1", "CR": "1.2.840.10008.5.1.4.1.1.1", "MG": "1.2.840.10008.5.1.4.1.1.1.2",
    "XA": "1.2.840.10008.5.1.4.1.1.12.1", "OT": "1.2.840.10008.5.1.4.1.1.7", "SR": "1.2.840.10008.5.1.4.1.1.88.33",
    "DOC": "1.2.840.10008.5.1.4.1.1.104.1",
}  # fmt: skip
SURNAMES = ("Quastenberg", "Zwirnfeld", "Müllerstein", "Ólafsdottir", "Xylander")
GIVEN = ("Ottokar", "Leopoldine", "Jürgena", "Brynhildur", "Wendelin")


@dataclass
class Made:
    """A file, what identifies in it (by kind), and where text is burnt in."""

    path: Path
    modality: str
    secrets: dict[str, str]
    burnt: list[pictures.Rect] = field(default_factory=list)
    shape: tuple[int, int] = (0, 0)


def make(folder: Path, number: int) -> Made:
    """File `number` (0 to 199): twenty of each modality; files 0 to 9 of a modality are one study of one patient."""
    modality, copy = MODALITIES[number % 10], number // 10
    rng = np.random.default_rng(number)
    secrets = _secrets(modality, 0 if copy < 10 else copy)
    secrets["sop"] = f"1.2.826.77.{number}.5.{4000 + number}"
    dataset = _dataset(modality, copy, secrets)
    made = Made(folder / f"{secrets['surname']}_{secrets['id']}_{number}.dcm", modality, secrets)
    _content(dataset, modality, copy, secrets, rng, made)
    _plant(dataset, secrets)
    syntax = ImplicitVRLittleEndian if copy % 4 == 1 else ExplicitVRLittleEndian
    _write(made.path, dataset, syntax, copy % 5 == 2 and modality in ("CT", "MR", "OT"), secrets)
    return made


def make_all(folder: Path, numbers: range = range(200)) -> Iterator[Made]:
    folder.mkdir(parents=True, exist_ok=True)
    return (make(folder, number) for number in numbers)


def _secrets(modality: str, patient: int) -> dict[str, str]:
    key = MODALITIES.index(modality) * 20 + patient
    return {
        "surname": SURNAMES[key % 5] + "abcdefghij"[key // 5 % 10], "given": GIVEN[key % 5],
        "id": f"PID{700000 + 37 * key}", "other_id": f"ZZ{820000 + 11 * key}", "accession": f"ACC{310000 + key}",
        "born": f"19{30 + key % 60}0{1 + key % 9}17", "street": f"Lindenbaumgasse {100 + key}",
        "phone": f"+49 6221 55{1000 + key}", "doctor": f"Habersackinger{'xyz'[key % 3]}", "operator": "Knopfdrucker",
        "hospital": "Sankt Vielgesund Klinikum", "serial": f"SER-{990000 + key}", "station": f"STATION{500 + key}",
        "study": f"1.2.826.77.{key}.1", "series": f"1.2.826.77.{key}.2", "frame": f"1.2.826.77.{key}.3",
        "mother": "Fruehgeborene", "private": f"Geheimnistraeger{key}",
    }  # fmt: skip


def _dataset(modality: str, copy: int, secrets: dict[str, str]) -> Dataset:
    made = Dataset()
    made.SpecificCharacterSet = "ISO_IR 192"
    made.SOPClassUID, made.SOPInstanceUID = CLASSES[modality], secrets["sop"]
    made.StudyInstanceUID, made.SeriesInstanceUID = secrets["study"], secrets["series"]
    made.Modality = modality
    made.StudyDate = made.SeriesDate = made.ContentDate = "20230914"
    made.StudyTime = made.SeriesTime = made.ContentTime = "101500"
    made.AccessionNumber, made.StudyID = secrets["accession"], "S1"
    made.PatientName = f"{secrets['surname']}^{secrets['given']}"
    made.PatientID, made.PatientBirthDate, made.PatientSex = secrets["id"], secrets["born"], "F"
    made.ReferringPhysicianName = f"{secrets['doctor']}^Doc"
    made.Manufacturer, made.InstanceNumber, made.SeriesNumber = "Maker", copy + 1, 1
    return made


def _plant(made: Dataset, secrets: dict[str, str]) -> None:
    """Identity where it often is, and where nobody looks."""
    name, number = f"{secrets['surname']}^{secrets['given']}", secrets["id"]
    made.PatientAddress, made.PatientTelephoneNumbers = secrets["street"], secrets["phone"]
    made.PatientMotherBirthName, made.PatientAge = f"{secrets['mother']}^Ida", "093Y"
    made.InstitutionName, made.StationName = secrets["hospital"], secrets["station"]
    made.DeviceSerialNumber, made.OperatorsName = secrets["serial"], f"{secrets['operator']}^Op"
    made.StudyDescription = f"Control of {secrets['surname']}, seen 14.09.2023"
    made.SeriesDescription = f"ax {secrets['given'].upper()} {number}"
    made.ProtocolName = f"routine_{secrets['surname'].upper()}"
    made.ImageComments = f"called Dr. {secrets['doctor']} at {secrets['phone']}"
    made.PatientComments = f"{secrets['given']} lives at {secrets['street']}"
    made.ManufacturerModelName = f"Model of {secrets['surname']}"  # not in the table at all
    made.SoftwareVersions = ["1.0", f"lic {number}"]
    made.BodyPartExamined = secrets["surname"].upper()[:16] if secrets["surname"].isascii() else "CHEST"
    other = Dataset()
    other.PatientID, other.IssuerOfPatientID = secrets["other_id"], secrets["hospital"]
    made.OtherPatientIDsSequence = Sequence([other])
    step = Dataset()
    step.RequestedProcedureDescription, step.ScheduledProcedureStepDescription = name, f"for {number}"
    step.RequestedProcedureID, step.AccessionNumber = number, secrets["accession"]
    deep = Dataset()
    deep.ReferencedSOPClassUID, deep.ReferencedSOPInstanceUID = CLASSES["CT"], secrets["series"] + ".99"
    deep.PurposeOfReferenceCodeSequence = Sequence([_code("1", "99X", f"because of {secrets['surname']}")])
    made.RequestAttributesSequence, made.ReferencedImageSequence = Sequence([step]), Sequence([deep])
    block = made.private_block(0x0029, "MAKER HEADER", create=True)
    block.add_new(0x10, "LO", f"{name} {secrets['private']}")
    inner = Dataset()
    inner.PatientName = name
    inner.add_new(0x00290010, "LO", "MAKER HEADER")
    inner.add_new(0x00291011, "OB", f"<xml>{number} {secrets['private']}</xml> ".encode())
    block.add_new(0x20, "SQ", Sequence([inner]))
    made.add_new(0x50000010, "US", 2)
    made.add_new(0x50003000, "OW", f"{name:<60}".encode())
    made.add_new(0x60000010, "US", 8)
    made.add_new(0x60000011, "US", 8)
    made.add_new(0x60000022, "LO", f"overlay {secrets['surname']}")
    made.add_new(0x60003000, "OW", f"{number:<32}".encode())
    made.add_new(0x60004000, "LT", name)
    made.add_new(0xFFFCFFFC, "OB", f"{name:<80}".encode())


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def _content(
    made: Dataset, modality: str, copy: int, secrets: dict[str, str], rng: np.random.Generator, into: Made
) -> None:
    if modality == "SR":
        return _report(made, secrets)
    if modality == "DOC":
        return _document(made, secrets)
    if modality in ("CT", "MR", "PT"):
        return _slice(made, modality, copy, secrets, rng)
    return _picture(made, modality, copy, secrets, rng, into)


def _report(made: Dataset, secrets: dict[str, str]) -> None:
    made.VerificationFlag, made.CompletionFlag, made.ValueType = "UNVERIFIED", "COMPLETE", "CONTAINER"
    made.ContinuityOfContent = "SEPARATE"
    made.ConceptNameCodeSequence = Sequence([_code("18748-4", "LN", "Diagnostic imaging report")])
    person, text, inner = Dataset(), Dataset(), Dataset()
    person.RelationshipType, person.ValueType, person.PersonName = "HAS OBS CONTEXT", "PNAME", secrets["doctor"]
    text.RelationshipType, text.ValueType = "CONTAINS", "TEXT"
    text.TextValue = f"Mrs. {secrets['surname']} ({secrets['id']}, {secrets['born']}) was seen by {secrets['doctor']}."
    for item, meaning in ((person, "Observer"), (text, "Finding")):
        item.ConceptNameCodeSequence = Sequence([_code("121071", "DCM", meaning)])
    inner.RelationshipType, inner.ValueType, inner.ContinuityOfContent = "CONTAINS", "CONTAINER", "SEPARATE"
    inner.ConceptNameCodeSequence = Sequence([_code("121070", "DCM", "Findings")])
    inner.ContentSequence = Sequence([text])
    made.ContentSequence = Sequence([person, inner])
    made.PerformedProcedureCodeSequence = Sequence()
    made.ReferencedPerformedProcedureStepSequence = Sequence()


def _document(made: Dataset, secrets: dict[str, str]) -> None:
    made.ConversionType, made.MIMETypeOfEncapsulatedDocument = "WSD", "application/pdf"
    made.DocumentTitle, made.BurnedInAnnotation = f"Letter about {secrets['surname']}", "YES"
    made.ConceptNameCodeSequence = Sequence()
    made.AcquisitionDateTime = "20230914101500"
    body = f"%PDF-1.4 {secrets['surname']} {secrets['id']} %%EOF"
    made.EncapsulatedDocument = body.encode() + b"\n" * (len(body.encode()) % 2)


def _pixels(made: Dataset, values: np.ndarray, signed: bool = False) -> None:
    """Values (frames, rows, columns[, samples]) as native pixel data."""
    made.Rows, made.Columns = values.shape[1:3]
    made.SamplesPerPixel = 3 if values.ndim == 4 else 1
    made.PhotometricInterpretation = "RGB" if values.ndim == 4 else "MONOCHROME2"
    if values.ndim == 4:
        made.PlanarConfiguration = 0
    if len(values) > 1:
        made.NumberOfFrames = len(values)
    made.BitsAllocated = made.BitsStored = values.itemsize * 8
    made.HighBit, made.PixelRepresentation = values.itemsize * 8 - 1, int(signed)
    data = np.ascontiguousarray(values).tobytes()
    made.PixelData = data + b"\0" * (len(data) % 2)
    made["PixelData"].VR = "OW" if values.itemsize > 1 else "OB"


def _slice(made: Dataset, modality: str, copy: int, secrets: dict[str, str], rng: np.random.Generator) -> None:
    values = rng.integers(-900, 2000, (1, 32, 32)).astype(np.int16)
    _pixels(made, values, signed=True)
    made.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    made.FrameOfReferenceUID, made.PositionReferenceIndicator = secrets["frame"], ""
    made.ImagePositionPatient, made.ImageOrientationPatient = [0, 0, copy], [1, 0, 0, 0, 1, 0]
    made.PixelSpacing, made.SliceThickness, made.PatientPosition = [1, 1], 1, "HFS"
    made.RescaleIntercept, made.RescaleSlope, made.AcquisitionNumber = 0, 1, 1
    if modality == "CT":
        made.KVP, made.RescaleType = 120, "HU"
    if modality == "MR":
        made.ScanningSequence, made.SequenceVariant, made.ScanOptions = "SE", "NONE", ""
        made.MRAcquisitionType, made.EchoTime, made.RepetitionTime, made.EchoTrainLength = "2D", 10, 500, 1


def _picture(
    made: Dataset, modality: str, copy: int, secrets: dict[str, str], rng: np.random.Generator, into: Made
) -> None:
    texts = [f"{secrets['surname']}, {secrets['given']}", secrets["id"]]
    height, width = 320, 480
    made.ImageType = ["ORIGINAL", "PRIMARY", ""]
    if modality == "US":
        values, into.burnt = _film_loop(made, copy, rng, texts, height, width)
    else:
        look = {"CR": pictures.film, "MG": pictures.breast, "XA": pictures.vessel, "OT": pictures.screen}[modality]
        image = look(rng, height, width)
        into.burnt = pictures.burn(image, texts, rng, (4, height - 40))
        values = image[None].astype(np.uint8)
        if modality == "OT" and copy % 2:
            values = np.repeat(values[..., None], 3, axis=3)
        if modality == "XA":
            values = values.astype(np.uint16) * 4
    into.shape = (height, width)
    _pixels(made, values)
    if modality == "OT":
        made.ConversionType = "WSD"
    if modality in ("CR", "MG"):
        made.ViewPosition = "AP"


def _film_loop(
    made: Dataset, copy: int, rng: np.random.Generator, texts: list[str], height: int, width: int
) -> tuple[np.ndarray, list[pictures.Rect]]:
    """Half of the ultrasounds are films with text over the moving picture, half stills with text beside the sector."""
    frames = 4 if copy % 2 else 1
    images = [pictures.sector(rng, height, width) for _ in range(frames)]
    if frames == 1:
        region = Dataset()
        region.RegionLocationMinX0, region.RegionLocationMinY0 = 60, 60
        region.RegionLocationMaxX1, region.RegionLocationMaxY1 = width - 61, height - 5
        images[0][:60] = 0
        made.SequenceOfUltrasoundRegions = Sequence([region])
    state = rng.bit_generator.state
    for image in images:
        rng.bit_generator.state = state  # the same texts at the same places in every frame
        places = pictures.burn(image, texts, np.random.default_rng(copy), (4, 30 if frames == 1 else height - 40))
    return np.stack(images).astype(np.uint8), places


def _write(path: Path, made: Dataset, syntax: UID, compress: bool, secrets: dict[str, str]) -> None:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = made.SOPClassUID, made.SOPInstanceUID
    meta.TransferSyntaxUID = syntax
    meta.SourceApplicationEntityTitle = secrets["station"][:16]
    meta.PrivateInformationCreatorUID = "1.2.3"
    meta.PrivateInformation = f"{secrets['surname']:<40}".encode()
    preamble = secrets["surname"].encode().ljust(128, b"\0")[:128]
    file = FileDataset(None, made, file_meta=meta, preamble=preamble)
    file.set_original_encoding(syntax.is_implicit_VR, syntax.is_little_endian)
    if compress:
        file.compress(RLELossless, generate_instance_uid=False)
    dcmwrite(path, file, enforce_file_format=True)
