"""After training: a temperature, fitted on the validation cases and put into the weights where it helps.

Dividing the scores by one number changes no decision, only how sure the model says it is. It is done where each case is
one decision and the last layer gives the scores themselves; for chains, forecasts and pictures of voxels it is not.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from medstation.api import Json
from medstation.learning.decisions import Decisions, decisions
from medstation.learning.recipe import Batch, device_of
from medstation.learning.reliability import (
    fitted_temperature,
    set_threshold,
    temperature_helps,
)
from medstation.learning.run import Run
from medstation.learning.still import Still

LEAST_PATIENTS = 20
"""On fewer a temperature is fitted to chance."""
LEAST_CHANGE = 0.05
"""A temperature nearer to 1 than this is left out."""
ROUNDING = 0.03
"""By how much scores in half precision may be off, as a part of the greatest."""


def calibrated(run: Run[Any]) -> None:
    """Calibrate the run's network; what was done stands in the config: {"temperature", "threshold"}, None if nothing.

    "threshold" is the least probability of a class in a set that holds the truth in 90 % of cases.
    """
    run.config.pop("calibration", None)  # the base's is not this model's
    model = run.training.model.eval()
    decided = decisions(run.recipe, model, run.samples, run.parts.validation, run.config, run.seed)
    if decided is None or not decided.one_each:
        return
    temperature = 1.0
    if len(set(decided.patients)) >= LEAST_PATIENTS and temperature_helps(decided, run.seed):
        case = run.parts.validation[0]
        batch = run.recipe.batch([run.samples[case]], run.config, Still())
        fitted = fitted_temperature(decided)
        changes = abs(fitted - 1) > LEAST_CHANGE and _cooled(run, batch, fitted)
        temperature = fitted if changes else 1.0
    run.config["calibration"] = _found(decided, temperature)


def _found(decided: Decisions, temperature: float) -> Json:
    chances = decided.chances(temperature)
    return {
        "temperature": temperature,
        "threshold": set_threshold(chances, decided.truth),
        "patients": len(set(decided.patients)),
    }


def _cooled(run: Run[Any], batch: Batch, temperature: float) -> bool:
    """Divide the last layer's weights and bias, and see that the scores follow; else leave all as it was."""
    network, model = run.training.network, run.training.model
    placed = {name: tensor.to(device_of(model)) for name, tensor in batch.items()}

    def scores() -> torch.Tensor:
        with torch.no_grad():
            return run.recipe.outputs(model, placed).float()

    before, last = _last_leaf(network, scores)
    if last is None:
        return False
    held = [(parameter, parameter.detach().clone()) for parameter in last.parameters(recurse=False)]
    with torch.no_grad():
        for parameter, _ in held:
            parameter.div_(temperature)
    wanted = before / temperature
    if float((scores() - wanted).abs().max()) <= ROUNDING * float(wanted.abs().max()) + 1e-4:
        return True
    with torch.no_grad():
        for parameter, old in held:
            parameter.copy_(old)
    return False


def _last_leaf(network: nn.Module, compute: Any) -> tuple[torch.Tensor, nn.Module | None]:
    """What `compute` gives, and the module with weights that ran last in it."""
    ran: list[nn.Module] = []
    leaves = [one for one in network.modules() if any(True for _ in one.parameters(recurse=False))]
    hooks = [one.register_forward_hook(lambda module, given, made: ran.append(module)) for one in leaves]
    try:
        result = compute()
    finally:
        for hook in hooks:
            hook.remove()
    return result, ran[-1] if ran else None


def scores_before(decided: Decisions, config: Json) -> Decisions:
    """The decisions as they were before the temperature was put into the weights."""
    temperature = float(config.get("calibration", {}).get("temperature", 1.0))
    raised = np.asarray(decided.scores * temperature, np.float64)
    return Decisions(raised, decided.truth, decided.cases, decided.records, decided.patients)
