"""A still picture of a note for reports: its beginning with entities in colour, without Qt."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from medstation.api import FileSource, Record
from medstation_notes import note
from medstation_notes.classes import decode_class
from medstation_notes.sections import sections_of
from medstation_notes.spans import Span, checked, counts, decode_spans
from medstation_notes.view_rows import Breaker, Rows

WIDTH, MARGIN, MOST_ROWS, LONGEST = 980, 40, 30, 12_000
SIZE, SMALL, LINE = 17, 12, 30
INK, MUTED, PAGE, RULE = "#1b2430", "#6b7684", "#ffffff", "#dde3ea"
COLOURS = ("#8e5bd0", "#159a80", "#2f86c9", "#b98a00", "#d2465c", "#4a9a3f", "#a8713a", "#c96a12")
FONTS = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "arial.ttf", "Arial.ttf")
FONTS_HAN = ("NotoSansCJK-Regular.ttc", "NotoSansSC-Regular.otf", "wqy-microhei.ttc", "msyh.ttc", "PingFang.ttc")
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def picture(record: Record, files: FileSource, kind: str, payload: bytes | None) -> bytes:
    """The first rows of the note, the entities of a "spans" payload on them; a class as a word. PNG bytes."""
    text = note.read(record, files).text
    spans = checked(decode_spans(payload), text)[0] if payload is not None and kind == "spans" else []
    said = decode_class(payload)[0] if payload is not None and kind == "class" else ""
    out = BytesIO()
    _Sheet(record, text[:LONGEST], spans, said).drawn().save(out, format="PNG")
    return out.getvalue()


@lru_cache(maxsize=32)
def _font(size: int, han: bool) -> Font:
    for name in (*(FONTS_HAN if han else ()), *FONTS):
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)


def fonts_for(text: str) -> tuple[Font, Font]:
    """The font of the text and a small one, with Chinese signs if there are any in it."""
    han = any("\u4e00" <= sign <= "\u9fff" for sign in text[:2000])
    return _font(SIZE, han), _font(SMALL, han)


class _Sheet:
    def __init__(self, record: Record, text: str, spans: Sequence[Span], said: str) -> None:
        self.font, self.small = fonts_for(text)
        self.record, self.text, self.said = record, text, said
        self.spans = [span for span in spans if span.end <= len(text)]
        self.all = counts(spans)
        self.colours = {kind: COLOURS[place % len(COLOURS)] for place, kind in enumerate(sorted(self.all))}
        self.sections = sections_of(text)
        self.rows = self._rows()
        self.top = MARGIN + 62

    def _rows(self) -> Rows:
        extra: dict[int, float] = {}
        for span in self.spans:
            extra[span.end] = extra.get(span.end, 0.0) + self.small.getlength(self._tag(span)) + 12
        wide = WIDTH - 2 * MARGIN
        return Breaker(self.text, lambda piece: self.font.getlength(piece.replace("\t", " "))).rows(
            wide, LINE, extra, {}
        )

    def _tag(self, span: Span) -> str:
        return span.type if span.confidence is None else f"{span.type} {100 * span.confidence:.0f} %"

    def drawn(self) -> Image.Image:
        count = min(len(self.rows), MOST_ROWS)
        image = Image.new("RGB", (WIDTH, round(self.top + count * LINE + MARGIN)), PAGE)
        pen = ImageDraw.Draw(image)
        self._head(pen)
        for row in range(count):
            self._row(pen, row)
        if len(self.rows) > count:
            pen.text((MARGIN, self.top + count * LINE), "…", font=self.font, fill=MUTED)
        return image

    def _head(self, pen: ImageDraw.ImageDraw) -> None:
        facts = "   ".join(
            filter(None, (self.record.person.key, self.record.when[:10], self.said and f"class: {self.said}"))
        )
        pen.text((MARGIN, MARGIN - 14), self.record.title, font=self.font, fill=INK)
        pen.text((MARGIN, MARGIN + 12), facts, font=self.small, fill=MUTED)
        x = WIDTH - MARGIN - sum(self.small.getlength(f"{kind} {self.all[kind]}") + 34 for kind in self.colours)
        for kind, colour in self.colours.items():
            pen.rounded_rectangle((x, MARGIN - 8, x + 11, MARGIN + 3), 3, fill=colour)
            words = f"{kind} {self.all[kind]}"
            pen.text((x + 16, MARGIN - 10), words, font=self.small, fill=MUTED)
            x += self.small.getlength(words) + 34
        pen.line((MARGIN, MARGIN + 38, WIDTH - MARGIN, MARGIN + 38), fill=RULE)

    def _row(self, pen: ImageDraw.ImageDraw, row: int) -> None:
        start, end = self.rows.starts[row], self.rows.ends[row]
        y, x, place = self.top + row * LINE, float(MARGIN), start
        for span in (one for one in self.spans if one.start < end and start < one.end):
            begin = max(span.start, place)
            if begin >= end or begin >= span.end:
                continue
            x = self._plain(pen, x, y, place, begin)
            place = min(span.end, end)
            x = self._entity(pen, x, y, span, self.text[begin:place], ends=span.end <= end)
        self._plain(pen, x, y, place, end)

    def _plain(self, pen: ImageDraw.ImageDraw, x: float, y: float, start: int, end: int) -> float:
        piece = visible(self.text[start:end])
        heading = any(one.start <= start and end <= one.end for one in self.sections) and start < end
        pen.text((x, y + 4), piece, font=self.small if heading else self.font, fill=MUTED if heading else INK)
        return x + (self.small if heading else self.font).getlength(piece)

    def _entity(self, pen: ImageDraw.ImageDraw, x: float, y: float, span: Span, piece: str, ends: bool) -> float:
        colour = self.colours[span.type]
        tag = self._tag(span) if ends else ""
        wide = self.font.getlength(visible(piece))
        whole = wide + (self.small.getlength(tag) + 8 if tag else 0)
        predicted = span.confidence is not None
        box = (x - 2, y + 1, x + whole + 3, y + LINE - 4)
        pen.rounded_rectangle(box, 5, fill=_tint(colour), outline=colour if predicted else None, width=1)
        pen.text((x, y + 4), visible(piece), font=self.font, fill=INK)
        pen.text((x + wide + 5, y + 8), tag, font=self.small, fill=colour)
        return x + whole + 4 if tag else x + whole


def visible(piece: str) -> str:
    """As it can be drawn: whatever is no sign is a space."""
    return "".join(sign if sign.isprintable() else " " for sign in piece)


def _tint(colour: str) -> str:
    """The colour, thinned with white."""
    parts = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return "#" + "".join(f"{round(part * 0.16 + 255 * 0.84):02x}" for part in parts)
