"""The composition root: seals the process, builds what a call needs, and hands it down. Nobody imports this module."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from medstation.api import MedStationError
from medstation.jobs.porter import Porter, divide
from medstation.jobs.seal import Seal, seal_network
from medstation.jobs.seccomp import shut
from medstation.jobs.secrecy import leave_no_core
from medstation.paths import default_vault, network_mark


def main(argv: Sequence[str] | None = None) -> int:
    """The `medstation` command: a verb, or without one the window."""
    words = list(sys.argv[1:] if argv is None else argv)
    leave_no_core()
    folder = _vault_folder(words)
    porter = _porter(folder)
    if porter and porter.started_anew:
        words = _locked(folder)
    seal = seal_network()  # before any plugin can be loaded
    from medstation.cli.main import execute, parse

    arguments = parse(words)
    if arguments.command == "demo" and not arguments.headless:
        return _show_demo(arguments, seal)
    if arguments.command in (None, "open"):
        paths = [Path(path) for path in getattr(arguments, "paths", ())]
        return _show_vault(arguments, paths, seal, porter)
    return execute(arguments, porter)


def _vault_folder(words: Sequence[str]) -> Path:
    """Known before the call is understood: nothing more is loaded until the process is sealed."""
    parser = ArgumentParser(add_help=False)
    parser.add_argument("--vault", nargs="?")
    given = parser.parse_known_args(words)[0].vault
    return Path(given) if given else default_vault()


def _porter(folder: Path) -> Porter | None:
    """Where the vault has exceptions from no network: a process that stays unsealed for them, see `jobs.porter`."""
    divided = sys.platform == "linux" and network_mark(folder).exists() and not shut()
    return divide() if divided else None


def _locked(folder: Path) -> list[str]:
    """The words of a program that starts anew at the unlock page: no file opens the vault that somebody has locked."""
    os.environ.pop("MEDSTATION_PASSPHRASE_FILE", None)
    return ["--vault", str(folder)]


def _show_vault(arguments: Namespace, paths: Sequence[Path], seal: Seal, porter: Porter | None) -> int:
    """The window on the vault that was named; a passphrase file spares the unlock page."""
    from medstation.cli.context import Context

    context = Context(arguments)
    try:
        passphrase = context.passphrase_from_file()
    except MedStationError as error:
        context.output.error(error)
        return error.exit_code
    return _show(context.vault_folder, paths, seal, passphrase, context.user, porter)


def _show(
    folder: Path,
    paths: Sequence[Path],
    seal: Seal,
    passphrase: str = "",
    user: str = "",
    porter: Porter | None = None,
) -> int:
    """The window on one vault; when the person locks it, the program starts anew, so that no memory holds the key."""
    from medstation.shell.run import LOCKED, start

    def make_workstation(vault: Path, given: str, create: bool, who: str):  # type: ignore[no-untyped-def]  # loaded late
        from medstation.actions.workstation import Workstation

        return Workstation.open(vault, given, create, who, porter)

    def network() -> tuple[bool, int]:
        return seal.active, len(seal.attempts())

    code = start(paths, folder, make_workstation, _config_folder(), network, passphrase, user)
    if code == LOCKED and porter:
        os._exit(code)  # the porter starts it anew; taking the interpreter apart would keep the key for a while
    if code == LOCKED:
        os.execv(sys.executable, [sys.executable, "-m", "medstation.app", *_locked(folder)])
    return code


def _config_folder() -> Path:
    """For the window's place and theme only; nothing of a patient is kept outside the vault."""
    home = os.environ.get("APPDATA") or os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(home) / "medstation"


def _show_demo(arguments: Namespace, seal: Seal) -> int:
    """A throw-away vault with samples made by code, in the window."""
    from medstation.actions.demo import PASSPHRASE, prepare
    from medstation.actions.workstation import Workstation
    from medstation.cli.output import Output

    say = Output(arguments.json).say
    scratch = Path(tempfile.mkdtemp(prefix="medstation-demo-"))
    try:
        say(f"Making a demo vault in {scratch}; its passphrase is: {PASSPHRASE}")
        ws = Workstation.open(scratch / "vault", PASSPHRASE, create=True)
        try:
            prepare(ws, scratch, say)
        finally:
            ws.close()
        return _show(scratch / "vault", (), seal, PASSPHRASE)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
