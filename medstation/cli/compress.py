"""medstation models compress M --method int8|prune|onnx"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

from medstation.actions import compressing, finetuning
from medstation.actions.workstation import Workstation
from medstation.api import Json, ModelInfo, WrongUsage
from medstation.cli import finetune
from medstation.cli.context import Context
from medstation.cli.export import takes_reason
from medstation.learning.compressing import METHODS

HELP = "a smaller or quicker model, with what it costs"


def add(parser: ArgumentParser) -> None:
    parser.add_argument("model", metavar="M", help="id, name, or name@version")
    listed = "; ".join(f"{name}: {says}" for name, says in METHODS.items())
    parser.add_argument("--method", required=True, choices=tuple(METHODS), metavar="W", help=listed)
    parser.add_argument("--share", type=float, default=compressing.SHARE, metavar="X", help="of weights to prune (0.5)")
    parser.add_argument("--epochs", type=int, default=0, metavar="N", help="learn on after pruning; zeros stay zero")
    parser.add_argument("--name", default="", metavar="NAME", help="the new model's name, else a new version of M")
    parser.add_argument("--dataset", default="", metavar="NAME", help="measure on this test part, not on its own")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to write, with onnx (.onnx)")
    parser.add_argument("--record", default="", metavar="RECORD", help="check the ONNX file on it, not on the first")
    takes_reason(parser)
    parser.set_defaults(run=run)


def run(context: Context) -> int:
    given = context.arguments
    with context.workstation() as ws:
        if given.method == "onnx":
            return _onnx(context, ws)
        origin = ws.library.model(given.model)  # its name will mean the smaller one soon
        first = compressing.start(ws, given.model, given.method, given.share, given.name, "", given.dataset)
        result = context.output.follow(first).result
        if given.method == "prune" and given.epochs:
            result = _learnt_on(context, ws, origin, result)
    lines = [f"{result['model']}, a candidate: {compressing.sentence(result)}"]
    if result["dataset"]:
        lines.append(f"  on {result['patients']} test patients of {result['dataset']}")
    context.output.result(result, "\n".join(lines))
    return 0


def _learnt_on(context: Context, ws: Workstation, origin: ModelInfo, pruned: Json) -> Json:
    """The pruned model, trained for some epochs with its zeros, and stored without them again."""
    given = context.arguments
    if not pruned["dataset"]:
        raise WrongUsage("its data set is not in this vault, so it cannot learn on", "Give --dataset NAME.")
    model = ws.library.model(pruned["id"])
    settings = {"epochs": given.epochs, "keep_zeros": True}
    started, job = finetuning.start(
        ws, model.task, model.recipe, pruned["dataset"], model.id, settings, f"{model.name} retrained"
    )
    trained = context.output.follow(job, finetune.line).result
    last = compressing.start(ws, trained["model_id"], "prune", 0.0, model.name, origin.id, given.dataset)
    return {**context.output.follow(last).result, "run": started.id}


def _onnx(context: Context, ws: Workstation) -> int:
    given = context.arguments
    if not given.out:
        raise WrongUsage("there is no place to write the ONNX file to", "Give --out FILE.onnx.")
    job = compressing.start_onnx(ws, given.model, given.out, given.record, given.reason)
    result = context.output.follow(job).result
    pace = " → ".join(f"{1000 * result[name]:.1f}" for name in ("torch_s", "onnx_s", "quick_s"))
    lines = [
        f"{result['model']} says the same in ONNX Runtime (scores {result['apart']:.1e} apart on {result['record']}).",
        f"  {pace} ms of one core per record: as it is, ONNX, ONNX in eight bits ({result['quick_same']:.1%} alike)",
        *(f"  written: {file}" for file in result["files"]),
    ]
    context.output.result(result, "\n".join(lines))
    return 0
