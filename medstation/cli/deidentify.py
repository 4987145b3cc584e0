"""medstation deidentify PATH… | r-…"""

from __future__ import annotations

import os
import re
import secrets
from argparse import ArgumentParser
from pathlib import Path

from medstation.actions import deidentifying
from medstation.api import NotFound, WrongUsage
from medstation.cli import without_identity
from medstation.cli.context import Context
from medstation.cli.export import takes_reason
from medstation.jobs import Pool

HELP = "copies without identity, of files, folders or records of the vault"
_MAKE = "Name a file that does not exist yet to make one."
_RECORD = re.compile(r"r-\d+")


def add(parser: ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", help="file, folder (walked) or record (r-…)")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="nothing in it is overwritten")
    parser.add_argument("--task", default="", metavar="ID", help="by this task (default: the first that can)")
    parser.add_argument("--key-file", type=Path, metavar="FILE", help="secret for pseudonyms; made if it is missing")
    without_identity.add_options(parser)
    takes_reason(parser)
    parser.set_defaults(run=run)


def run(context: Context) -> int:
    given = context.arguments
    if all(_RECORD.fullmatch(path) and not Path(path).exists() for path in given.paths):
        if given.key_file:
            raise WrongUsage("--key-file is for files on the disk", "Records use the vault's own secret.")
        with context.workstation() as ws:
            result = without_identity.records(ws, context.output, given.paths, given)
    else:
        key = read_key(given.key_file) if given.key_file else secrets.token_bytes(deidentifying.KEY_BYTES)
        with Pool(None, None) as pool:
            paths, chosen = [Path(path) for path in given.paths], without_identity.chosen(given)
            job = deidentifying.start_files(pool, paths, given.out, chosen, key, given.task)
            result = context.output.follow(job).result
    return without_identity.tell(context.output, result)


def read_key(path: Path) -> bytes:
    """The secret in a key file (hexadecimal); a new one, readable by its owner alone, where there is no file."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _known_key(path)
    except OSError as error:
        raise NotFound(f"the key file {path} cannot be made: {error.strerror}", "Choose another place.") from error
    key = secrets.token_bytes(deidentifying.KEY_BYTES)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(key.hex() + "\n")
    return key


def _known_key(path: Path) -> bytes:
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise WrongUsage(
            f"{path} is no key file: {error}", "Name a file that does not exist yet to make one."
        ) from error
    if len(key) < deidentifying.KEY_BYTES:
        raise WrongUsage(f"the key in {path} is too short", _MAKE)
    return key
