"""One network in training: its optimizer, its steps, and its state as a checkpoint."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import torch
from accelerate import Accelerator
from torch import nn
from torch.optim import SGD, AdamW, Optimizer

from medstation.api import BadInput, Json
from medstation.learning.checkpoint import Saved, optimizer_tensors, pack_state, restore_optimizer
from medstation.learning.course import Course, course_from_json
from medstation.learning.recipe import Batch, Settings
from medstation.learning.schedule import rate_factor
from medstation.learning.weights import State, load_all, standing


class Training:
    """A network on its device with its optimizer. `total` is the number of steps of the whole run."""

    def __init__(self, network: nn.Module, accelerator: Accelerator, settings: Settings, total: int) -> None:
        self._accelerator = accelerator
        self._settings = settings
        self._total = total
        self._optimizer = make_optimizer(network, settings)
        self.steps = 0
        self.network = network
        self.model: nn.Module
        self.model, self._driver = accelerator.prepare(network, self._optimizer)

    @property
    def rate(self) -> float:
        """The learning rate of the next step."""
        settings = self._settings
        factor = rate_factor(str(settings["schedule"]), self.steps, self._total, float(settings["warmup"]))
        return float(settings["learning_rate"]) * factor

    def step(self, batches: list[Batch], loss_of: Callable[[nn.Module, Batch], torch.Tensor]) -> float:
        """One step of the optimizer over the gradients of `batches` (accumulation); the mean loss, checked."""
        self.model.train()
        total = 0.0
        for index, batch in enumerate(batches):
            last = index == len(batches) - 1
            with nullcontext() if last else self._accelerator.no_sync(self.model):
                loss = loss_of(self.model, self._placed(batch)) / len(batches)
                total += self._checked(float(loss.detach()), "loss")
                self._accelerator.backward(loss)
        self._clip()
        for group in self._optimizer.param_groups:
            group["lr"] = self.rate
        self._driver.step()
        self._driver.zero_grad()
        self.steps += 1
        return total

    def _placed(self, batch: Batch) -> Batch:
        device = self._accelerator.device
        return {name: tensor.to(device, non_blocking=True) for name, tensor in batch.items()}

    def _clip(self) -> None:
        limit = float(self._settings["gradient_clip"])
        if limit > 0:
            norm = self._accelerator.clip_grad_norm_(self.model.parameters(), limit)
            self._checked(float(norm), "gradient")

    def _checked(self, value: float, what: str) -> float:
        if math.isfinite(value):
            return value
        rate = float(self._settings["learning_rate"])
        raise BadInput(
            f"training stopped: the {what} became {value} at step {self.steps + 1} (learning rate {rate:g})",
            f"Start again with a lower learning_rate, such as {rate / 10:g}, or gradient_clip=1. "
            "The state at the end of the last epoch is kept.",
        )

    def weights(self) -> State:
        """A copy of the weights as they are now."""
        return standing(self.network.state_dict())

    def load(self, weights: State) -> None:
        load_all(self.network, weights)

    def checkpoint(self, course: Course, config: Json) -> bytes:
        """Everything needed to go on from here."""
        groups = {
            "model": self.network.state_dict(),
            "best": course.best,
            "optimizer": optimizer_tensors(self._optimizer),
            "chance": _chance(),
        }
        return pack_state(groups, config, {"course": course.to_json(), "steps": self.steps})

    def restore(self, saved: Saved) -> Course:
        """Go back to where the checkpoint was made."""
        groups, facts = saved.groups, saved.facts
        self.load(groups["model"])
        restore_optimizer(self._optimizer, groups.get("optimizer", {}))
        _restore_chance(groups["chance"])
        self.steps = int(facts["steps"])
        return course_from_json(facts["course"], groups.get("best", {}))


def make_optimizer(network: nn.Module, settings: Settings) -> Optimizer:
    """AdamW or SGD. Weights decay; norms and biases (one axis) do not."""
    decay = float(settings["weight_decay"])
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    groups: list[dict[str, Any]] = [
        {"params": [parameter for parameter in trained if parameter.ndim > 1], "weight_decay": decay},
        {"params": [parameter for parameter in trained if parameter.ndim <= 1], "weight_decay": 0.0},
    ]
    groups = [group for group in groups if group["params"]]
    rate = float(settings["learning_rate"])
    if settings["optimizer"] == "sgd":
        return SGD(groups, lr=rate, momentum=0.9, nesterov=True)
    return AdamW(groups, lr=rate)


def _chance() -> State:
    """Torch's generators (dropout draws from them); everything else is seeded by epoch and index."""
    states = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        states["cuda"] = torch.cuda.get_rng_state()
    return states


def _restore_chance(states: State) -> None:
    torch.set_rng_state(states["cpu"])
    if "cuda" in states and torch.cuda.is_available():
        torch.cuda.set_rng_state(states["cuda"])
