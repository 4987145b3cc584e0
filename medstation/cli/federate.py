"""medstation federate identity | plan | join | turn | status"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

from medstation.actions import federating
from medstation.api import Json
from medstation.cli.context import Context
from medstation.cli.finetune import settings
from medstation.learning.federated.plan import LEAST

HELP = "learn together with other sites, without sharing data, over a medium that is carried"


def add(parser: ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    own = verbs.add_parser("identity", help="this site's public keys, as a file for the coordinator")
    own.add_argument("name", nargs="?", default="", metavar="NAME", help="how the others shall call this site")
    own.add_argument("--out", required=True, type=Path, metavar="FILE")
    own.set_defaults(run=identity)
    new = verbs.add_parser("plan", help="begin a federation, as its coordinator")
    new.add_argument("name", metavar="NAME", help="of the federation and of its model")
    new.add_argument("recipe", metavar="RECIPE")
    new.add_argument("--dataset", required=True, metavar="NAME", help="this site's, to plan the model on")
    new.add_argument("--sites", required=True, nargs="+", type=Path, metavar="FILE", help="identities, also one's own")
    new.add_argument("--medium", required=True, type=Path, metavar="DIR")
    new.add_argument("--from", dest="base", default="", metavar="MODEL", help="start from this model")
    new.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a setting, the same everywhere")
    new.add_argument("--rounds", type=int, default=10)
    new.add_argument("--least", type=int, default=LEAST, metavar="N", help="sites that must deliver each round")
    new.add_argument("--seed", type=int, default=0)
    new.set_defaults(run=plan)
    agree = verbs.add_parser("join", help="agree to take part with a data set")
    agree.add_argument("medium", type=Path, metavar="DIR")
    agree.add_argument("--dataset", required=True, metavar="NAME")
    agree.set_defaults(run=join)
    turn_ = verbs.add_parser("turn", help="do whatever is this site's turn")
    turn_.add_argument("medium", type=Path, metavar="DIR")
    turn_.add_argument("--leave-out-missing", action="store_true", help="as coordinator: close without those missing")
    turn_.set_defaults(run=turn)
    where = verbs.add_parser("status", help="how far it is, and whom it waits for")
    where.add_argument("medium", type=Path, metavar="DIR")
    where.set_defaults(run=status)


def identity(context: Context) -> int:
    with context.workstation() as ws:
        made = federating.identity(ws, context.arguments.name, context.arguments.out)
    context.output.result(made, f"{made['site']}: {made['file']}\nfingerprint, to be compared: {made['fingerprint']}")
    return 0


def plan(context: Context) -> int:
    given = context.arguments
    with context.workstation() as ws:
        job = federating.start_plan(
            ws, given.name, given.recipe, given.dataset, given.sites, given.medium, given.base,
            settings(given.set), given.rounds, given.least, given.seed,
        )  # fmt: skip
        result = context.output.follow(job, lambda event: "").result
    context.output.result(
        result, f"{_text(result)}\nEvery site now agrees with: medstation federate join {given.medium}"
    )
    return 0


def join(context: Context) -> int:
    with context.workstation() as ws:
        joined = federating.join(ws, context.arguments.medium, context.arguments.dataset)
    known = "\n".join(f"  {site['name']}  {site['fingerprint']}" for site in joined["sites"])
    told = f"takes part in {joined['federation']} with {joined['dataset']}"
    context.output.result(joined, f"{told}; compare the fingerprints by telephone:\n{known}")
    return 0


def turn(context: Context) -> int:
    given = context.arguments
    with context.workstation() as ws:
        job = federating.start_turn(ws, given.medium, given.leave_out_missing)
        result = context.output.follow(job, lambda event: "").result
    did = "; ".join(result["did"]) or "nothing to do yet"
    kept = f"\nthe model is {result['model']}; measure it with `medstation evaluate`" if result["model"] else ""
    context.output.result(result, f"{did}\n{_text(result)}{kept}")
    return 0


def status(context: Context) -> int:
    result = federating.status(context.arguments.medium)
    context.output.result(result, _text(result))
    return 0


def _text(result: Json) -> str:
    if result["done"]:
        return f"{result['federation']}: all {result['rounds']} rounds are done"
    waits = ", ".join(result["waits_for"])
    return f"{result['federation']}: round {result['round']} of {result['rounds']}, waits for {waits}"
