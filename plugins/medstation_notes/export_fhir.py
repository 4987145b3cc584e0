"""Diseases and drugs of a note as a FHIR R4 bundle. What was only read in a text is written as unconfirmed.

R4B (4.3) resources are used as models; in the fields written here they are those of R4 (4.0.1).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fhir.resources.R4B.bundle import Bundle

from medstation.api import BadInput, ExportItem, FileSource, Json, must_be_new, write_new
from medstation_notes import note
from medstation_notes.spans import Span, checked, decode_spans

CONDITIONS = frozenset(
    (
        "disease", "disorder", "problem", "diagnosis", "condition", "symptom", "finding", "sign_symptom",
        "disease_disorder", "specificdisease", "diseaseclass", "modifier", "compositemention",
    )
)  # fmt: skip
DRUGS = frozenset(("drug", "medication", "medicine", "chemical", "treatment"))
_VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
_MESH = "http://id.nlm.nih.gov/mesh/"
CAUTION = "Read in a text; whether it is denied, suspected, past or of a relative was not looked at."


def write(item: ExportItem, files: FileSource, out: Path) -> Sequence[Path]:
    """A bundle of a Patient and, for every different disease or drug, a Condition or MedicationStatement."""
    must_be_new(out)
    text = note.read(item.record, files).text
    spans = checked(decode_spans(item.payload or b""), text)[0]
    fitting = [span for span in spans if span.type.lower() in CONDITIONS | DRUGS]
    if not fitting:
        found = ", ".join(sorted({span.type for span in spans})) or "none"
        raise BadInput(f"the note has no diseases or drugs to write as FHIR (types: {found})", "Export it as CSV.")
    patient = _id("patient", item.record.person.key)
    resources = [_patient(item, patient), *(_resource(item, group, patient) for group in _grouped(fitting))]
    entries = [{"fullUrl": f"urn:uuid:{_uuid(one['id'])}", "resource": one} for one in resources]
    bundle = Bundle.model_validate({"resourceType": "Bundle", "type": "collection", "entry": entries})
    content = json.loads(bundle.model_dump_json(exclude_none=True))
    return write_new(out, json.dumps(content, ensure_ascii=False, indent=1) + "\n")


def _grouped(spans: Sequence[Span]) -> list[list[Span]]:
    """Mentions of the same thing together, in order of the first."""
    groups: dict[tuple[bool, str], list[Span]] = {}
    for span in spans:
        groups.setdefault((span.type.lower() in DRUGS, " ".join(span.text.lower().split())), []).append(span)
    return list(groups.values())


def _patient(item: ExportItem, patient: str) -> Json:
    person = item.record.person
    made: Json = {"resourceType": "Patient", "id": patient, "identifier": [{"value": person.key}]}
    if person.birth_date:
        made["birthDate"] = person.birth_date
    if person.sex in ("F", "M"):
        made["gender"] = {"F": "female", "M": "male"}[person.sex]
    return made


def _resource(item: ExportItem, group: Sequence[Span], patient: str) -> Json:
    first = group[0]
    named = " ".join(first.text.split())
    concept: Json = {"text": named}
    if coding := _coding(first):
        concept["coding"] = [coding]
    made: Json = {
        "id": _id(item.record.title, item.record.id, first.type, named.lower()),
        "subject": {"reference": f"urn:uuid:{_uuid(patient)}"},
        "note": [{"text": _told(item, group)}],
    }
    if first.type.lower() in DRUGS:
        return {
            "resourceType": "MedicationStatement",
            "status": "unknown",
            "medicationCodeableConcept": concept,
            **made,
        }
    unconfirmed = {"coding": [{"system": _VERIFICATION, "code": "unconfirmed"}]}
    return {"resourceType": "Condition", "verificationStatus": unconfirmed, "code": concept, **made}


def _coding(span: Span) -> dict[str, Any] | None:
    """MeSH codes as PubTator files have them."""
    code = span.code.removeprefix("MESH:")
    return {"system": _MESH, "code": code} if code[:1] in ("C", "D") and code[1:].isdigit() else None


def _told(item: ExportItem, group: Sequence[Span]) -> str:
    places = ", ".join(f"{span.start}-{span.end}" for span in group)
    sure = [span.confidence for span in group if span.confidence is not None]
    share = f", confidence {max(sure):.2f}" if sure else ""
    return f"Note {item.record.title}, characters {places}; by {item.by or 'unknown'}{share}. {CAUTION}"


def _id(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _uuid(hexadecimal: str) -> str:
    return "-".join((hexadecimal[:8], hexadecimal[8:12], hexadecimal[12:16], hexadecimal[16:20], hexadecimal[20:32]))
