"""One explanation: a method's answer to a question, and the check of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from medstation.api import Json, NotFound, Unavailable, resolve_ref
from medstation.learning.asked import Asked
from medstation.learning.explaining import METHODS, Method, names
from medstation.learning.explaining.faithfulness import Faithfulness, faithfulness
from medstation.learning.explaining.question import Question
from medstation.learning.recipe import Recipe

Report = Callable[[float, str], None]


@dataclass(frozen=True)
class Explanation:
    """`values`: importance in the grid of each input that tells of the record, float32, above 0 where it speaks for the
    answer; `parts` (parts,) is the same per part. `target` is what was asked about, in words."""

    method: Method
    values: dict[str, np.ndarray]
    parts: np.ndarray
    target: str
    check: Faithfulness
    seconds: float
    place: Json


def explain(
    recipe: Recipe[Any],
    model: nn.Module,
    asked: Asked,
    method: str,
    target: str = "",
    report: Report = lambda done, text: None,
) -> Explanation:
    """Explain what `model` (in evaluation mode) says of a record, and check it. `seconds` are the method's alone.
    `target` names a class; "" asks about what the model predicts.

    `NotFound` for an unknown method, `Unavailable` for one that does not suit the network.
    """
    chosen = next((one for one in METHODS if one.name == method), None)
    if chosen is None:
        raise NotFound(f"there is no method {method!r}", f"Methods: {', '.join(names())}.")
    report(0.0, "Asking the model")
    question = Question(recipe, model, asked, target)
    begun = time.perf_counter()
    found = _found(chosen, question)
    seconds = time.perf_counter() - begun
    values = found if isinstance(found, dict) else question.spread(found)
    parts = question.parts(values)
    report(0.3, "Checking the explanation")
    check = faithfulness(question, parts, lambda done: report(0.3 + 0.7 * done, "Checking the explanation"))
    arrays = {name: one.detach().cpu().float().numpy() for name, one in values.items()}
    return Explanation(chosen, arrays, parts.numpy(), question.target, check, seconds, asked.place)


def _found(method: Method, question: Question) -> torch.Tensor | dict[str, torch.Tensor]:
    """What the method says; the model's parameters need no gradients meanwhile."""
    learning = [one for one in question.model.parameters() if one.requires_grad]
    for one in learning:
        one.requires_grad_(False)
    try:
        result: torch.Tensor | dict[str, torch.Tensor] = resolve_ref(method.ref)(question)
    except NotImplementedError as error:
        raise Unavailable(f"{method.title} does not suit this network: {error}", "Use occlusion instead.") from error
    finally:
        for one in learning:
            one.requires_grad_(True)
    return result
