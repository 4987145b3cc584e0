"""The demo's report: one HTML page with its pictures beside it, and the same as JSON."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path

from medstation import __version__
from medstation.api import Json

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; padding: 0 1rem;
       background: #0f1216; color: #d7dde5; }
h1, h2, h3 { font-weight: 600; } h2 { margin-top: 2.2rem; border-bottom: 1px solid #2a3038; }
img { max-width: 100%; border-radius: 6px; background: #fff; }
table { border-collapse: collapse; margin: .8rem 0; } td, th { padding: .25rem 1.2rem .25rem 0; text-align: left; }
th { color: #9aa5b1; font-weight: 500; } .better { color: #4cc38a; } .worse { color: #e8a24c; }
p.small { color: #9aa5b1; font-size: 13px; }
"""


class Report:
    """Pictures are kept as they come; `write` puts the page around them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, name: str, png: bytes) -> str:
        (self.folder / name).write_bytes(png)
        return name

    def write(self, tasks: list[Json]) -> Json:
        page = self.folder / "report.html"
        result = {"tasks": tasks, "report": str(page)}
        body = "\n".join(_task(task) for task in tasks)
        title = "MedStation: the main job of every task"
        page.write_text(
            f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title><style>{STYLE}</style>"
            f"<h1>{title}</h1><p>Samples made by code, in a throw-away encrypted vault, on this machine.</p>{body}"
            f"<p class=small>MedStation {__version__}. Not a medical device; not for diagnosis.</p></html>",
            encoding="utf-8",
        )
        (self.folder / "report.json").write_text(json.dumps(result, indent=2, ensure_ascii=False), encoding="utf-8")
        return result


def _task(task: Json) -> str:
    parts = [f"<h2>{escape(task['title'])}</h2>", _steps(task["steps"])]
    for step in task["steps"]:
        if "image" in step["result"]:
            parts.append(f"<h3>{escape(step['step'].capitalize())}: {escape(step['says'])}</h3>")
            parts.append(f'<img src="{escape(step["result"]["image"])}" alt="{escape(step["step"])}">')
        if "difference" in step["result"]:
            parts.append(_before_after(step["result"]))
        if step["result"].get("findings"):
            parts.append(_findings(step["result"]["findings"]))
    return "\n".join(parts)


def _steps(steps: list[Json]) -> str:
    rows = "".join(
        f"<tr><td>{escape(one['step'])}<td>{one['seconds']:.1f} s"
        f"<td>{'ok' if one['ok'] else 'failed'}<td>{escape(one['says'])}"
        for one in steps
    )
    return f"<table><tr><th>step<th>time<th><th>{rows}</table>"


def _before_after(result: Json) -> str:
    rows = "".join(
        f"<tr><td>{escape(name)}<td>{_interval(result['before'][name])}<td>{_interval(after)}"
        f"<td>{_interval(result['difference'][name])}<td class={result['difference'][name]['says'].split()[0]}>"
        f"{result['difference'][name]['says']}"
        for name, after in result["after"].items()
    )
    return (
        f"<p>Before and after on the same frozen test set of {result['patients']} patients, 95 % intervals by patient; "
        f"{result['epochs']} epochs, best epoch {result['best_epoch']}.</p>"
        f"<table><tr><th>metric<th>before<th>after<th>difference<th>{rows}</table>"
    )


def _findings(findings: list[Json]) -> str:
    rows = "".join(
        f"<tr><td>{escape(one['title'])}<td>{escape(one['value'])}<td>{escape(one['detail'])}"
        f"<td>{'' if one['confidence'] is None else format(one['confidence'], '.2f')}"
        for one in findings
    )
    return f"<table><tr><th>finding<th>size<th><th>confidence{rows}</table>"


def _interval(value: Json) -> str:
    return f"{value['value']:.3f} [{value['low']:.3f}, {value['high']:.3f}]"
