"""medstation models report | drift | join"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from medstation.actions import drift, ensembles, reporting
from medstation.api import Json
from medstation.cli.context import Context
from medstation.cli.export import takes_reason
from medstation.cli.model_words import one_model
from medstation.cli.output import interval, table


def add(verbs: Any) -> None:
    page = one_model(verbs.add_parser("report", help="everything that is known of it, with pictures"))
    page.add_argument("--out", type=Path, required=True, metavar="FILE", help="a new file, .html or .pdf")
    takes_reason(page)
    page.set_defaults(run=report)
    several = verbs.add_parser("join", help="several models as one: the mean of what they say")
    several.add_argument("name", metavar="NAME", help="the name of the new model")
    several.add_argument("members", nargs="+", metavar="M", help="models of one recipe: id, name, or name@version")
    several.add_argument("--dataset", default="", metavar="NAME", help="measure on this test part")
    several.set_defaults(run=join)
    one_model(verbs.add_parser("drift", help="whether records, confidence and verdicts change")).set_defaults(run=watch)


def report(context: Context) -> int:
    given = context.arguments
    with context.workstation() as ws:
        files = context.output.follow(reporting.start(ws, given.model, given.out, given.reason)).result["files"]
    context.output.result({"files": files}, f"Written to {', '.join(files)}.")
    return 0


def join(context: Context) -> int:
    given = context.arguments
    with context.workstation() as ws:
        result = context.output.follow(ensembles.start(ws, given.name, given.members, given.dataset)).result
    rows = [
        [one["name"], interval(one["before"]), interval(one["after"]), interval(one["difference"]), one["says"]]
        for one in result["metrics"]
    ]
    told = table(["metric", result["members"][0], result["model"], "difference", ""], rows, "not measured")
    context.output.result(result, f"{result['model']}: {', '.join(result['members'])}\n{told}")
    return 0


def watch(context: Context) -> int:
    with context.workstation() as ws:
        found = drift.watched(ws.library, ws.library.model(context.arguments.model)).to_json()
    context.output.result(found, drift_text(found))
    return 0


def drift_text(found: Json) -> str:
    rows = [[one["name"], one["then"], one["now"], "drifted" if one["drifted"] else ""] for one in found["changes"]]
    months = [list(one.values()) for one in found["months"]]
    lines = [
        f"{found['model']}: {found['seen']} new records, learnt from {found['learnt']}",
        *found["caveats"],
        table(["", "when it learnt", "now", ""], rows, "nothing to compare yet"),
        table(["month", "predictions", "accepted", "corrected", "rejected"], months, "no predictions yet"),
    ]
    if found["waiting"]:
        lines.append(f"{found['waiting']} corrected cases wait for a fine-tuning.")
    return "\n".join(lines)
