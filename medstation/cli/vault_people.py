"""medstation vault people … | passphrase | recovery | recover: who may unlock the vault."""

from __future__ import annotations

from argparse import ArgumentParser, _SubParsersAction
from dataclasses import asdict
from pathlib import Path

from medstation.cli import secret
from medstation.cli.context import Context
from medstation.cli.output import table
from medstation.vault import ROLES, Vault

_NEW_FILE = "--new-passphrase-file"


def add(verbs: _SubParsersAction[ArgumentParser]) -> None:
    people = verbs.add_parser("people", help="who may unlock the vault").add_subparsers(dest="act", required=True)
    people.add_parser("list", help="names and roles").set_defaults(run=list_people)
    one = people.add_parser("add", help="one more person, with an own passphrase")
    one.add_argument("name", metavar="NAME")
    one.add_argument("--role", choices=ROLES, required=True)
    _takes_new_passphrase(one, add_person)
    one = people.add_parser("remove", help="somebody no longer unlocks the vault")
    one.add_argument("name", metavar="NAME")
    one.set_defaults(run=remove_person)
    one = people.add_parser("change", help="another name or role for somebody")
    one.add_argument("name", metavar="NAME")
    one.add_argument("--role", choices=ROLES)
    one.add_argument("--name", dest="new_name", metavar="NAME")
    one.set_defaults(run=change_person)
    _takes_new_passphrase(verbs.add_parser("passphrase", help="change your own passphrase"), change_passphrase)
    one = verbs.add_parser("recovery", help="make the recovery key; it is shown this once")
    one.add_argument("--replace", action="store_true", help="in place of the one there is")
    one.set_defaults(run=make_recovery_key)
    one = verbs.add_parser("recover", help="set a new passphrase with the recovery key")
    one.add_argument("--recovery-key-file", metavar="FILE", help="its first line is the key")
    one.add_argument("--person", metavar="NAME", default="", help="whose passphrase (else the first administrator's)")
    _takes_new_passphrase(one, recover)


def _takes_new_passphrase(parser: ArgumentParser, run: object) -> None:
    parser.add_argument(_NEW_FILE, metavar="FILE", help="its first line is the new passphrase")
    parser.set_defaults(run=run)


def list_people(context: Context) -> int:
    with context.open_vault() as vault:
        people, recovery = vault.people.all(), vault.people.has_recovery_key()
        you = vault.user.name
    rows = [[one.name, one.role, "you" if one.name == you else ""] for one in people]
    text = table(["name", "role", ""], rows)
    said = "" if recovery else "\nThere is no recovery key: `medstation vault recovery` makes one."
    context.output.result(
        {"people": [asdict(one) for one in people], "you": you, "recovery_key": recovery}, text + said
    )
    return 0


def add_person(context: Context) -> int:
    with context.open_vault() as vault:
        vault.need("people.add")  # said before a passphrase is asked for
        name = context.arguments.name
        passphrase = _new_secret(context, f"Passphrase of {name}")
        person = vault.people.add(name, context.arguments.role, passphrase)
    context.output.result(asdict(person), f"{person.name} may unlock the vault as {person.role}.")
    return 0


def remove_person(context: Context) -> int:
    name = context.arguments.name
    with context.open_vault() as vault:
        vault.people.remove(name)
    context.output.result({"removed": name}, f"{name} can no longer unlock the vault.")
    return 0


def change_person(context: Context) -> int:
    name, role, new_name = (getattr(context.arguments, key) for key in ("name", "role", "new_name"))
    with context.open_vault() as vault:
        if role:
            vault.people.set_role(name, role)
        if new_name:
            vault.people.rename(name, new_name)
        people = vault.people.all()
    person = next(one for one in people if one.name == (new_name.strip() if new_name else name))
    context.output.result(asdict(person), f"{person.name} is {person.role}.")
    return 0


def change_passphrase(context: Context) -> int:
    old = context.passphrase()
    with Vault.open(context.vault_folder, old, context.user) as vault:
        vault.people.change_passphrase(old, _new_secret(context, "New passphrase"))
        name = vault.user.name
    context.output.result({"changed": name}, f"The passphrase of {name} is changed.")
    return 0


def make_recovery_key(context: Context) -> int:
    with context.open_vault() as vault:
        key = vault.people.new_recovery_key(again=context.arguments.replace)
    context.output.say(
        "Write this key down and keep it under lock and key: it opens the vault, and is not shown again."
    )
    context.output.result({"recovery_key": key}, key)
    return 0


def recover(context: Context) -> int:
    key = _secret(context.arguments.recovery_key_file, "Recovery key")
    with Vault.recover(context.vault_folder, key) as vault:
        name = context.arguments.person or context.user or vault.people.first_administrator()
        name = vault.people.named(name).name  # said before a passphrase is asked for
        vault.people.set_passphrase(name, _new_secret(context, f"New passphrase of {name}"))
    context.output.result({"changed": name}, f"The passphrase of {name} is changed.")
    return 0


def _new_secret(context: Context, what: str) -> str:
    return _secret(context.arguments.new_passphrase_file, what, confirm=True)


def _secret(file: str | None, what: str, confirm: bool = False) -> str:
    if file:
        return secret.from_file(Path(file))
    return secret.from_terminal(what, "Give it in a file: see --help.", confirm)
