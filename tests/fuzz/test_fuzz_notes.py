"""Notes' parsers say what is wrong with a file, whatever is in it; spans they find fit the text they give."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from mutations import fuzz, mutated

from medstation.api import Found, MedStationError, RecordDraft, Skipped
from medstation_notes import conll, encodings, pubtator
from medstation_notes.importer import NotesImporter
from medstation_notes.spans import Span, decode_spans

TAGGED = [
    b"-DOCSTART- O\n\nAspirin\tB-Drug\n100\tB-Dose\nmg\tI-Dose\n.\tO\n\nPain\tB-Problem\n",
    b"Aspirin NN B-NP B-Drug\n( ( O O\ndaily RB O O\n\n\n\nPain NN O B-X\n",
]
PUBTATOR = [
    b"1|t|Aspirin in pain\n1|a|It helps.\n1\t0\t7\tAspirin\tChemical\tD001\n1\t11\t15\tpain\tDisease\t-1\n\n",
    "2|t|阿司匹林\n2|a|有效\n2\t0\t4\t阿司匹林\tDrug\n".encode(),
]
SOURCES: dict[str, list[bytes]] = {
    "a.txt": [b"The patient was well.\nNo pain.", "Müller, Zürich".encode("latin-1"), "病人发热".encode("gb18030")],
    "a.conll": TAGGED,
    "a.pubtator": PUBTATOR,
    "a.csv": [b'patient,text,date\nP1,"a ""b"" c\nd",2024-01-01\nP2,x,\n', b"text;patient\na;b\n"],
    "a.jsonl": [
        b'{"text": "Aspirin", "spans": [{"start": 0, "end": 7, "type": "Drug"}], "patient": "P1"}\n{"text": "b"}\n'
    ],
}


def assert_spans_fit(spans: list[Span], text: str) -> None:
    assert all(0 <= span.start < span.end <= len(text) for span in spans)


@fuzz
@given(data=mutated(TAGGED))
def test_words_with_tags(data: bytes) -> None:
    conll.looks_like(data)
    for piece in conll.documents(data, 2):
        block = piece.of(data).decode("utf-8", "replace")
        text, tokens, spans = conll.rebuilt(conll.sentences_of(block))
        assert all(text[token.start : token.end] == token.text for token in tokens)
        assert_spans_fit(spans, text)
        conll.bad_lines(block)


@fuzz
@given(data=mutated(PUBTATOR))
def test_pubtator(data: bytes) -> None:
    pubtator.looks_like(data)
    for piece in pubtator.documents(data):
        block = piece.of(data).decode("utf-8", "replace")
        _, text = pubtator.text_of(block)
        assert_spans_fit(pubtator.spans_of(block, text)[0], text)


@fuzz
@given(data=mutated([source for sources in SOURCES.values() for source in sources]))
def test_any_bytes_as_text(data: bytes) -> None:
    try:
        encodings.decode(data, encodings.find(data).name)
    except MedStationError as error:
        assert error.message


@fuzz
@given(data=mutated([b'{"spans": [{"start": 0, "end": 7, "type": "Drug", "confidence": 0.5}, [1, 2, "X"]]}']))
def test_a_payload_of_spans(data: bytes) -> None:
    try:
        decode_spans(data)
    except MedStationError as error:
        assert error.message


@pytest.mark.parametrize("name", SOURCES)
def test_importing_a_file(tmp_path: Path, name: str) -> None:
    @fuzz
    @given(data=mutated(SOURCES[name]))
    def run(data: bytes) -> None:
        (tmp_path / name).write_bytes(data)
        importer = NotesImporter()
        importer.wants(tmp_path / name)
        for answer in importer.scan([tmp_path / name]):
            assert isinstance(answer, Found) or (isinstance(answer, Skipped) and answer.reason)
            if isinstance(answer, Found):
                assert all(isinstance(one, RecordDraft | Skipped) for one in importer.assemble([answer]))

    run()
