"""A model's report as a file: everything that is known of it, with pictures, as HTML or PDF."""

from __future__ import annotations

from pathlib import Path

from medstation import __version__
from medstation.actions import report_html, report_pdf
from medstation.actions.lineage import run_of
from medstation.actions.report_parts import Report
from medstation.actions.report_sections import Known, sections
from medstation.actions.workstation import Workstation, at_work
from medstation.api import Json, ModelInfo, WrongUsage, must_be_new, write_new
from medstation.jobs import Desk, Job
from medstation.library import Library
from medstation.registry import Registry
from medstation.vault import now, rights

WRITERS = {".html": report_html.written, ".pdf": report_pdf.written}


def start(ws: Workstation, model: str, out: Path, reason: str = "") -> Job:
    """Write the report of a model as the new file `out`, by its suffix. Result: {"files": [path]}."""
    ws.library.check_export(reason)
    if out.suffix.lower() not in WRITERS:
        raise WrongUsage(f"{out.name} is neither .html nor .pdf", "Name the file so that its form is clear.")
    must_be_new(out)
    info = ws.library.model(model)
    request = {"model": info.id, "out": str(out.absolute()), "reason": reason}
    title = f"Report on {info.name}"
    return ws.submit(rights.EXPORT, "medstation.actions.reporting:run", request, title, wait_for_warm=False)


def run(request: Json, desk: Desk) -> Json:
    with at_work(request, desk) as bench:
        desk.report(0.0, "gathering what is known")
        out = Path(request["out"])
        report = report_of(bench.library, bench.registry, bench.library.model(request["model"]))
        desk.report(0.3, "drawing")
        files = [str(path) for path in write_new(out, WRITERS[out.suffix.lower()](report))]
        bench.library.note_export(request["model"], "model report", files, request["reason"])
        return {"files": files}


def report_of(library: Library, registry: Registry, model: ModelInfo) -> Report:
    """The report's content. It names no patient: numbers, settings, and the people who decided."""
    _, recipe = registry.recipe(model.recipe, task=model.task)
    made_by = run_of(library, model)
    events = library.run_events(made_by.id) if made_by else []
    known = Known(model, recipe, made_by, events, library.decisions(model.id))
    return Report(
        title=f"{model.name}, version {model.version}",
        subtitle=f"{recipe.title} · {model.state}",
        made=f"MedStation {__version__}, {now()[:16].replace('T', ' ')}. Not a medical device; not for diagnosis.",
        sections=sections(known),
    )
