"""medstation plugins list | info | check"""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import asdict

from medstation.actions.workstation import find_plugins
from medstation.api import NotFound
from medstation.cli.context import Context
from medstation.cli.output import table
from medstation.registry import PluginInfo

HELP = "task plugins"


def add(parser: ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verbs.add_parser("list").set_defaults(run=listing)
    for name, act, text in (("info", info, "one plugin"), ("check", check, "run the conformance suite on a module")):
        verb = verbs.add_parser(name, help=text)
        verb.add_argument("name", metavar="NAME")
        verb.set_defaults(run=act)


def _row(plugin: PluginInfo) -> list[object]:
    return [plugin.name, plugin.version, plugin.api_version, plugin.state, ", ".join(plugin.tasks), plugin.reason]


def listing(context: Context) -> int:
    found = find_plugins().plugins
    rows = [_row(plugin) for plugin in found]
    context.output.result(
        {"plugins": [asdict(plugin) for plugin in found]},
        table(["plugin", "version", "API", "state", "tasks", ""], rows),
    )
    return 0


def info(context: Context) -> int:
    name = context.arguments.name
    plugin = next((one for one in find_plugins().plugins if one.name == name), None)
    if plugin is None:
        raise NotFound(f"there is no plugin {name!r}", "See `medstation plugins list`.")
    facts = asdict(plugin)
    context.output.result(facts, "\n".join(f"{key}: {value}" for key, value in facts.items() if value))
    return 0


def check(context: Context) -> int:
    from medstation.api.testing import check_plugin

    problems = check_plugin(context.arguments.name)
    said = [asdict(problem) for problem in problems]
    text = "\n".join(f"{one}" for one in problems) if problems else "Everything the contract asks for is there."
    context.output.result({"ok": not problems, "problems": said}, text)
    return 0 if not problems else 1
