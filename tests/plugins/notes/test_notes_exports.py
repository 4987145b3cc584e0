"""Ways out: tables that run nothing, CoNLL that reads back, FHIR that its own models take."""

from __future__ import annotations

import csv
import json

import pytest
from notes_bench import items

from medstation.api import BadInput, ExportItem, resolve_ref
from medstation_notes import note
from medstation_notes.labels import owner, read_class, read_spans
from medstation_notes.plugin import DOCUMENTS
from medstation_notes.spans import Span, decode_spans, encode_spans

TEXT = "=cmd|' /C calc'!A0 was given.\nGout and gout; aspirin helps. 😀 fever"


@pytest.fixture
def item(tmp_path):
    path = tmp_path / "t.jsonl"
    path.write_text(json.dumps({"id": "n1", "patient": "-P1", "text": TEXT}))
    ((record, files, _),) = items(path)
    kinds = {"=cmd|' /C calc'!A0": "Drug", "Gout": "Disease", "gout": "Disease", "aspirin": "Drug", "fever": "Symptom"}
    spans = [Span(TEXT.index(word), TEXT.index(word) + len(word), kind, word, 0.9) for word, kind in kinds.items()]
    return ExportItem(record, "spans", encode_spans(spans), {}, "anna"), files


def write(format, item, files, out):
    exporter = next(one for one in DOCUMENTS.exporters if one.format == format)
    (path,) = resolve_ref(exporter.write)(item, files, out)
    return path


def test_cells_that_would_run_get_a_quote(item, tmp_path):
    path = write("csv", *item, tmp_path / "out.csv")
    rows = list(csv.DictReader(path.open(encoding="utf-8-sig", newline="")))
    assert rows[0]["text"].startswith("'=cmd") and rows[0]["patient"] == "'-P1"
    assert (rows[1]["text"], rows[1]["type"], rows[1]["by"]) == ("Gout", "Disease", "anna")
    with pytest.raises(BadInput, match="exists already"):
        write("csv", *item, path)


def test_conll_and_json_read_back_to_the_same_entities(item, tmp_path):
    exported, files = item
    record = exported.record
    keys = {span.key for span in decode_spans(exported.payload)}
    for format, name in (("conll", "n1.conll"), ("json", "n1.spans.json")):
        path = write(format, exported, files, tmp_path / name)
        assert owner(path) == "n1"
        assert {span.key for span in decode_spans(read_spans(record, files, path).payload)} == keys


def test_fhir_holds_diseases_and_drugs_once_and_unconfirmed(item, tmp_path):
    from fhir.resources.R4B.bundle import Bundle

    path = write("fhir", *item, tmp_path / "out.json")
    Bundle.model_validate_json(path.read_text())
    made = [one["resource"] for one in json.loads(path.read_text())["entry"]]
    kinds = [one["resourceType"] for one in made]
    assert kinds == ["Patient", "MedicationStatement", "Condition", "MedicationStatement", "Condition"]
    assert made[2]["verificationStatus"]["coding"][0]["code"] == "unconfirmed"
    assert "30-34, 39-43" in made[2]["note"][0]["text"]


def test_labels_of_another_note_are_told(item, tmp_path):
    exported, files = item
    path = tmp_path / "x.spans.json"
    path.write_text('{"spans": [{"start": 900, "end": 905, "type": "Drug"}]}')
    with pytest.raises(BadInput, match="no entity of"):
        read_spans(exported.record, files, path)
    path.write_text(
        '{"spans": [{"start": 30, "end": 34, "type": "Disease"}, {"start": 900, "end": 905, "type": "Drug"}]}'
    )
    assert "left out (1)" in read_spans(exported.record, files, path).summary["notes"][0]
    path.write_text("Fever\tB-Symptom\n")
    with pytest.raises(BadInput, match="not in the note"):
        read_spans(exported.record, files, path)
    path.write_text("letter\n")
    assert read_class(exported.record, files, path).summary == {"class": "letter"}


def test_the_picture_is_a_png_and_the_text_goes_out_as_it_is(item, tmp_path):
    exported, files = item
    png = resolve_ref(DOCUMENTS.picture)(exported.record, files, "spans", exported.payload)
    assert png.startswith(b"\x89PNG")
    path = write("txt", exported, files, tmp_path / "out.txt")
    assert path.read_text("utf-8") == note.read(exported.record, files).text == TEXT
