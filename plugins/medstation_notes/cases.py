"""Cases for trainers: a note with its words, sentences and what it is labelled with."""

from __future__ import annotations

from dataclasses import dataclass

from medstation.api import Case, FileSource, Record, Workbench
from medstation_notes import note
from medstation_notes.spans import Span, checked, decode_spans
from medstation_notes.tokens import Token, sentences, tags_of, tokenize


@dataclass(frozen=True)
class Document:
    """`sentences` are ranges of `tokens`; `spans` and `tags` (IOB2 per token) are empty for a note without a label."""

    text: str
    tokens: list[Token]
    sentences: list[tuple[int, int]]
    spans: list[Span]
    tags: list[str]

    @property
    def size(self) -> int:
        """Bytes in memory, roughly."""
        return 2 * len(self.text) + 180 * len(self.tokens)


def document(record: Record, files: FileSource, label: bytes = b"") -> Document:
    text = note.read(record, files).text
    return document_of(text, label)


def document_of(text: str, label: bytes = b"") -> Document:
    tokens = tokenize(text)
    spans = checked(decode_spans(label), text)[0] if label else []
    return Document(text, tokens, sentences(text, tokens), spans, tags_of(spans, tokens))


def labelled(case: Case, bench: Workbench) -> Document:
    """A case of a data set, with its label if it has one."""
    return document(case.record, bench.files(case.record), bench.label(case.label) if case.label else b"")
