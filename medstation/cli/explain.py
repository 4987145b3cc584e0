"""medstation explain MODEL INPUT --method M --out FILE"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

from medstation.actions import explaining
from medstation.api import Json, Unavailable, WrongUsage, must_be_new, write_new
from medstation.cli.context import Context
from medstation.cli.export import takes_reason
from medstation.jobs import Done
from medstation.learning.explaining import METHODS, names

HELP = "why a model says what it says"
MAP = "map"


def add(parser: ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("input", nargs="?", default="", metavar="INPUT", help="a record of the vault, or a path")
    listed = "; ".join(f"{method.name}: {method.says}" for method in METHODS)
    parser.add_argument(
        "--method", default=explaining.QUICK, choices=(*names(), MAP), metavar="M", help=f"{listed}; {MAP}: a data set"
    )
    parser.add_argument(
        "--target", default="", metavar="NAME", help="the class to ask about (what it predicts if not given)"
    )
    parser.add_argument("--dataset", default="", metavar="NAME", help=f"whose cases to lay out, with --method {MAP}")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the picture there (PNG)")
    takes_reason(parser)
    parser.set_defaults(run=run)


def run(context: Context) -> int:
    given = context.arguments
    if given.out:
        must_be_new(given.out)
    return _map(context) if given.method == MAP else _record(context)


def _record(context: Context) -> int:
    given = context.arguments
    if not given.input:
        raise WrongUsage("no record was given", f"Name a record or a file, or give --method {MAP} --dataset NAME.")
    inside = given.input.startswith("r-") and not Path(given.input).exists()
    with context.workstation() as ws:
        if inside and given.out:
            ws.library.check_export(given.reason)
        if inside:
            job = explaining.start(ws, given.model, given.input, given.method, given.target)
        else:
            job = explaining.start_on_files(ws, given.model, [Path(given.input)], given.method, given.target)
        done = context.output.follow(job)
        files: list[str] = []
        if given.out and inside:
            files = explaining.save(ws, given.input, _png(done), given.out, given.reason)
        elif given.out:
            files = [str(path) for path in write_new(given.out, _png(done))]
    result = {**done.result, "files": files}
    context.output.result(result, _text(result))
    return 0


def _map(context: Context) -> int:
    given = context.arguments
    if not given.dataset:
        raise WrongUsage("a map needs a data set", "Give --dataset NAME.")
    with context.workstation() as ws:
        if given.out:
            ws.library.check_export(given.reason)
        done = context.output.follow(explaining.start_map(ws, given.model, given.dataset))
        model = ws.library.model(given.model).id
        files = explaining.save(ws, model, _png(done), given.out, given.reason) if given.out else []
    result = {**done.result, "files": files}
    lines = [f"{len(result['cases'])} cases of {result['dataset']} as {result['model']} sees them"]
    context.output.result(result, "\n".join([*lines, *(f"  written: {file}" for file in files)]))
    return 0


def _png(done: Done) -> bytes:
    if "png" not in done.arrays:
        raise Unavailable("the task draws no explanations", "Use --json: it tells the check's numbers.")
    return done.arrays["png"].tobytes()


def _text(result: Json) -> str:
    lines = [
        f"{result['title']} of {result['model']} on {result['input']}: why “{result['target']}”",
        f"  {result['says']}",
        *(f"  written: {file}" for file in result["files"]),
    ]
    return "\n".join(lines)
