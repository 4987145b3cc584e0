"""A model's report as a PDF: pages of A4, set line by line with matplotlib."""

from __future__ import annotations

from io import BytesIO
from textwrap import wrap
from typing import Any

from medstation.actions.report_parts import Chart, Report, Row, Section, Table

WIDTH, HEIGHT, MARGIN = 8.27, 11.69, 0.8
"""A4 in inches."""
LINE = 0.19
CHART, CHART_GAP = (3.2, 2.2), 0.6
COLUMNS = 96
"""Characters of a line of text."""
TEXT, MUTED = "#1c232b", "#5c6773"
MOST_IN_CELL = 46


def written(report: Report) -> bytes:
    """The pages of the PDF."""
    from matplotlib.backends.backend_pdf import PdfPages

    out = BytesIO()
    with PdfPages(out, metadata={"Title": report.title, "Creator": "MedStation"}) as pages:
        paper = _Paper(pages, report.made)
        paper.line(report.title, 17, weight="bold", room=0.36)
        paper.lines(report.subtitle, 9, MUTED)
        for section in report.sections:
            _set(paper, section)
        paper.close()
    return out.getvalue()


def _set(paper: _Paper, section: Section) -> None:
    paper.need(_height(section))
    paper.gap(0.16)
    paper.line(section.title, 12, weight="bold", room=0.28)
    for text in section.text:
        paper.lines(text)
    for table in section.tables:
        paper.table(table)
    paper.charts(section.charts)
    for text in section.small:
        paper.lines(f"· {text}", 8.5, MUTED)


def _height(section: Section) -> float:
    """What should stand together: heading, text, short tables and the first charts."""
    rows = sum(min(len(table.rows) + 1, 10) for table in section.tables)
    return LINE * (3 + len(section.text) + rows) + (CHART[1] + CHART_GAP if section.charts else 0.0)


class _Paper:
    """A place on a page that moves down, and on to the next page where there is no room."""

    def __init__(self, pages: Any, footer: str) -> None:
        self._pages = pages
        self._footer = footer
        self._figure: Any = None
        self._number = 0
        self._at = 0.0
        self._turn()

    def _turn(self) -> None:
        from matplotlib.backends.backend_pdf import FigureCanvasPdf
        from matplotlib.figure import Figure

        self.close()
        self._figure = Figure(figsize=(WIDTH, HEIGHT))
        FigureCanvasPdf(self._figure)
        self._number += 1
        self._at = HEIGHT - MARGIN
        self._put(MARGIN, 0.45, self._footer, 7.5, MUTED)
        self._put(WIDTH - MARGIN, 0.45, str(self._number), 7.5, MUTED, ha="right")

    def close(self) -> None:
        if self._figure is not None:
            self._pages.savefig(self._figure)
            self._figure = None

    def need(self, room: float) -> None:
        if self._at - room < MARGIN:
            self._turn()

    def gap(self, room: float) -> None:
        self._at -= room

    def line(self, text: str, size: float = 9.5, colour: str = TEXT, room: float = LINE, **font: Any) -> None:
        self.need(room)
        self._at -= room
        self._put(MARGIN, self._at, text, size, colour, **font)

    def lines(self, text: str, size: float = 9.5, colour: str = TEXT) -> None:
        """A paragraph."""
        for line in wrap(text, int(COLUMNS * 9.5 / size)) or [""]:
            self.line(line, size, colour)

    def table(self, table: Table) -> None:
        """Columns as wide as their longest cell asks for."""
        rows = [_cells(row) for row in table.rows]
        if not rows:
            return
        lengths = [max(len(line) for row in (_cells(table.head), *rows) for line in _cell(row, place)) for place in
                   range(max(len(row) for row in rows))]  # fmt: skip
        step = (WIDTH - 2 * MARGIN) / max(sum(lengths) + 3 * len(lengths), 78)
        starts = [MARGIN + step * (sum(lengths[:place]) + 3 * place) for place in range(len(lengths))]
        self.gap(0.05)
        if table.head:
            self._row(_cells(table.head), starts, MUTED)
        for row in rows:
            self._row(row, starts, TEXT)
        self.gap(0.08)

    def _row(self, row: list[list[str]], starts: list[float], colour: str) -> None:
        height = max(len(cell) for cell in row)
        self.need(height * LINE)
        for start, cell in zip(starts, row, strict=False):
            for number, text in enumerate(cell):
                self._put(start, self._at - (number + 1) * LINE, text, 8.5, colour)
        self._at -= height * LINE

    def charts(self, charts: tuple[Chart, ...]) -> None:
        """Two beside each other."""
        across, up = CHART
        for first in range(0, len(charts), 2):
            self.need(up + CHART_GAP)
            for place, chart in enumerate(charts[first : first + 2]):
                left = MARGIN + 0.45 + place * (across + 0.25)
                box = (left / WIDTH, (self._at - up - 0.2) / HEIGHT, (across - 0.45) / WIDTH, (up - 0.25) / HEIGHT)
                chart.draw(self._figure.add_axes(box))
            self._at -= up + CHART_GAP

    def _put(self, x: float, y: float, text: str, size: float, colour: str, **font: Any) -> None:
        safe = text.replace("$", r"\$")  # matplotlib would read formulas between two of them
        self._figure.text(x / WIDTH, y / HEIGHT, safe, fontsize=size, color=colour, **font)


def _cells(row: Row) -> list[list[str]]:
    """Each cell as its lines."""
    return [wrap(cell, MOST_IN_CELL) or [""] for cell in row]


def _cell(row: list[list[str]], place: int) -> list[str]:
    return row[place] if place < len(row) else [""]
