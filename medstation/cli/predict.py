"""medstation predict MODEL INPUT…"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

from medstation.actions import exporting, predicting
from medstation.actions.workstation import Workstation
from medstation.api import Json, WrongUsage
from medstation.cli.context import Context
from medstation.cli.export import takes_reason

HELP = "run a model on records or files"


def add(parser: ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("inputs", nargs="+", metavar="INPUT", help="a record of the vault, or a path")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write the results there as files")
    parser.add_argument("--format", default="", metavar="F", help="the files' format (the task's first if not given)")
    takes_reason(parser)
    parser.set_defaults(run=run)


def run(context: Context) -> int:
    given = context.arguments
    records = [one for one in given.inputs if one.startswith("r-") and not Path(one).exists()]
    paths = [Path(one) for one in given.inputs if one not in records]
    if paths and not given.out:
        raise WrongUsage(
            "files outside the vault need --out DIR for their results", "Import them to keep results in the vault."
        )
    with context.workstation() as ws:
        predictions: list[Json] = []
        if records and given.out:
            ws.library.check_export(given.reason)
        if records:
            predictions += context.output.follow(predicting.start(ws, given.model, records)).result["predictions"]
        if given.out:
            for one in predictions:
                one["files"] = _write(context, ws, one["id"], given.out)
        if paths:
            job = predicting.start_on_files(ws, given.model, paths, given.out, given.format)
            predictions += context.output.follow(job).result["predictions"]
    context.output.result({"predictions": predictions}, "\n".join(_text(one) for one in predictions))
    return 0


def _write(context: Context, ws: Workstation, prediction_id: str, out: Path) -> list[str]:
    prediction = ws.library.prediction(prediction_id)
    spec = ws.registry.task(ws.library.record(prediction.record).task)
    exporter = exporting.choose_exporter(spec, "prediction", prediction.kind, context.arguments.format)
    out.mkdir(parents=True, exist_ok=True)
    target = predicting.free_name(out, prediction_id, exporter.suffix)
    job = exporting.start(ws, prediction_id, exporter.format, target, context.arguments.reason)
    files: list[str] = context.output.follow(job).result["files"]
    return files


def _text(prediction: Json) -> str:
    lines = [f"{prediction.get('id', '')} {prediction['input']}  {prediction['model']}".strip()]
    for one in prediction["findings"]:
        sure = f"  confidence {one['confidence']:.2f}" if one["confidence"] is not None else ""
        lines.append(f"  {one['title']}  {one['value']}  {one['detail']}{sure}")
    lines += [f"  written: {file}" for file in prediction["files"]]
    return "\n".join(lines if len(lines) > 1 else [*lines, "  nothing found"])
