"""medstation vault policy … | network …: what an administrator decides for everybody."""

from __future__ import annotations

from argparse import ArgumentParser, _SubParsersAction
from dataclasses import asdict

from medstation.api import Json
from medstation.cli.context import Context
from medstation.cli.output import table
from medstation.vault import Address, Connection
from medstation.vault.policies import KNOWN


def add(verbs: _SubParsersAction[ArgumentParser]) -> None:
    policy = verbs.add_parser("policy", help="what holds for everybody").add_subparsers(dest="act", required=True)
    policy.add_parser("show", help="the policies, and which are on").set_defaults(run=show_policies)
    one = policy.add_parser("set", help="switch one on or off")
    one.add_argument("name", metavar="NAME", choices=KNOWN)
    one.add_argument("value", choices=("on", "off"))
    one.set_defaults(run=set_policy)
    network = verbs.add_parser("network", help="exceptions from: no network").add_subparsers(dest="act", required=True)
    network.add_parser("list", help="what may be connected to, who allowed it and why").set_defaults(run=list_network)
    one = network.add_parser("allow", help="one host and port")
    one.add_argument("place", metavar="HOST:PORT")
    one.add_argument("--reason", required=True, metavar="TEXT", help="stands in the audit log")
    one.set_defaults(run=allow)
    one = network.add_parser("forbid", help="no longer")
    one.add_argument("place", metavar="HOST:PORT")
    one.set_defaults(run=forbid)


def show_policies(context: Context) -> int:
    with context.open_vault() as vault:
        policies = vault.policies.all()
    rows = [[name, "on" if on else "off", KNOWN[name]] for name, on in policies.items()]
    context.output.result({"policies": policies}, table(["policy", "", "means"], rows))
    return 0


def set_policy(context: Context) -> int:
    name, value = context.arguments.name, context.arguments.value
    with context.open_vault() as vault:
        vault.policies.set(name, value == "on")
        policies = vault.policies.all()
    context.output.result({"policies": policies}, f"{name} is {value}.")
    return 0


def list_network(context: Context) -> int:
    with context.open_vault() as vault:
        found = vault.connections.all()
    rows = [[str(one.address), one.author, one.since[:10], one.reason] for one in found]
    headings = ["host and port", "allowed by", "since", "why"]
    text = table(headings, rows, "Nothing is allowed: MedStation makes no connection.")
    context.output.result({"connections": [_facts(one) for one in found]}, text)
    return 0


def allow(context: Context) -> int:
    address = Address.parse(context.arguments.place)
    with context.open_vault() as vault:
        made = vault.connections.allow(address, context.arguments.reason)
    context.output.result(_facts(made), f"{address} may be connected to, from the next start of MedStation.")
    return 0


def forbid(context: Context) -> int:
    address = Address.parse(context.arguments.place)
    with context.open_vault() as vault:
        vault.connections.forbid(address)
    context.output.result({"forbidden": str(address)}, f"{address} is no longer allowed, from the next unlocking.")
    return 0


def _facts(one: Connection) -> Json:
    return {**asdict(one.address), "reason": one.reason, "since": one.since, "by": one.author}
