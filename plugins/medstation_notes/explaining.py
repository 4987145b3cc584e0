"""A still of a note with the words that spoke for and against a model's answer in colour, without Qt."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw

from medstation.api import Explained, FileSource, Record
from medstation_notes import note
from medstation_notes.picture import INK, LINE, LONGEST, MARGIN, MUTED, PAGE, RULE, WIDTH, Font, fonts_for, visible
from medstation_notes.tokens import tokenize
from medstation_notes.view_rows import Breaker

MOST_ROWS = 26
FOR, AGAINST = (240, 130, 30), (60, 130, 235)
FAINT = 0.06
TOP = MARGIN + 58


def picture(record: Record, files: FileSource, explained: Explained) -> bytes:
    """The beginning of the note, each word on the colour of its part in the answer. PNG bytes."""
    text = note.read(record, files).text[:LONGEST]
    font, small = fonts_for(text)
    rows = Breaker(text, lambda piece: font.getlength(piece.replace("\t", " "))).rows(WIDTH - 2 * MARGIN, LINE, {}, {})
    count = min(len(rows), MOST_ROWS)
    image = Image.new("RGB", (WIDTH, round(TOP + count * LINE + MARGIN)), PAGE)
    pen = ImageDraw.Draw(image)
    _head(pen, record, explained.target, font, small)
    strength = _strength(explained.parts)
    words = [word for word in tokenize(text) if word.end <= (rows.ends[count - 1] if count else 0)]
    for number, word in enumerate(words[: len(strength)]):
        if abs(strength[number]) > FAINT:
            row = rows.at(word.start)
            left = MARGIN + font.getlength(visible(text[rows.starts[row] : word.start]))
            right = left + font.getlength(visible(text[word.start : word.end]))
            y = TOP + row * LINE
            pen.rounded_rectangle((left - 1, y + 2, right + 1, y + LINE - 4), 4, fill=_colour(float(strength[number])))
    for row in range(count):
        piece = visible(text[rows.starts[row] : rows.ends[row]])
        pen.text((MARGIN, TOP + row * LINE + 4), piece, font=font, fill=INK)
    out = BytesIO()
    image.save(out, format="PNG")
    return out.getvalue()


def _head(pen: ImageDraw.ImageDraw, record: Record, target: str, font: Font, small: Font) -> None:
    pen.text((MARGIN, MARGIN - 14), record.title, font=font, fill=INK)
    x = float(MARGIN)
    for colour, words in ((FOR, f"speaks for “{target}”"), (AGAINST, "against")):
        pen.rounded_rectangle((x, MARGIN + 14, x + 11, MARGIN + 25), 3, fill=colour)
        pen.text((x + 16, MARGIN + 12), words, font=small, fill=MUTED)
        x += 16 + small.getlength(words) + 22
    pen.line((MARGIN, MARGIN + 38, WIDTH - MARGIN, MARGIN + 38), fill=RULE)


def _strength(parts: np.ndarray) -> np.ndarray:
    """From -1 to 1; a few strongest words don't pale all the others."""
    largest = float(np.quantile(np.abs(parts), 0.99)) if len(parts) else 0.0
    scaled: np.ndarray = np.clip(parts / max(largest, 1e-12), -1, 1)
    return np.asarray(np.sign(scaled) * np.abs(scaled) ** 0.8)


def _colour(strength: float) -> tuple[int, int, int]:
    """Thinned with white."""
    red, green, blue = (
        round(255 + (one - 255) * min(abs(strength), 1) * 0.85) for one in (FOR if strength > 0 else AGAINST)
    )
    return red, green, blue
