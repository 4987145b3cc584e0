"""DeepLIFT with the rescale rule (Shrikumar 2017): what each step of the network passes on, beside what it passes on
of nothing.

Captum's own works by hooks on modules, so it needs every activation to be a module that is used once; networks of MONAI
and transformers are not so. Here the functions themselves are watched while the model computes, twice and in the same
order: first of nothing, to remember, then of the record, where their slopes are replaced by differences.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.autograd import Function
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from medstation.learning.explaining.doors import Doors
from medstation.learning.explaining.question import Question

Pair = tuple[torch.Tensor, torch.Tensor]
NEAR = 1e-6
"""Inputs that differ less have their plain slope: a quotient would only be noise."""

_NAMES = ("relu", "leaky_relu", "gelu", "elu", "silu", "mish", "hardswish", "prelu", "softplus", "tanh", "sigmoid",
          "logsigmoid")  # fmt: skip
WATCHED: frozenset[Callable[..., Any]] = frozenset(
    found
    for home in (functional, torch, torch.Tensor, torch._C._nn)
    for name in _NAMES
    for found in (getattr(home, name, None), getattr(home, f"{name}_", None))
    if found is not None
)
"""Functions of one number that are not straight lines, under all the names that torch has for them."""


def deeplift(question: Question) -> dict[str, torch.Tensor]:
    """In the grids of the inputs: multipliers times the difference from nothing."""
    doors = Doors(question)
    record, nothing = doors.read(question.batch), doors.read({**question.batch, **question.absent})
    remembered: list[Pair] = []
    with torch.no_grad(), _Watch(remembered, None):
        doors.value(nothing)
    entering = [one.detach().clone().requires_grad_() for one in record]
    with _Watch([], remembered):
        answer = doors.value(entering)
    slopes = torch.autograd.grad(answer.sum(), entering)
    found = [slope * (one - other) for slope, one, other in zip(slopes, record, nothing, strict=True)]
    return doors.summed([one.detach().nan_to_num() for one in found])


class _Watch(TorchFunctionMode):
    """Remembers input and output of each watched call in `seen`, or replays against those in `remembered`."""

    def __init__(self, seen: list[Pair], remembered: Sequence[Pair] | None) -> None:
        super().__init__()
        self._seen = seen
        self._remembered = None if remembered is None else iter(remembered)

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        given = kwargs or {}
        if func not in WATCHED:
            return func(*args, **given)
        entering = args[0] if args else given["input"]
        rest = {name: value for name, value in given.items() if name not in ("inplace", "input")}
        plain = _plain(func)
        after = [one for one in args[1:] if not isinstance(one, bool)]

        def step(one: torch.Tensor) -> torch.Tensor:
            out: torch.Tensor = plain(one, *after, **rest)
            return out

        if self._remembered is None:
            before = entering.detach().clone()
            self._seen.append((before, step(before)))
            return self._seen[-1][1].clone()
        return _Rescaled.apply(entering, step, *next(self._remembered))  # type: ignore[no-untyped-call]


def _plain(func: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, not in place: the input is still needed."""
    name = str(getattr(func, "__name__", "")).rstrip("_")
    found: Callable[..., Any] = next(getattr(home, name) for home in (functional, torch) if hasattr(home, name))
    return found


class _Rescaled(Function):
    """A function whose slope is the difference of its outputs over that of its inputs."""

    @staticmethod
    def forward(
        ctx: Any, entering: torch.Tensor, step: Callable[[torch.Tensor], torch.Tensor], before: torch.Tensor,
        came: torch.Tensor,
    ) -> torch.Tensor:  # fmt: skip
        with torch.enable_grad():
            inner = entering.detach().requires_grad_()
            out = step(inner)
            (slope,) = torch.autograd.grad(out.sum(), inner)
        change = entering - before
        far = change.abs() > NEAR
        ctx.save_for_backward(torch.where(far, (out.detach() - came) / torch.where(far, change, 1.0), slope))
        return out.detach()

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[torch.Tensor, None, None, None]:
        (slope,) = ctx.saved_tensors
        return grads[0] * slope, None, None, None
