"""medstation models list | show | import | export | compare | approve | retire"""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path

from medstation.actions import carrying, evaluating
from medstation.actions.packages import export_model
from medstation.api import Json, ModelInfo
from medstation.cli.context import Context
from medstation.cli.output import interval, table

HELP = "the model registry"


def add(parser: ArgumentParser) -> None:
    parser.set_defaults(run=listing)
    verbs = parser.add_subparsers(dest="verb", metavar="VERB")
    verbs.add_parser("list").set_defaults(run=listing)
    _one(verbs.add_parser("show", help="a model's card")).set_defaults(run=show)
    bring = verbs.add_parser("import", help="a model package, or a language model as a folder")
    bring.add_argument("path", type=Path, metavar="PATH")
    bring.add_argument("--name", default="", metavar="NAME", help="the model's name")
    bring.add_argument("--task", default="", metavar="ID", help="which task it is for, where several could read it")
    bring.set_defaults(run=bring_in)
    take = _one(verbs.add_parser("export", help="write a model package"))
    take.add_argument("out", type=Path, metavar="OUT")
    take.add_argument("--folder", action="store_true", help="a folder that other programs can load (language models)")
    take.set_defaults(run=take_out)
    two = verbs.add_parser("compare", help="two models on one test set")
    two.add_argument("first", metavar="A")
    two.add_argument("second", metavar="B")
    two.add_argument("--dataset", required=True, metavar="NAME")
    two.set_defaults(run=compare)
    for name, state in (("approve", "approved"), ("retire", "retired")):
        verb = _one(verbs.add_parser(name))
        verb.add_argument("--reason", default="")
        verb.set_defaults(run=_set_state, state=state)


def _one(parser: ArgumentParser) -> ArgumentParser:
    parser.add_argument("model", metavar="M", help="id, name, or name@version")
    return parser


def _summary(model: ModelInfo) -> Json:
    facts = asdict(model)
    return {**{name: facts[name] for name in ("id", "name", "version", "state", "task", "recipe")}, "card": model.card}


def listing(context: Context) -> int:
    with context.workstation() as ws:
        models = [_summary(model) for model in ws.library.models()]
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
        model = _summary(ws.library.model(context.arguments.model))
    lines = [f"{model['name']}@{model['version']}  {model['state']}  {model['task']}/{model['recipe']}"]
    lines += [f"  {name}: {value}" for name, value in model["card"].items()]
    context.output.result(model, "\n".join(lines))
    return 0


def bring_in(context: Context) -> int:
    given = context.arguments
    with context.workstation() as ws:
        done = context.output.follow(carrying.start_import(ws, given.path, given.name, given.task))
        model = _summary(ws.library.model(done.result["model"]))
    context.output.result(
        model, f"{model['id']}: {model['name']}@{model['version']}, a candidate until somebody approves it"
    )
    return 0


def take_out(context: Context) -> int:
    given = context.arguments
    with context.workstation() as ws:
        if given.folder:
            files = context.output.follow(carrying.start_folder(ws, given.model, given.out)).result["files"]
        else:
            files = [str(export_model(ws, given.model, given.out))]
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


def _set_state(context: Context) -> int:
    given = context.arguments
    with context.workstation() as ws:
        model = ws.library.model(given.model)
        ws.library.set_model_state(model.id, given.state, given.reason)
        after = _summary(ws.library.model(model.id))
    context.output.result(after, f"{after['name']}@{after['version']} is {after['state']}.")
    return 0
