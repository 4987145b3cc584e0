"""What `deidentify` and `export --deidentify` share: the options, and what is said at the end."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from medstation.actions import deidentifying
from medstation.actions.workstation import Workstation
from medstation.api import Json
from medstation.cli.finetune import settings
from medstation.cli.importing import skipped_line
from medstation.cli.output import Output


def add_options(parser: ArgumentParser) -> None:
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="an option of the task")
    parser.add_argument("--review", action="store_true", help="write previews and boxes to confirm, nothing else")
    parser.add_argument("--confirm-pixels", default="", metavar="auto|FILE", help="blank what was found, or confirmed")


def chosen(given: Namespace) -> dict[str, object]:
    """The task's settings by name, as text."""
    values: dict[str, object] = dict(settings(given.set))
    if given.review:
        values["review"] = "on"
    if boxes := given.confirm_pixels:
        values["confirm_pixels"] = boxes if boxes == "auto" else str(Path(boxes).absolute())
    return values


def records(ws: Workstation, output: Output, record_ids: Sequence[str], given: Namespace) -> Json:
    """Records of the vault, to the folder that was given."""
    job = deidentifying.start_records(ws, record_ids, given.out, chosen(given), given.reason)
    result: Json = output.follow(job).result
    return result


def tell(output: Output, result: Json) -> int:
    """The result, and the exit code: 1 if a file was refused."""
    output.result(result, text(result))
    return 1 if result["refused"] else 0


def text(result: Json) -> str:
    if "review" in result:
        lines = [f"{result['pictures']} pictures to look at; boxes to confirm: {result['review']}"]
    else:
        lines = [f"{result['written']} files written to {result['out']}; {result['refused']} refused."]
    for one in result["refusals"]:
        name = result["sources"].get(str(one["number"])) or result["sources"].get(one["number"])
        lines.append(f"refused {name}: {one['reason']}. {one['hint']}".rstrip())
    cautions = sorted({caution for one in result.get("files", ()) for caution in one["cautions"]})
    lines += [f"note: {caution}" for caution in cautions]
    lines += [skipped_line(one) for one in result.get("skipped", ())]
    if count := result.get("no_dicom"):
        lines.append(f"{count} other files are no DICOM and were left out.")
    return "\n".join(lines)
