"""One file from its bytes to its bytes without identity, or to the reason why it cannot be."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import PurePosixPath

from pydicom import dcmwrite
from pydicom.dataset import Dataset

from medstation.api import BadInput, Json, MedStationError
from medstation_imaging.deid.boxes import Box, facts_of
from medstation_imaging.deid.burnt_in import print_in
from medstation_imaging.deid.documents import settle_document
from medstation_imaging.deid.markers import fresh_meta, mark
from medstation_imaging.deid.overlays import settle_overlays
from medstation_imaging.deid.parsing import parsed
from medstation_imaging.deid.picture import picture_of
from medstation_imaging.deid.planes import clear_planes
from medstation_imaging.deid.pseudonyms import Pseudonyms
from medstation_imaging.deid.relations import Relations
from medstation_imaging.deid.rescan import leaks
from medstation_imaging.deid.rewrite import Rewrite
from medstation_imaging.deid.risk import may_show_face, text_risk
from medstation_imaging.deid.settings import Choices
from medstation_imaging.deid.source import patient_identity

_ODD = "Its source wrote values that are not valid; ask for another copy."
FACE = "It shows a head: a face can be drawn from it. Remove the face with a tool made for that before publishing."


@dataclass(frozen=True)
class Done:
    """What is to be written where (relative to the output folder), and what was done."""

    name: PurePosixPath
    data: bytes
    facts: Json


@dataclass(frozen=True)
class Desk:
    """What all files share. `confirmed` are the boxes a person confirmed, by SHA-256 of the source file; `relations`
    know the whole batch (a file alone knows itself).
    """

    choices: Choices
    pseudonyms: Pseudonyms
    confirmed: Mapping[str, list[Box]]
    relations: Relations = field(default_factory=Relations)


def deidentified(data: bytes, desk: Desk) -> Done:
    """`BadInput` says why a file cannot be written; nothing of its content is in the message."""
    with _kept_safe():
        return _deidentified(data, desk)


def learn(data: bytes, desk: Desk) -> None:
    """Remember who the file is about, for its relatives. `BadInput` for what will be refused."""
    with _kept_safe():
        desk.relations.note(parsed(data)[0], desk.choices)


@contextmanager
def _kept_safe() -> Iterator[None]:
    """No fault of a stranger's file gets out with its content."""
    with warnings.catch_warnings():  # of odd values, which are rewritten or removed
        warnings.simplefilter("ignore")
        try:
            yield
        except MedStationError:
            raise
        except Exception as error:  # a stranger's values in a form nobody foresaw; its text may quote them
            raise BadInput(f"it cannot be rewritten safely ({type(error).__name__})", _ODD) from error


def _deidentified(data: bytes, desk: Desk) -> Done:
    dataset, syntax = parsed(data)
    choices = desk.choices
    identity, patient = desk.relations.identity_of(dataset, choices), patient_identity(dataset)
    face = may_show_face(dataset)
    notes = [note for note in (settle_document(dataset, choices.documents),) if note]
    planes = clear_planes(dataset, syntax)
    kept, gone = settle_overlays(dataset, syntax, choices.clean_graphics)
    pixels, syntax = _pixels(dataset, syntax, sha256(data).hexdigest(), desk)
    rewrite = Rewrite(choices, desk.pseudonyms, patient, identity, str(dataset.SOPClassUID))
    document = dataset.get("EncapsulatedDocument")
    rewrite.run(dataset)
    if document is not None:
        dataset.EncapsulatedDocument = document  # the blank page, in place of the table's dummy
    mark(dataset, choices, pixels is not None, face)
    dataset.preamble = bytes(128)
    dataset.file_meta = fresh_meta(dataset, syntax)
    name = _name(dataset, desk.pseudonyms.patient(patient))
    written = _written(dataset)
    if found := leaks(written, identity, choices, str(name)):
        raise BadInput(
            f"the second look found the source's own identity in {', '.join(found[:5])}", "It was not written."
        )
    facts: Json = {
        "patient": desk.pseudonyms.patient(patient), "actions": dict(sorted(rewrite.counts.items())), "pixels": pixels,
        "notes": notes,
    }  # fmt: skip
    overlays = {"overlay planes": planes, "overlays": gone, "overlays kept": kept}
    facts["actions"] |= {name: count for name, count in overlays.items() if count}
    return Done(name, written, facts | {"cautions": [FACE] if face else []})


def _pixels(dataset: Dataset, syntax: str, digest: str, desk: Desk) -> tuple[Json | None, str]:
    """Blank what has to be; None where the picture was not looked at."""
    reason = text_risk(dataset)
    confirmed = desk.confirmed.get(digest)
    if not reason and not confirmed:
        return None, syntax
    if not desk.choices.confirm_pixels:
        raise BadInput(f"{reason}: its text has to be found first", "Review it, or give confirm_pixels=auto.")
    if confirmed is None and desk.choices.confirm_pixels != "auto":
        raise BadInput(f"{reason}, and nobody confirmed its boxes", "Review it again with this file.")
    picture = picture_of(dataset, syntax)
    boxes = print_in(dataset, picture) if confirmed is None else confirmed
    if any(box.right > picture.shape[1] or box.bottom > picture.shape[0] for box in boxes):
        raise BadInput("a box lies outside of its picture", "Correct the file of boxes.")
    if boxes:
        picture.blank(boxes)
        syntax = picture.store(dataset) or syntax
    facts = facts_of(boxes, picture.shape)
    return {"why": reason, "by": "a person" if confirmed is not None else "auto"} | facts, syntax


def _name(dataset: Dataset, patient: str) -> PurePosixPath:
    """Made of new names alone: patient, study, series, instance."""
    parts = (
        str(dataset.get(name, "") or "none") for name in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
    )
    study, series, instance = ("".join(sign for sign in part if sign.isdigit() or sign == ".") for part in parts)
    return PurePosixPath(patient, study or "none", series or "none", f"{instance or 'none'}.dcm")


def _written(dataset: Dataset) -> bytes:
    file = io.BytesIO()
    try:
        dcmwrite(file, dataset, enforce_file_format=True)
    except Exception as error:  # values that pydicom read but cannot write
        raise BadInput(f"it cannot be written as DICOM ({type(error).__name__})", _ODD) from error
    return file.getvalue()
