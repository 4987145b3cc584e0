"""A model as an ONNX file for other programs, with proof that ONNX Runtime says what the model says.

The file takes the recipe's batch, tensor by tensor, and gives `scores`: what the model says of every decision, before
softmax. How a record becomes that batch (voxel size, normalisation, word pieces) stands in the config beside it.
"""

from __future__ import annotations

import json
import logging
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from torch import nn

from medstation.api import Json, Unavailable
from medstation.learning.asked import Asked
from medstation.learning.recipe import Recipe

OPSET = 18
CLOSE = 1e-3
"""How far scores may lie apart, as a part of their spread: another order of adding, no other answer."""
RUNS = 10

Feeds = dict[str, np.ndarray]
Tensors = tuple[torch.Tensor, ...]


@dataclass(frozen=True)
class Exported:
    """`data` is the file, `quick` the same with eight-bit arithmetic.

    `apart` is the largest difference of scores as a part of their spread; `same` and `quick_same` are the shares of
    decisions that are alike (1.0 for values). Times are seconds of one core per record.
    """

    data: bytes
    quick: bytes
    apart: float
    same: float
    quick_same: float
    torch_s: float
    onnx_s: float
    quick_s: float
    inputs: dict[str, list[int]]

    def facts(self) -> Json:
        return {
            "file_bytes": len(self.data), "quick_bytes": len(self.quick), "apart": self.apart, "same": self.same,
            "quick_same": self.quick_same, "torch_s": self.torch_s, "onnx_s": self.onnx_s, "quick_s": self.quick_s,
            "inputs": self.inputs,
        }  # fmt: skip


class _Told(nn.Module):
    """The recipe's outputs as a network of plain tensors."""

    def __init__(self, recipe: Recipe[Any], model: nn.Module, names: list[str]) -> None:
        super().__init__()
        self.recipe, self.model, self.names = recipe, model, names

    def forward(self, *tensors: torch.Tensor) -> torch.Tensor:
        return self.recipe.outputs(self.model, dict(zip(self.names, tensors, strict=True)))

    def feeds(self, given: Tensors) -> Feeds:
        """The tensors as ONNX Runtime takes them."""
        return {name: one.numpy() for name, one in zip(self.names, given, strict=True)}


def exported(recipe: Recipe[Any], model: nn.Module, asked: Asked, config: Json) -> Exported:
    """The model (in evaluation mode, on the processor) as ONNX, checked and timed on one record.

    `Unavailable` when the network cannot be written so, or would say something else.
    """
    told = _Told(recipe, model, list(asked.batch)).eval()
    given = tuple(asked.batch.values())
    data, apart = _faithful(told, given)
    data = _described(data, recipe, config)
    feeds = told.feeds(given)
    session, quick = _session(data), _in_eight_bits(data)
    faster, own = _session(quick), _used(session, feeds)
    with torch.no_grad():
        expected, torch_s = told(*given).float().numpy(), _timed(lambda: told(*given))
    return Exported(
        data, quick, apart, _alike(expected, session.run(None, own)[0]), _alike(expected, faster.run(None, own)[0]),
        torch_s, _timed(lambda: session.run(None, own)), _timed(lambda: faster.run(None, own)),
        {name: list(array.shape) for name, array in own.items()},
    )  # fmt: skip


def _faithful(told: _Told, given: Tensors) -> tuple[bytes, float]:
    """A graph that says what the network says, of the record and of two at once; and how far the scores lie apart.

    Tracing takes seconds but writes down wrongly what depends on the data; then the network is compiled, which takes
    half a minute.
    """
    problem = ""
    for write in (_traced, _compiled):
        try:
            with warnings.catch_warnings(), _Silent():
                warnings.simplefilter("ignore")  # of what may depend on the data, which is checked here
                data = write(told, given)
            apart = max(_apart(told, data, one) for one in _tried(given))
        except Exception as error:  # each network stumbles over another operation
            problem = str(error).splitlines()[0][:160]
            continue
        if apart <= CLOSE:
            return data, apart
        problem = f"its scores would differ by {apart:.1%}"
    raise Unavailable(f"this network cannot be written as ONNX: {problem}", "Export the model package instead.")


def _traced(told: _Told, given: Tensors) -> bytes:
    out: Any = BytesIO()  # this exporter writes into memory too, which its annotation omits
    axes: dict[str, dict[int, str]] = {name: {0: "batch"} for name in told.names}
    for name, tensor in zip(told.names, given, strict=True):
        if _is_ids(tensor):
            axes[name][1] = "length"
    torch.onnx.export(told, given, out, input_names=told.names, output_names=["scores"], dynamic_axes=axes,
                      opset_version=OPSET, dynamo=False)  # fmt: skip
    graph: bytes = out.getvalue()
    return graph


def _compiled(told: _Told, given: Tensors) -> bytes:
    automatic = torch.export.Dim.AUTO
    shapes = tuple({0: automatic, **({1: automatic} if _is_ids(tensor) else {})} for tensor in given)
    two = tuple(torch.cat([one, one]) if len(one) == 1 else one for one in given)  # sizes of 1 would become fixed
    program = torch.onnx.export(told, two, input_names=told.names, output_names=["scores"], dynamic_shapes=(shapes,),
                                dynamo=True, verbose=False)  # fmt: skip
    assert program is not None
    graph: bytes = program.model_proto.SerializeToString()
    return graph


def _is_ids(tensor: torch.Tensor) -> bool:
    return tensor.ndim == 2 and not tensor.is_floating_point()


def _tried(given: Tensors) -> list[Tensors]:
    """The record, and where every tensor has a row for each case, the record twice."""
    alike = len({len(one) for one in given}) == 1
    return [given, tuple(torch.cat([one, one]) for one in given)] if alike else [given]


def _apart(told: _Told, data: bytes, given: Tensors) -> float:
    with torch.no_grad():
        expected = told(*given).float().numpy()
    session = _session(data)
    said = session.run(None, _used(session, told.feeds(given)))[0]
    return float(np.abs(said - expected).max() / max(float(np.ptp(expected)), 1e-9))


class _Silent:
    """Exporters tell their progress to the log, where nobody reads it."""

    def __enter__(self) -> None:
        logging.disable(logging.WARNING)

    def __exit__(self, *_: object) -> None:
        logging.disable(logging.NOTSET)


def _described(data: bytes, recipe: Recipe[Any], config: Json) -> bytes:
    """With the config in the file, so that it can be used without this vault."""
    import onnx

    graph = onnx.load_from_string(data)
    onnx.checker.check_model(graph)
    entry = graph.metadata_props.add()
    entry.key, entry.value = "medstation", json.dumps({"decides": recipe.decides, "config": config})
    written: bytes = graph.SerializeToString()
    return written


def _in_eight_bits(data: bytes) -> bytes:
    """The same with matrices in eight bits, multiplied as such; convolutions stay as they are."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with TemporaryDirectory() as folder, _Silent():  # the library knows files only; weights are no patient data
        source, target = Path(folder) / "model.onnx", Path(folder) / "quick.onnx"
        source.write_bytes(data)
        quantize_dynamic(source, target, weight_type=QuantType.QInt8, per_channel=True,
                         op_types_to_quantize=["MatMul", "Gemm", "Attention", "LSTM", "Gather"])  # fmt: skip
        return target.read_bytes()


def _session(data: bytes) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def _used(session: Any, feeds: Feeds) -> Feeds:
    """Only what the graph still takes: some tensors just say how many there are."""
    return {one.name: feeds[one.name] for one in session.get_inputs()}


def _alike(expected: np.ndarray, said: np.ndarray) -> float:
    if expected.ndim < 2:
        return 1.0
    return float((expected.argmax(1) == said.argmax(1)).mean())


def _timed(act: Callable[[], object]) -> float:
    """Seconds of one processor core for the quickest of some calls, after a first one: what else runs adds none."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        act()
        spent = []
        for _ in range(RUNS):
            begun = time.process_time()
            act()
            spent.append(time.process_time() - begun)
        return min(spent)
    finally:
        torch.set_num_threads(threads)
