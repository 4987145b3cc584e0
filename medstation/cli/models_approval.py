"""medstation models check | propose | approve | retire | rollback"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from medstation.actions import approving
from medstation.actions.workstation import Workstation
from medstation.api import Json, ModelInfo
from medstation.cli.context import Context
from medstation.cli.model_words import one_model, summary


def add(verbs: Any) -> None:
    for name, act, text in (
        ("check", check, "what the gate says of it"),
        ("propose", propose, "ask a second person to approve it"),
        ("approve", approve, "take it into use, after the gate has looked at it"),
    ):
        verb = one_model(verbs.add_parser(name, help=text))
        verb.add_argument("--dataset", default="", metavar="NAME", help="measure on this test part, not on its own")
        verb.set_defaults(run=act)
        if act is not check:
            _takes_reason(verb)
    away = one_model(verbs.add_parser("retire", help="take it out of use"))
    _takes_reason(away)
    away.set_defaults(run=retire)
    back = verbs.add_parser("rollback", help="back to the version that was approved before")
    back.add_argument("name", metavar="NAME", help="the model's name")
    _takes_reason(back)
    back.set_defaults(run=roll_back)


def _takes_reason(parser: ArgumentParser) -> None:
    parser.add_argument("--reason", default="", metavar="TEXT", help="why; kept in the audit log")


def check(context: Context) -> int:
    with context.workstation() as ws:
        verdict = _judged(context, ws)
    context.output.result(verdict, verdict_text(verdict))
    return 0


def propose(context: Context) -> int:
    with context.workstation() as ws:
        verdict = _judged(context, ws)
        model = ws.library.propose_model(context.arguments.model, context.arguments.reason, verdict)
        return _told(context, model, verdict)


def approve(context: Context) -> int:
    given = context.arguments
    with context.workstation() as ws:
        ws.library.check_approver(given.model, given.reason)
        verdict = _judged(context, ws)
        return _told(context, ws.library.approve_model(given.model, given.reason, verdict), verdict)


def retire(context: Context) -> int:
    with context.workstation() as ws:
        return _told(context, ws.library.retire_model(context.arguments.model, context.arguments.reason))


def roll_back(context: Context) -> int:
    with context.workstation() as ws:
        return _told(context, ws.library.roll_back(context.arguments.name, context.arguments.reason))


def _judged(context: Context, ws: Workstation) -> Json:
    given = context.arguments
    return context.output.follow(approving.start_judging(ws, given.model, given.dataset)).result


def _told(context: Context, model: ModelInfo, verdict: Json | None = None) -> int:
    lines = [f"{model.name}@{model.version} is {model.state}."]
    context.output.result(summary(model), "\n".join([*lines, *([verdict_text(verdict)] if verdict else [])]))
    return 0


def verdict_text(verdict: Json) -> str:
    """The gate's word, and each finding on a line."""
    needs = "needs a written reason" if verdict["needs_reason"] else "nothing speaks against it"
    head = f"{verdict['word']}, measured on {verdict['patients']} patients: {needs}"
    return "\n".join([head, *(f"  {one['says']}" for one in verdict["findings"])])
