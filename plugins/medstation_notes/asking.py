"""A note as a network is asked about it, to be explained: its words are the parts that can be taken away."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from medstation.api import BadInput, FileSource, Json, Record
from medstation.learning.asked import NEVER, Asked
from medstation_notes import note
from medstation_notes.cases import Document, document
from medstation_notes.tagger_network import CODES, LONGEST_WORD
from medstation_notes.tagger_words import UNKNOWN, Lexicon
from medstation_notes.tagger_words import collate as collate_words
from medstation_notes.tokens import tokenize
from medstation_notes.windows import Pieces, Window, collate, padding_of

MOST_WINDOWS, MOST_WORDS = 4, 400
"""What is explained of a long note: its beginning."""


def asked_words(record: Record, files: FileSource, config: Json) -> Asked:
    """For entities by a language model: every word's first piece is a decision."""
    one = document(record, files)
    pieces = Pieces(config)
    windows = _some(pieces.windows(one.text, one.tokens), record)
    batch, units = _pieces(windows, config)
    decisions = torch.zeros(batch["ids"].shape, dtype=torch.bool)
    for row, window in enumerate(windows):
        decisions[row, window.heads] = True
    return Asked(batch, _blank(batch, units, pieces), {"ids": units}, decisions.flatten(), True, _types(config))


def asked_note(record: Record, files: FileSource, config: Json) -> Asked:
    """For a note's class by a language model: one decision for all windows."""
    text = note.read(record, files).text
    pieces = Pieces(config)
    windows = _some(pieces.windows(text, tokenize(text)), record)
    batch, units = _pieces(windows, config)
    read = {**batch, "owner": torch.zeros(len(windows), dtype=torch.int64), "target": torch.zeros(1, dtype=torch.int64)}
    return Asked(read, _blank(batch, units, pieces), {"ids": units}, names=config["classes"])


def asked_sentences(record: Record, files: FileSource, config: Json) -> Asked:
    """For entities by the tagger: every word is a decision, and all that is known of a word goes with it."""
    one = document(record, files)
    ranges = _beginning(one, record)
    lexicon = Lexicon(config)
    batch = collate_words([lexicon.numbers([token.text for token in one.tokens[first:last]]) for first, last in ranges])
    nowhere = torch.full((1, LONGEST_WORD), 0)
    nowhere[0, :3] = UNKNOWN  # a word of unknown letters
    batch["forms"] = torch.cat([batch["forms"], nowhere])
    units = torch.full(batch["words"].shape, NEVER)
    for row, (first, last) in enumerate(ranges):
        units[row, : last - first] = torch.arange(first, last)
    there = units >= 0
    absent = {name: torch.where(there, UNKNOWN, batch[name]) for name in CODES}
    absent["form"] = torch.where(there, len(batch["forms"]) - 1, batch["form"])
    return Asked(batch, absent, dict.fromkeys(absent, units), there.flatten(), True, _types(config))


def _types(config: Json) -> list[str]:
    """What each tag says a word is part of."""
    return [tag.partition("-")[2] or "nothing" for tag in config["tags"]]


def _some(windows: Sequence[Window], record: Record) -> Sequence[Window]:
    if not any(len(window.words) for window in windows):
        raise BadInput(f"{record.title!r} has no words", "Choose another note.")
    return windows[:MOST_WINDOWS]


def _pieces(windows: Sequence[Window], config: Json) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """The batch, and the word that each piece belongs to: (windows, pieces)."""
    batch = collate(windows, padding_of(config))
    units = torch.full(batch["ids"].shape, NEVER)
    for row, window in enumerate(windows):
        if len(window.heads):
            places = np.arange(len(window.ids))
            words = window.words[np.clip(np.searchsorted(window.heads, places, side="right") - 1, 0, None)]
            own = window.own & (places >= window.heads[0])
            units[row, : len(places)] = torch.from_numpy(np.where(own, words, NEVER))
    return batch, units


def _blank(batch: dict[str, torch.Tensor], units: torch.Tensor, pieces: Pieces) -> dict[str, torch.Tensor]:
    return {"ids": torch.where(units >= 0, pieces.blank, batch["ids"])}


def _beginning(one: Document, record: Record) -> list[tuple[int, int]]:
    """Sentences up to `MOST_WORDS` words, at least one."""
    if not one.tokens:
        raise BadInput(f"{record.title!r} has no words", "Choose another note.")
    return [(first, last) for first, last in one.sentences if last <= MOST_WORDS] or one.sentences[:1]
