"""Importing notes: every note with its text, its places and its person; what does not fit is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from notes_bench import items

from medstation.api import Found, Skipped
from medstation_notes import note
from medstation_notes.importer import NotesImporter
from medstation_notes.spans import decode_spans


def scan(path: Path, **settings: object) -> list[Found | Skipped]:
    return list(NotesImporter(settings).scan([path]))


def spans(label: bytes) -> list[tuple[int, int, str, str]]:
    return [(one.start, one.end, one.type, one.text) for one in decode_spans(label)]


def test_a_text_file_is_one_note_and_html_in_it_stays_text(tmp_path):
    (tmp_path / "anna.txt").write_bytes(b"Plan:\r\n<b>aspirin</b> & rest")
    ((record, files, label),) = items(tmp_path / "anna.txt")
    assert (record.title, record.person.key, label) == ("anna", "anna", b"")
    assert note.read(record, files).text == "Plan:\n<b>aspirin</b> & rest"


def test_a_table_gives_a_note_per_row_with_patient_and_date(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('id;patient;date;note\nn1;P1;31.12.2024;"two\nlines; here"\nn2;P2;03/04/2024;=SUM(A1)\nn3;P3;;\n')
    found = scan(path)
    assert [one.reason for one in found if isinstance(one, Skipped)] == ["row 3: the note is empty"]
    path.write_text(path.read_text().replace("n3;P3;;\n", ""))
    first, second = items(path)
    assert (first[0].title, first[0].person.key, first[0].when) == ("n1", "P1", "2024-12-31")
    assert note.read(*first[:2]).text == "two\nlines; here"
    assert note.read(*second[:2]).text == "=SUM(A1)"
    assert "can be read two ways" in second[0].notes[0]


def test_columns_can_be_named_and_a_wrong_name_is_told(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("who,what\nP1,pain\n")
    ((record, files, _),) = items(path, text_column="what", patient_column="who")
    assert (record.person.key, note.read(record, files).text) == ("P1", "pain")
    (skipped,) = scan(path, text_column="wat")
    assert "no column 'wat'" in skipped.reason and "who, what" in skipped.hint


def test_tables_of_numbers_are_left_to_other_tasks(tmp_path):
    (tmp_path / "a.csv").write_text("time,glucose\n0,5.4\n5,5.6\n")
    (tmp_path / "b.txt").write_text("1.0\n2.0\n3.5\n")
    (tmp_path / "c.txt").write_text("Chest pain for 3 days.")
    (tmp_path / "README.txt").write_text("How this folder was made.")
    wanted = [NotesImporter().wants(tmp_path / name) for name in ("a.csv", "b.txt", "c.txt", "README.txt")]
    assert wanted == [False, False, True, False]


def test_json_lines_bring_their_entities_and_misfits_are_named(tmp_path):
    rows = [
        {"text": "He takes aspirin.", "spans": [{"start": 9, "end": 16, "label": "Drug"}]},
        {"text": "No fever.\r\nCough.", "label": [[11, 16, "Symptom"], [90, 95, "Symptom"]]},
        {"text": "Gout.", "entities": [{"start": 0, "end": 4, "type": "Disease", "text": "Flu"}, "nothing"]},
    ]
    path = tmp_path / "t.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\nnot json\n[1]\n")
    good = [one for one in scan(path) if isinstance(one, Found)]
    assert [one.reason.split(":")[0] for one in scan(path) if isinstance(one, Skipped)] == [
        "line 4 is no JSON",
        "line 5 is no JSON object",
    ]
    drafts = [NotesImporter().assemble([one])[0] for one in good]
    assert spans(drafts[0].labels[0].payload) == [(9, 16, "Drug", "aspirin")]
    assert spans(drafts[1].labels[0].payload) == [(10, 15, "Symptom", "Cough")]
    assert "outside the text" in drafts[1].notes[0]
    assert spans(drafts[2].labels[0].payload) == [] and "left out (2)" in drafts[2].notes[0]


def test_conll_text_is_put_together_with_known_places(tmp_path):
    path = tmp_path / "t.conll"
    path.write_text(
        "-DOCSTART-\tO\n\nThe\tO\nType\tB-Disease\n2\tI-Disease\n(\tO\nT2\tI-Disease\n)\tO\n.\tO\n\nRest\tO\n\n"
        "-DOCSTART-\tO\n\nno tag here\nHe\tO\n"
    )
    first, second = items(path)
    assert note.read(*first[:2]).text == "The Type 2 (T2).\nRest"
    assert spans(first[2]) == [(4, 10, "Disease", "Type 2"), (12, 14, "Disease", "T2")]
    assert [token.text for token in note.read(*first[:2]).tokens] == ["The", "Type", "2", "(", "T2", ")", ".", "Rest"]
    assert "no word with a tag" in second[0].notes[0]


def test_conll_without_document_marks_is_cut_at_double_gaps_or_every_few_sentences(tmp_path):
    path = tmp_path / "t.bio"
    path.write_text("A\tO\n\nB\tO\n\n\nC\tO\n")
    assert [note.read(*one[:2]).text for one in items(path)] == ["A\nB", "C"]
    path.write_text("A\tO\n\nB\tO\n\nC\tO\n")
    assert [note.read(*one[:2]).text for one in items(path, sentences=2)] == ["A\nB", "C"]
    assert len(items(path, sentences=0)) == 1


def test_pubtator_entities_are_checked_against_the_text(tmp_path):
    path = tmp_path / "t.txt"
    path.write_text(
        "7|t|Gout and pain\n7|a|Given colchicine.\n7\t0\t4\tGout\tDisease\tD006073\n"
        "7\t20\t30\tcolchicine\tDrug\tD003078\n7\t0\t3\tFlu\tDisease\t-1\n\n8|t|Other\n8|a|\n"
    )
    first, second = items(path)
    assert (first[0].title, spans(first[2])[1]) == ("7", (20, 30, "Drug", "colchicine"))
    assert "says 'Flu', the text says 'Gou'" in first[0].notes[0]
    assert note.read(*second[:2]).text == "Other"


@pytest.mark.parametrize(
    ("data", "name", "text", "caution"),
    [
        ("Fièvre".encode(), "utf-8", "Fièvre", ""),
        ("\ufeffFièvre".encode(), "utf-8-sig", "Fièvre", ""),
        ("Fièvre à 39°, œdème".encode("cp1252"), "latin-1", "Fièvre à 39°, œdème", "read as Latin-1"),
        ("患者主诉胸痛三天".encode("gb18030"), "gb18030", "患者主诉胸痛三天", "read as GB18030"),
        ("Fièvre".encode("utf-16"), "utf-16", "Fièvre", ""),
        (b"caf\xc3\xa9\nna\xefve\n", "mixed:latin-1", "café\nnaïve\n", "line 2"),
    ],
)
def test_the_encoding_is_found_and_said(tmp_path, data, name, text, caution):
    (tmp_path / "n.txt").write_bytes(data)
    ((record, files, _),) = items(tmp_path / "n.txt")
    assert record.meta["encoding"] == name
    assert note.read(record, files).text == text
    assert caution in "".join(record.notes) and bool(caution) == bool(record.notes)


@pytest.mark.parametrize("data", [b"", b"  \n \n", b"\0\0\1\2"])
def test_what_is_no_note_is_skipped_with_a_reason(tmp_path, data):
    (tmp_path / "n.txt").write_bytes(data)
    (skipped,) = scan(tmp_path / "n.txt")
    assert isinstance(skipped, Skipped) and skipped.reason


def test_offsets_count_code_points_and_notes_are_found_by_bytes(tmp_path):
    path = tmp_path / "t.jsonl"
    rows = [{"id": str(index), "text": f"😀 fièvre {index} 发热"} for index in range(3)]
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    third = items(path)[2]
    assert note.read(*third[:2]).text == "😀 fièvre 2 发热"
    assert third[1].facts(0)["start"] > 0


@pytest.mark.realdata
def test_the_ncbi_corpus_has_593_notes_and_all_labels_fit(realdata):
    made = items(realdata("text_ncbi_disease_pubtator") / "train" / "NCBItrainset_corpus.txt")
    assert len(made) >= 592
    assert sum(len(decode_spans(label)) for _, _, label in made) > 5000
    assert not [record.notes for record, _, _ in made if record.notes]
