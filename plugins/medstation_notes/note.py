"""A note as it is read from its file: text, and where its source had words, those words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from medstation.api import BadInput, FileSource, Json, Record
from medstation_notes import conll, pubtator, tables
from medstation_notes.encodings import decode
from medstation_notes.tokens import Token, tokenize


@dataclass(frozen=True)
class Note:
    """`tokens` are the source's own where it had some (CoNLL), else None."""

    text: str
    tokens: tuple[Token, ...] | None = None

    @property
    def words(self) -> list[Token]:
        """The words every model sees: cut finely enough that any source's words are made of whole ones."""
        return tokenize(self.text)


def read(record: Record, files: FileSource) -> Note:
    """The note of a record. `BadInput` when its file no longer holds it."""
    facts = files.facts(0)
    data = files.read(0, int(facts.get("start", 0)), int(facts.get("length", -1)))
    try:
        return _READERS[str(facts.get("format", "text"))](data, facts)
    except (KeyError, IndexError, ValueError) as error:
        raise BadInput(f"{record.title}: {files.name(0)} no longer holds this note", "Import it again.") from error


def _plain(data: bytes, facts: Json) -> Note:
    return Note(decode(data, facts["encoding"]))


def _csv(data: bytes, facts: Json) -> Note:
    return Note(tables.cell(data, facts))


def _jsonl(data: bytes, facts: Json) -> Note:
    return Note(tables.field(data, facts))


def _conll(data: bytes, facts: Json) -> Note:
    text, tokens, _ = conll.rebuilt(conll.sentences_of(decode(data, facts["encoding"])))
    return Note(text, tuple(tokens))


def _pubtator(data: bytes, facts: Json) -> Note:
    return Note(pubtator.text_of(decode(data, facts["encoding"]))[1])


_READERS: dict[str, Callable[[bytes, Json], Note]] = {
    "text": _plain,
    "csv": _csv,
    "jsonl": _jsonl,
    "conll": _conll,
    "pubtator": _pubtator,
}
