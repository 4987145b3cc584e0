"""medstation dataset create | list | show"""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter

from medstation.actions import datasets
from medstation.api import Json, WrongUsage
from medstation.cli.context import Context
from medstation.cli.output import table
from medstation.library import DataSet

HELP = "named sets of labelled records, split by patient, test part frozen"


def add(parser: ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    make = verbs.add_parser("create", help="all labelled records of a task, or those that are named")
    make.add_argument("name", metavar="NAME")
    make.add_argument("records", nargs="*", metavar="RECORD")
    make.add_argument("--task", default="", metavar="ID")
    which = make.add_mutually_exclusive_group()
    which.add_argument("--recipe", default="", metavar="R", help="all that this recipe can learn from")
    which.add_argument("--labels", default="", metavar="KIND", help="label kind (the task's first if not given)")
    make.add_argument(
        "--split", default="0.6,0.2,0.2", metavar="T,V,T", help="shares of train, validation and test patients"
    )
    make.add_argument("--seed", type=int, default=0)
    make.set_defaults(run=create)
    verbs.add_parser("list").set_defaults(run=listing)
    one = verbs.add_parser("show")
    one.add_argument("name", metavar="NAME")
    one.set_defaults(run=show)


def summary(dataset: DataSet) -> Json:
    parts = Counter(item.part for item in dataset.items)
    return {
        "name": dataset.name,
        "task": dataset.task,
        "labels": dataset.label_kind,
        "kinds": list(dataset.record_kinds),
        "records": len(dataset.items),
        "patients": len({item.patient for item in dataset.items}),
        "split": {part: parts[part] for part in ("train", "validation", "test")},
    }


def create(context: Context) -> int:
    given = context.arguments
    shares, records = _shares(given.split), given.records or None
    with context.workstation() as ws:
        if given.recipe:
            spec, recipe = ws.registry.recipe(given.recipe, task=given.task)
            dataset = datasets.make_for(ws, given.name, spec, recipe, records, shares, given.seed)
        else:
            spec = ws.registry.task(given.task or next(iter(ws.registry.tasks)))
            kind = given.labels or spec.label_kinds[0].id
            dataset = datasets.make_of_labels(ws, given.name, spec, kind, records, shares, given.seed)
    facts = summary(dataset)
    context.output.result(facts, _text(facts))
    return 0


def _shares(text: str) -> tuple[float, float, float]:
    try:
        train, validation, test = (float(part) for part in text.split(","))
    except ValueError:
        raise WrongUsage(f"--split {text!r} is not three numbers", "For instance --split 0.6,0.2,0.2.") from None
    if min(train, validation, test) < 0 or abs(train + validation + test - 1) > 1e-6:
        raise WrongUsage(f"--split {text!r} does not add up to 1", "For instance --split 0.6,0.2,0.2.")
    return train, validation, test


def _text(facts: Json) -> str:
    split = ", ".join(f"{part} {count}" for part, count in facts["split"].items())
    return f"{facts['name']}: {facts['records']} records of {facts['patients']} patients; {split}"


def listing(context: Context) -> int:
    with context.workstation() as ws:
        found = [summary(dataset) for dataset in ws.library.datasets()]
    rows = [[one["name"], one["task"], one["labels"], one["patients"], *one["split"].values()] for one in found]
    headings = ["name", "task", "labels", "patients", "train", "validation", "test"]
    context.output.result({"datasets": found}, table(headings, rows, "no data sets"))
    return 0


def show(context: Context) -> int:
    with context.workstation() as ws:
        dataset = ws.library.dataset(context.arguments.name)
    items = [
        {"record": one.record_id, "label": one.label_id, "patient": one.patient, "part": one.part}
        for one in dataset.items
    ]
    rows = [list(one.values()) for one in items]
    facts = summary(dataset)
    context.output.result(
        {**facts, "items": items}, _text(facts) + "\n" + table(["record", "label", "patient", "part"], rows)
    )
    return 0
