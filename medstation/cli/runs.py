"""medstation runs [show | resume | stop | tensorboard]"""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path

from medstation.actions import series, tensorboard
from medstation.api import BadInput
from medstation.cli.context import Context
from medstation.cli.export import takes_reason
from medstation.cli.finetune import follow, line
from medstation.cli.output import table

HELP = "fine-tuning runs"


def add(parser: ArgumentParser) -> None:
    parser.set_defaults(run=listing)
    verbs = parser.add_subparsers(dest="verb", metavar="VERB")
    for name, act, text in (
        ("show", show, "a run with its log and results"),
        ("resume", resume, "go on from the last checkpoint"),
        ("stop", stop, "end a run at work; it can be resumed"),
    ):
        verb = verbs.add_parser(name, help=text)
        verb.add_argument("id", metavar="ID")
        verb.set_defaults(run=act)
    board = verbs.add_parser("tensorboard", help="its curves as TensorBoard event files, outside the vault")
    board.add_argument("id", metavar="ID")
    board.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new folder")
    takes_reason(board)
    board.set_defaults(run=to_tensorboard)


def listing(context: Context) -> int:
    with context.workstation() as ws:
        runs = [asdict(run) for run in ws.library.runs()]
    rows = [[one["id"], one["name"], one["recipe"], one["dataset"], one["state"], one["message"]] for one in runs]
    context.output.result({"runs": runs}, table(["id", "model", "recipe", "data set", "state", ""], rows, "no runs"))
    return 0


def show(context: Context) -> int:
    with context.workstation() as ws:
        run = asdict(ws.library.run(context.arguments.id))
        events = ws.library.run_events(run["id"])
    log = [text for event in events if (text := line(event))]
    settings = " ".join(f"{name}={value}" for name, value in run["settings"].items())
    head = [f"{run['id']} {run['name']}: {run['state']} {run['message']}".rstrip(), settings]
    context.output.result({**run, "events": events}, "\n".join(head + log))
    return 0


def resume(context: Context) -> int:
    with context.workstation() as ws:
        run, job = series.resume(ws, context.arguments.id)
        return follow(context, run, job)


def stop(context: Context) -> int:
    """The run may be at work under another program: it is asked through the vault."""
    with context.workstation() as ws:
        run = ws.library.run(context.arguments.id)
        if run.state != "running":
            raise BadInput(f"{run.id} is {run.state}, not running", "See `medstation runs`.")
        ws.library.request_stop(run.id)
    context.output.result(
        {"run": run.id, "stopping": True}, f"{run.id} ends at its next step, keeping the best so far."
    )
    return 0


def to_tensorboard(context: Context) -> int:
    given = context.arguments
    with context.workstation() as ws:
        files = context.output.follow(tensorboard.start(ws, given.id, given.out, given.reason)).result["files"]
    context.output.result({"files": files}, f"Written to {given.out}; look with: tensorboard --logdir {given.out}")
    return 0
