"""Labels from files: entities as JSON or CoNLL, checked against the text; a class from JSON or a line of text."""

from __future__ import annotations

import json
from pathlib import Path

from medstation.api import BadInput, FileSource, LabelDraft, Record
from medstation_notes import conll, encodings, note
from medstation_notes.classes import class_draft, decode_class
from medstation_notes.spans import Span, checked, label_draft, span_from_json

LARGEST = 1 << 28
_ENDINGS = (".spans.json", ".class.json", ".class.txt", ".json", ".conll", ".bio", ".iob2")
MOST_SAID = 3


def owner(path: Path) -> str:
    """The record a label file is for: its name without the ending."""
    name = path.name
    ending = next((one for one in _ENDINGS if name.lower().endswith(one)), path.suffix)
    return name[: len(name) - len(ending)] if ending else name


def read_spans(record: Record, files: FileSource, path: Path) -> LabelDraft:
    """`{"spans": [{"start", "end", "type"}]}`, or words with IOB tags. What does not fit is named and left out.

    `BadInput` when nothing fits. The summary's "notes" name what was left out.
    """
    text = note.read(record, files).text
    data = _read(path)
    spans = _from_json(path, data) if data.lstrip()[:1] in ("{", "[") else _from_conll(path, data, text)
    good, wrong = checked(spans, text)
    if wrong and not good:
        raise BadInput(
            f"no entity of {path.name} fits {record.title!r}: {wrong[0]}", "Is it the label of another note?"
        )
    draft = label_draft(good)
    if not wrong:
        return draft
    more = f" and {len(wrong) - MOST_SAID} more" if len(wrong) > MOST_SAID else ""
    told = f"Entities that were left out ({len(wrong)}): " + "; ".join(wrong[:MOST_SAID]) + more + "."
    return LabelDraft(draft.kind, draft.payload, {**draft.summary, "notes": [told]})


def read_class(record: Record, files: FileSource, path: Path) -> LabelDraft:
    """`{"class": name}`, or a text file with the name on its only line."""
    text = _read(path).strip()
    if text.startswith("{"):
        return class_draft(decode_class(text.encode())[0])
    if "\n" in text:
        raise BadInput(f"{path.name} has several lines of text", "Write the name of the class on one line.")
    return class_draft(decode_class(json.dumps({"class": text}).encode())[0])


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST:
            raise BadInput(f"{path.name} is too large to be a label", "Give the label of one note.")
        data = path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path.name} cannot be read: {error.strerror or error}", "Check that it is there.") from error
    return encodings.decode(data, encodings.find(data).name)


def _from_json(path: Path, data: str) -> list[Span]:
    try:
        content = json.loads(data)
        found = content if isinstance(content, list) else content.get("spans", content.get("entities"))
        return [span_from_json(one) for one in found]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        hint = 'Write {"spans": [{"start": 0, "end": 5, "type": "Drug"}]}.'
        raise BadInput(f"{path.name} holds no entities: {error}", hint) from error


def _from_conll(path: Path, data: str, text: str) -> list[Span]:
    """Entities of tagged words, each found in the text after the one before."""
    sentences = conll.sentences_of(data)
    if not sentences:
        raise BadInput(f"{path.name} has no lines with a word and a tag", "Write a word, a tab and a tag a line.")
    _, tokens, spans = conll.rebuilt(sentences)
    place = 0
    starts: dict[int, int] = {}
    ends: dict[int, int] = {}
    for token in tokens:
        found = text.find(token.text, place)
        if found < 0:
            raise BadInput(
                f"{path.name}: the word {token.text!r} is not in the note", "Is it the label of another note?"
            )
        place = found + len(token.text)
        starts[token.start], ends[token.end] = found, place
    return [Span(starts[span.start], ends[span.end], span.type) for span in spans]
