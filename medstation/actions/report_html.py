"""A model's report as one HTML file: pictures inside it, nothing fetched from anywhere."""

from __future__ import annotations

from base64 import b64encode
from html import escape
from io import BytesIO

from medstation.actions.report_parts import Chart, Report, Section, Table

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #1c232b; }
h1 { font-weight: 600; margin-bottom: 0; } h2 { font-weight: 600; font-size: 1.15rem; margin-top: 2rem;
  border-bottom: 1px solid #d8dee5; padding-bottom: .2rem; }
table { border-collapse: collapse; margin: .6rem 0; } td, th { padding: .2rem 1.4rem .2rem 0; text-align: left;
  vertical-align: top; } th { color: #5c6773; font-weight: 500; } td:first-child { color: #5c6773; }
table.headed td:first-child { color: inherit; } .charts { display: flex; flex-wrap: wrap; gap: 1rem; }
.charts img { width: 25rem; max-width: 100%; } p.small, li { color: #5c6773; font-size: 13px; }
ul { padding-left: 1.1rem; margin: .3rem 0; } footer { margin-top: 2.5rem; color: #5c6773; font-size: 13px; }
@media print { h2 { break-after: avoid; } .charts img { break-inside: avoid; } }
"""
WIDTH, HEIGHT, DOTS = 4.6, 3.3, 150
"""Of a picture, in inches and dots per inch."""


def written(report: Report) -> bytes:
    """The page, UTF-8."""
    body = "\n".join(_section(one) for one in report.sections)
    page = (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(report.title)}</title>"
        f"<style>{STYLE}</style><h1>{escape(report.title)}</h1><p class=small>{escape(report.subtitle)}</p>"
        f"{body}<footer>{escape(report.made)}</footer></html>"
    )
    return page.encode()


def _section(section: Section) -> str:
    parts = [f"<h2>{escape(section.title)}</h2>", *(f"<p>{escape(line)}</p>" for line in section.text)]
    parts += [_table(one) for one in section.tables]
    if section.charts:
        parts.append(f"<div class=charts>{''.join(_picture(one) for one in section.charts)}</div>")
    if section.small:
        parts.append(f"<ul>{''.join(f'<li>{escape(line)}' for line in section.small)}</ul>")
    return "\n".join(parts)


def _table(table: Table) -> str:
    head = f"<tr>{''.join(f'<th>{escape(cell)}' for cell in table.head)}" if table.head else ""
    rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}' for cell in row)}" for row in table.rows)
    return f"<table{' class=headed' if table.head else ''}>{head}{rows}</table>"


def _picture(chart: Chart) -> str:
    data = b64encode(png(chart)).decode()
    return f'<img alt="{escape(chart.says)}" src="data:image/png;base64,{data}">'


def png(chart: Chart) -> bytes:
    """A chart as a picture."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DOTS, layout="constrained")
    FigureCanvasAgg(figure)
    chart.draw(figure.add_subplot())
    out = BytesIO()
    figure.savefig(out, format="png")
    return out.getvalue()
