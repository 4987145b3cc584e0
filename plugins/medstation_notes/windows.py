"""A text as windows of word pieces that overlap, so that nothing is cut off, and each word's place in them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from tokenizers import Tokenizer

from medstation.api import BadInput, Json
from medstation_notes.encoder import unpacked
from medstation_notes.tokens import Token

BLANKS = ("[MASK]", "<mask>", "[UNK]", "<unk>")
"""What tokenizers call the piece that stands for any other one."""


@dataclass(frozen=True)
class Window:
    """`ids` int64 (pieces,), `own` bool: no special piece. `words`, `heads`: word numbers and their first pieces."""

    ids: np.ndarray
    own: np.ndarray
    words: np.ndarray
    heads: np.ndarray

    @property
    def size(self) -> int:
        return self.ids.nbytes + self.own.nbytes + self.words.nbytes + self.heads.nbytes


class Pieces:
    """A tokenizer with its window."""

    def __init__(self, config: Json) -> None:
        try:
            self._tokenizer = Tokenizer.from_str(unpacked(config["tokenizer"]))
        except Exception as error:  # the library raises bare Exception
            raise BadInput(f"the model's tokenizer cannot be read: {error}", "Import the model again.") from error
        window = int(config["window"])
        special = self._tokenizer.num_special_tokens_to_add(False)
        stride = min(int(config["stride"]), (window - special) // 2)
        self._tokenizer.enable_truncation(window, stride=stride)
        self._tokenizer.no_padding()

    @property
    def blank(self) -> int:
        """The piece that tells nothing: the mask, else the unknown piece, else 0."""
        found = (self._tokenizer.token_to_id(name) for name in BLANKS)
        return next((one for one in found if one is not None), 0)

    def windows(self, text: str, words: Sequence[Token] = ()) -> list[Window]:
        """All windows of a text; at least one. `words` are looked up in them."""
        encoded = self._tokenizer.encode(text)
        starts = [word.start for word in words]
        return [_window(one, starts) for one in (encoded, *encoded.overflowing)]


def _window(encoded: object, starts: Sequence[int]) -> Window:
    special = encoded.special_tokens_mask  # type: ignore[attr-defined]
    words: list[int] = []
    heads: list[int] = []
    for place, (begin, end) in enumerate(encoded.offsets):  # type: ignore[attr-defined]
        if special[place] or begin >= end:
            continue
        index = bisect_left(starts, begin)
        while index < len(starts) and starts[index] < end:
            if not words or words[-1] < index:
                words.append(index)
                heads.append(place)
            index += 1
    ids = np.array(encoded.ids, np.int64)  # type: ignore[attr-defined]
    return Window(ids, np.array(special) == 0, np.array(words, np.int64), np.array(heads, np.int64))


def central(windows: Sequence[Window], count: int) -> list[tuple[int, int]]:
    """For each of `count` words (window, piece) where it stands most central; (-1, 0) for a word without a piece."""
    best = np.full(count, -1, np.int64)
    chosen: list[tuple[int, int]] = [(-1, 0)] * count
    for number, window in enumerate(windows):
        depth = np.minimum(window.heads, len(window.ids) - 1 - window.heads)
        for word, head, inside in zip(window.words.tolist(), window.heads.tolist(), depth.tolist(), strict=True):
            if inside > best[word]:
                best[word], chosen[word] = inside, (number, head)
    return chosen


def collate(windows: Sequence[Window], padding: int) -> dict[str, torch.Tensor]:
    """`ids` (windows, pieces) filled up with `padding`, `mask` 1 where a piece is."""
    longest = max(len(window.ids) for window in windows)
    ids = np.full((len(windows), longest), padding, np.int64)
    mask = np.zeros((len(windows), longest), np.int64)
    for row, window in enumerate(windows):
        ids[row, : len(window.ids)] = window.ids
        mask[row, : len(window.ids)] = 1
    return {"ids": torch.from_numpy(ids), "mask": torch.from_numpy(mask)}


def drawn(windows: Sequence[Window], most: int, rng: np.random.Generator) -> list[int]:
    """At most `most` window numbers, by chance: what one step learns of a very long note."""
    if len(windows) <= most:
        return list(range(len(windows)))
    return sorted(rng.choice(len(windows), most, replace=False).tolist())


def padding_of(config: Json) -> int:
    return int(config["transformer"].get("pad_token_id") or 0)
