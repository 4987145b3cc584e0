"""medstation models: list and show, carry in and out, compare, compress; approval and evidence have their own files"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

from medstation.actions import carrying, evaluating
from medstation.actions.packages import export_model
from medstation.api import Json
from medstation.cli import compress, models_approval, models_evidence
from medstation.cli.context import Context
from medstation.cli.export import takes_reason
from medstation.cli.model_words import one_model, summary
from medstation.cli.output import interval, table

HELP = "the model registry"


def add(parser: ArgumentParser) -> None:
    parser.set_defaults(run=listing)
    verbs = parser.add_subparsers(dest="verb", metavar="VERB")
    verbs.add_parser("list").set_defaults(run=listing)
    one_model(verbs.add_parser("show", help="a model's card")).set_defaults(run=show)
    bring = verbs.add_parser("import", help="a model package, or a language model as a folder")
    bring.add_argument("path", type=Path, metavar="PATH")
    bring.add_argument("--name", default="", metavar="NAME", help="the model's name")
    bring.add_argument("--task", default="", metavar="ID", help="which task it is for, where several could read it")
    bring.set_defaults(run=bring_in)
    take = one_model(verbs.add_parser("export", help="write a model package"))
    take.add_argument("out", type=Path, metavar="OUT")
    take.add_argument("--folder", action="store_true", help="a folder that other programs can load (language models)")
    takes_reason(take)
    take.set_defaults(run=take_out)
    two = verbs.add_parser("compare", help="two models on one test set")
    two.add_argument("first", metavar="A")
    two.add_argument("second", metavar="B")
    two.add_argument("--dataset", required=True, metavar="NAME")
    two.set_defaults(run=compare)
    compress.add(verbs.add_parser("compress", help=compress.HELP))
    models_approval.add(verbs)
    models_evidence.add(verbs)


def listing(context: Context) -> int:
    with context.workstation() as ws:
        models = [summary(model) for model in ws.library.models()]
    rows = [
        [one["id"], f"{one['name']}@{one['version']}", one["state"], one["recipe"], _measured(one)] for one in models
    ]
    context.output.result(
        {"models": models}, table(["id", "model", "state", "recipe", "on its test set"], rows, "no models")
    )
    return 0


def _measured(model: Json) -> str:
    test = model["card"].get("test", {})
    return next((f"{name} {interval(value)}" for name, value in test.items()), "not measured here")


def show(context: Context) -> int:
    with context.workstation() as ws:
        model = summary(ws.library.model(context.arguments.model))
    lines = [f"{model['name']}@{model['version']}  {model['state']}  {model['task']}/{model['recipe']}"]
    lines += [f"  {name}: {value}" for name, value in model["card"].items()]
    context.output.result(model, "\n".join(lines))
    return 0


def bring_in(context: Context) -> int:
    given = context.arguments
    with context.workstation() as ws:
        done = context.output.follow(carrying.start_import(ws, given.path, given.name, given.task))
        model = summary(ws.library.model(done.result["model"]))
    context.output.result(
        model, f"{model['id']}: {model['name']}@{model['version']}, a candidate until somebody approves it"
    )
    return 0


def take_out(context: Context) -> int:
    given = context.arguments
    with context.workstation() as ws:
        if given.folder:
            files = context.output.follow(carrying.start_folder(ws, given.model, given.out, given.reason)).result[
                "files"
            ]
        else:
            files = [str(export_model(ws, given.model, given.out, given.reason))]
    context.output.result({"file": str(given.out), "files": files}, f"Written to {given.out}.")
    return 0


def compare(context: Context) -> int:
    given = context.arguments
    with context.workstation() as ws:
        result = context.output.follow(evaluating.start_comparison(ws, given.first, given.second, given.dataset)).result
    rows = [
        [one["name"], interval(one["before"]), interval(one["after"]), interval(one["difference"]), one["says"]]
        for one in result["metrics"]
    ]
    headings = ["metric", result["first"], result["second"], "difference", result["second"] + " is"]
    context.output.result(result, table(headings, rows))
    return 0
