"""medstation search RECIPE --dataset NAME, search list, search resume STUDY"""

from __future__ import annotations

from argparse import ArgumentParser

from medstation.actions import searching
from medstation.api import Json
from medstation.cli.context import Context
from medstation.cli.finetune import settings
from medstation.cli.output import table
from medstation.jobs import Job
from medstation.library import Study

HELP = "search for settings with short fine-tunings, judged on the validation patients"


def add(parser: ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    new = verbs.add_parser("start", help=HELP)
    new.add_argument("recipe", metavar="RECIPE")
    new.add_argument("--dataset", required=True, metavar="NAME")
    new.add_argument("--from", dest="base", default="", metavar="MODEL", help="start each trial from this model")
    new.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a setting all trials share")
    new.add_argument(
        "--vary", action="append", default=[], metavar="KEY=WHAT", help="LOW..HIGH or A|B|C (usual ones if none)"
    )
    new.add_argument("--task", default="", metavar="ID", help="where two tasks have a recipe of this name")
    new.add_argument("--seed", type=int, default=0)
    new.set_defaults(run=start)
    again = verbs.add_parser("resume", help="go on with a search")
    again.add_argument("id", metavar="STUDY")
    again.set_defaults(run=resume)
    for verb in (new, again):
        verb.add_argument("--trials", type=int, default=20, metavar="N", help="trials in all (20)")
        verb.add_argument("--minutes", type=float, default=60.0, metavar="M", help="begin none after so long (60)")
    verbs.add_parser("list", help="the searches there are").set_defaults(run=listing)


def start(context: Context) -> int:
    given = context.arguments
    with context.workstation() as ws:
        study, job = searching.start(
            ws, given.task, given.recipe, given.dataset, given.base, settings(given.set), given.vary,
            given.trials, given.minutes, given.seed,
        )  # fmt: skip
        return _follow(context, study, job)


def resume(context: Context) -> int:
    given = context.arguments
    with context.workstation() as ws:
        study, job = searching.go_on(ws, given.id, given.trials, given.minutes)
        return _follow(context, study, job)


def listing(context: Context) -> int:
    with context.workstation() as ws:
        studies = ws.library.studies()
    rows = [[one.id, one.recipe, one.dataset, str(len(one.trials)), one.created] for one in studies]
    found = [{"id": one.id, "recipe": one.recipe, "dataset": one.dataset, "trials": one.trials} for one in studies]
    context.output.result(
        {"studies": found}, table(["id", "recipe", "data set", "trials", "begun"], rows, "no searches")
    )
    return 0


def _follow(context: Context, study: Study, job: Job) -> int:
    context.output.say(f"{study.id}; if it is interrupted: medstation search resume {study.id}")
    result = context.output.follow(job, _line).result
    context.output.result(result, _text(result))
    return 0


def _line(event: Json) -> str:
    if event["event"] != "trial":
        return ""
    said = f"{event['value']:.4f}" if event["value"] is not None else event.get("why", "")
    return f"trial {event['number']}  {event['state']}  {said}  {_shown(event['settings'])}"


def _shown(values: Json) -> str:
    pairs = ((name, f"{value:.4g}" if isinstance(value, float) else value) for name, value in values.items())
    return " ".join(f"{name}={value}" for name, value in pairs)


def _text(result: Json) -> str:
    if not result["best"]:
        return "no trial came to its end; give more time or trials"
    best = result["best"]
    told = " ".join(f"--set {name}={value}" for name, value in best["settings"].items())
    return "\n".join(
        [
            f"{len(result['trials'])} trials; best {result['metric']} on the validation patients: {best['value']:.4f}",
            f"  {_shown(best['settings'])}",
            "The test patients were not looked at. Fine-tune and measure with:",
            f"  medstation finetune {result['recipe']} --dataset {result['dataset']} {told}",
        ]
    )
