"""medstation finetune RECIPE --dataset NAME"""

from __future__ import annotations

from argparse import ArgumentParser

from medstation.actions import finetuning, series
from medstation.actions.report_sections import series_section
from medstation.api import Json, WrongUsage
from medstation.cli.context import Context
from medstation.cli.output import interval, table
from medstation.jobs import Job
from medstation.library import Run

HELP = "fine-tune a model in a worker"


def add(parser: ArgumentParser) -> None:
    parser.add_argument("recipe", metavar="RECIPE")
    parser.add_argument("--dataset", required=True, metavar="NAME")
    parser.add_argument("--from", dest="base", default="", metavar="MODEL", help="start from this model")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="a setting; see `medstation tasks`"
    )
    parser.add_argument("--name", default="", metavar="NAME", help="the model's name")
    parser.add_argument("--task", default="", metavar="ID", help="where two tasks have a recipe of this name")
    parser.add_argument("--seed", type=int, default=0)
    several = parser.add_mutually_exclusive_group()
    several.add_argument("--folds", type=int, default=0, metavar="K", help="cross-validate; makes no model")
    several.add_argument("--curve", action="store_true", help="what more labels would bring; makes no model")
    parser.set_defaults(run=run)


def settings(pairs: list[str]) -> dict[str, str]:
    wrong = next((pair for pair in pairs if "=" not in pair), None)
    if wrong is not None:
        raise WrongUsage(f"--set {wrong!r} is not KEY=VALUE", "For instance --set epochs=20.")
    return dict(pair.split("=", 1) for pair in pairs)


def run(context: Context) -> int:
    given = context.arguments
    with context.workstation() as ws:
        chosen = settings(given.set)
        rest = (given.base, chosen, given.name, given.seed)
        if given.folds or given.curve:
            kind = series.CURVE if given.curve else series.FOLDS
            started, job = series.start(ws, given.task, given.recipe, given.dataset, kind, given.folds, *rest)
        else:
            started, job = finetuning.start(ws, given.task, given.recipe, given.dataset, *rest)
        return follow(context, started, job)


def follow(context: Context, run: Run, job: Job) -> int:
    """Show a run until it ends."""
    context.output.say(
        f"{run.id}: {run.recipe} on {run.dataset}; if it is interrupted: medstation runs resume {run.id}"
    )
    result = context.output.follow(job, line).result
    context.output.result(result, text(result))
    return 0


def line(event: Json) -> str:
    """One line of the log for an event of a run."""
    if event["event"] == "started":
        return "  ".join(f"{name} {value}" for name, value in event["facts"].items())
    if event["event"] == "metric" and float(event["epoch"]).is_integer():
        return f"epoch {event['epoch']:g}  " + "  ".join(
            f"{name} {value:.4f}" for name, value in event["values"].items()
        )
    return ""


def text(result: Json) -> str:
    return series_text(result) if series.KEY in result else _model_text(result)


def series_text(result: Json) -> str:
    """A cross-validation or a learning curve."""
    section = series_section(result)
    tables = [table(one.head, one.rows) for one in section.tables]
    return "\n".join([section.title, *section.text, *tables, *section.small])


def _model_text(result: Json) -> str:
    lines = [
        f"{result['model']} from {result['run']}: {result['epochs']} epochs, {result['stopped']}, {result['seconds']} s"
    ]
    if not result["after"]:
        lines.append("not measured: the data set keeps no patients for the test; see `medstation evaluate`")
        return "\n".join(lines)
    lines.append(f"on the frozen test set ({result['patients']} patients), with 95 % intervals:")
    for name, after in result["after"].items():
        difference = result["difference"][name]
        before = result["before"][name]
        lines.append(f"  {name}: before {interval(before)}, after {interval(after)}")
        lines.append(f"  {' ' * len(name)}  difference {interval(difference)}: {difference['says']}")
    return "\n".join(lines)
