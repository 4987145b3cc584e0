"""Sentences as numbers for the tagger: which words, shapes and letters it knows, and batches of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from medstation.api import Json
from medstation_notes.crf_features import shape
from medstation_notes.tagger_network import CODES, LONGEST_WORD

PAD, UNKNOWN = 0, 1
FIRST = 2
"""The number of the first known word: 0 fills up, 1 is unknown."""
OFTEN = 2
"""How often a shape, an ending or a letter must be seen to be known; for words it is a setting."""


def known(word: str) -> str:
    """How a word is looked up: in small letters, every digit as 0."""
    return "".join("0" if sign.isdigit() else sign for sign in word.lower())


_FORMS: Mapping[str, Callable[[str], str]] = {
    "words": known,
    "shapes": shape,
    "starts": lambda word: known(word)[:3],
    "ends": lambda word: known(word)[-3:],
}


def vocabulary(counted: Mapping[str, int], rare: int) -> Json:
    """From words with how often they were seen: what the vectors will stand for, by kind."""
    made: Json = {}
    for kind in CODES:
        found: Counter[str] = Counter()
        for word, count in counted.items():
            found[_FORMS[kind](word)] += count
        made[kind] = sorted(one for one, count in found.items() if count >= (rare if kind == "words" else OFTEN))
    letters: Counter[str] = Counter()
    for word, count in counted.items():
        letters.update(dict.fromkeys(word, count))
    return {**made, "letters": sorted(one for one, count in letters.items() if count >= OFTEN)}


@dataclass(frozen=True)
class Numbers:
    """One sentence: `codes` (kinds, words) and its words as letter numbers, `letters` (words, LONGEST_WORD)."""

    codes: np.ndarray
    letters: np.ndarray

    @property
    def size(self) -> int:
        return self.codes.nbytes + self.letters.nbytes


class Lexicon:
    """Words to numbers, by a model's vocabulary."""

    def __init__(self, config: Json) -> None:
        self._tables = [{one: place for place, one in enumerate(config[kind], FIRST)} for kind in CODES]
        self._letters = {one: place for place, one in enumerate(config["letters"], FIRST)}

    def numbers(self, sentence: Sequence[str]) -> Numbers:
        codes = [
            [table.get(_FORMS[kind](word), UNKNOWN) for word in sentence]
            for kind, table in zip(CODES, self._tables, strict=True)
        ]
        letters = np.zeros((len(sentence), LONGEST_WORD), np.int64)
        for row, word in enumerate(sentence):
            spelt = [self._letters.get(sign, UNKNOWN) for sign in _shortened(word)]
            letters[row, : len(spelt)] = spelt
        return Numbers(np.array(codes, np.int64), letters)


def _shortened(word: str) -> str:
    half = LONGEST_WORD // 2
    return word if len(word) <= LONGEST_WORD else word[:half] + word[-half:]


def collate(sentences: Sequence[Numbers]) -> dict[str, torch.Tensor]:
    """A batch; words that occur several times are spelt only once (`forms`, and `form` points into it)."""
    lengths = [one.codes.shape[1] for one in sentences]
    codes = np.zeros((len(CODES), len(sentences), max(lengths)), np.int64)
    every = np.concatenate([np.zeros((1, LONGEST_WORD), np.int64), *(one.letters for one in sentences)])
    forms, place = np.unique(every, axis=0, return_inverse=True)
    place = place.reshape(-1)
    form = np.full(codes.shape[1:], place[0])
    begin = 1
    for row, (one, length) in enumerate(zip(sentences, lengths, strict=True)):
        codes[:, row, :length] = one.codes
        form[row, :length] = place[begin : begin + length]
        begin += length
    arrays = {**dict(zip(CODES, codes, strict=True)), "forms": forms, "form": form, "lengths": np.array(lengths)}
    return {name: torch.from_numpy(array) for name, array in arrays.items()}
