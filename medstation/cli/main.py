"""The parser, and the way from a call to an exit code."""

from __future__ import annotations

import traceback
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from textwrap import shorten
from typing import NoReturn

from medstation import __version__
from medstation.api import MedStationError, WrongUsage
from medstation.cli import (
    audit,
    dataset,
    deidentify,
    demo,
    doctor,
    evaluate,
    explain,
    export,
    federate,
    finetune,
    importing,
    label,
    models,
    plugins,
    predict,
    records,
    runs,
    search,
    suggest,
    tasks,
    vault,
)
from medstation.cli.context import Context
from medstation.cli.output import Output
from medstation.jobs import Porter

LONGEST = 200
"""Characters of a message of wrong usage: a call may have had a thousand names."""
Add = Callable[[ArgumentParser], None]

VERBS: dict[str, tuple[str, Add]] = {
    "demo": (demo.HELP, demo.add),
    "vault": (vault.HELP, vault.add),
    "import": (importing.HELP, importing.add),
    "records": (records.HELP, records.add),
    "show": (records.SHOW_HELP, records.add_show),
    "label": (label.HELP, label.add),
    "dataset": (dataset.HELP, dataset.add),
    "tasks": (tasks.HELP, tasks.add),
    "finetune": (finetune.HELP, finetune.add),
    "runs": (runs.HELP, runs.add),
    "search": (search.HELP, search.add),
    "models": (models.HELP, models.add),
    "predict": (predict.HELP, predict.add),
    "suggest": (suggest.HELP, suggest.add),
    "evaluate": (evaluate.HELP, evaluate.add),
    "federate": (federate.HELP, federate.add),
    "explain": (explain.HELP, explain.add),
    "export": (export.HELP, export.add),
    "deidentify": (deidentify.HELP, deidentify.add),
    "plugins": (plugins.HELP, plugins.add),
    "audit": (audit.HELP, audit.add),
    "doctor": (doctor.HELP, doctor.add),
}


class Parser(ArgumentParser):
    """Wrong usage is an error like any other, also with --json."""

    def error(self, message: str) -> NoReturn:
        hint = f"See `{self.prog} --help`."
        left_over = message.partition("unrecognized arguments: ")[2]
        if left_over and not left_over.startswith("-"):
            hint = "Names and paths stand together, not on both sides of an option. " + hint
        raise WrongUsage(shorten(message, LONGEST), hint)


def build_parser() -> ArgumentParser:
    parser = Parser(prog="medstation", description="An offline AI workstation for hospitals.")
    parser.add_argument("--version", action="version", version=f"medstation {__version__}")
    parser.add_argument("--vault", metavar="DIR", help="the vault's folder (or MEDSTATION_VAULT)")
    parser.add_argument("--user", metavar="NAME", help="who unlocks it (or MEDSTATION_USER)")
    parser.add_argument("--passphrase-file", metavar="FILE", help="its first line is the passphrase")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    verbs = parser.add_subparsers(dest="command", metavar="COMMAND")
    window = verbs.add_parser("open", help="open files or folders in the window without importing them")
    window.add_argument("paths", nargs="+", metavar="PATH")
    for name, (text, add) in VERBS.items():
        add(verbs.add_parser(name, help=text, description=text))
    return parser


def execute(arguments: Namespace, porter: Porter | None = None) -> int:
    """Run one verb; a user's fault becomes two lines and an exit code, a bug its name (--debug: its traceback)."""
    context = Context(arguments, porter)
    try:
        run: Callable[[Context], int] = arguments.run
        return run(context)
    except MedStationError as error:
        if arguments.debug:
            traceback.print_exc()
        context.output.error(error)
        return error.exit_code
    except KeyboardInterrupt:
        context.output.say("stopped; what was done is kept")
        return 1
    except Exception as error:
        if arguments.debug:
            raise
        bug = MedStationError(
            f"a bug in MedStation: {type(error).__name__}: {error}", "Run it again with --debug and report it."
        )
        context.output.error(bug)
        return 1


def parse(argv: Sequence[str]) -> Namespace:
    """The call's arguments; wrong usage is said and ends with exit code 2."""
    try:
        return build_parser().parse_args(argv)
    except WrongUsage as error:
        Output(as_json="--json" in argv).error(error)
        raise SystemExit(error.exit_code) from None
