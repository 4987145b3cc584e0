"""One network in training: its optimizer, its steps, and its state as a checkpoint."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import partial
from typing import Any

import torch
from accelerate import Accelerator
from torch import nn
from torch.optim import SGD, AdamW, Optimizer

from medstation.api import Json
from medstation.learning import device
from medstation.learning.checkpoint import Saved, optimizer_tensors, pack_state, restore_optimizer
from medstation.learning.course import Course, course_from_json
from medstation.learning.recipe import Batch, Settings
from medstation.learning.schedule import rate_factor
from medstation.learning.technique import LossOf, Technique
from medstation.learning.weights import State, load_all, standing


class Diverged(Exception):
    """The loss or the gradient is no number any more; the text says which, where and at what rate."""


class Training:
    """A network on its device with its optimizer. `total` is the number of steps of the whole run."""

    def __init__(
        self,
        network: nn.Module,
        accelerator: Accelerator,
        settings: Settings,
        total: int,
        techniques: Sequence[Technique] = (),
    ) -> None:
        self.accelerator = accelerator
        self.techniques = techniques
        self.total = total
        self.steps = 0
        self._settings = settings
        self.network = device.laid_out(network, accelerator)
        self._optimizer = make_optimizer(network, settings, partial(_rate_of, techniques))
        self._several = accelerator.num_processes > 1
        self.model: nn.Module = accelerator.prepare_model(network)

    @property
    def rate(self) -> float:
        """The learning rate of the next step."""
        settings = self._settings
        factor = rate_factor(str(settings["schedule"]), self.steps, self.total, float(settings["warmup"]))
        return float(settings["learning_rate"]) * factor

    def step(self, batches: Sequence[Batch], loss_of: LossOf) -> float:
        """One step of the optimizer over the gradients of `batches`; the mean loss, weighed by samples.

        `Diverged` when it is no number; the weights are then as before the step.
        """
        self.mode()
        for technique in self.techniques:
            loss_of = partial(technique.loss, inner=loss_of)
        loss = self._checked(self._gradients(batches, loss_of), "loss")
        self._clip()
        rate = self.rate
        for group in self._optimizer.param_groups:
            group["lr"] = rate * group["scale"]
        self._optimizer.step()
        self.steps += 1
        for technique in self.techniques:
            technique.stepped(self.network, self.steps, self.total)
        self._optimizer.zero_grad()
        return loss

    def mode(self) -> None:
        """Training mode, but for what a technique keeps as it is."""
        self.model.train()
        for technique in self.techniques:
            technique.mode(self.network)

    def _gradients(self, batches: Sequence[Batch], loss_of: LossOf) -> float:
        for technique in self.techniques:
            loss = technique.gradients(self, batches, loss_of)
            if loss is not None:
                return loss
        counts = [samples_in(batch) for batch in batches]
        return sum(
            self.backward(batch, loss_of, count / sum(counts), batch is batches[-1])
            for batch, count in zip(batches, counts, strict=True)
        )

    def backward(self, batch: Batch, loss_of: LossOf, weight: float = 1.0, last: bool = True) -> float:
        """Add the gradients of `weight` times the batch's loss; that product. `last` joins them over devices."""
        joined = last or not self._several
        with nullcontext() if joined else self.accelerator.no_sync(self.model):
            loss = loss_of(self.model, self.placed(batch))
            if weight != 1.0:
                loss = loss * weight
            loss.backward()  # type: ignore[no-untyped-call]
        return float(loss.detach())

    def placed(self, batch: Batch) -> Batch:
        """The batch on the device."""
        place = self.accelerator.device
        if place.type == "cpu":
            return batch
        return {name: tensor.to(place, non_blocking=True) for name, tensor in batch.items()}

    def clear(self) -> None:
        """Forget half-made gradients."""
        self._optimizer.zero_grad()

    def _clip(self) -> None:
        limit = float(self._settings["gradient_clip"])
        if limit > 0:
            norm = nn.utils.clip_grad_norm_(self.model.parameters(), limit)
            self._checked(float(norm), "gradient")

    def _checked(self, value: float, what: str) -> float:
        if math.isfinite(value):
            return value
        rate = float(self._settings["learning_rate"])
        raise Diverged(f"the {what} became {value} at step {self.steps + 1} (learning rate {rate:g})")

    def weights(self) -> State:
        """A copy of the weights as they are now."""
        return standing(self.network.state_dict())

    def plain_weights(self) -> State:
        """The weights under the names of the recipe's own network: what a technique added is merged."""
        for technique in reversed(self.techniques):
            if (merged := technique.merged(self.network)) is not None:
                return merged
        return self.weights()

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
        states = [technique.state() for technique in self.techniques]
        groups |= {f"technique {place}": technique.tensors() for place, technique in enumerate(self.techniques)}
        return pack_state(groups, config, {"course": course.to_json(), "steps": self.steps, "techniques": states})

    def restore(self, saved: Saved) -> Course:
        """Go back to where the checkpoint was made."""
        groups, facts = saved.groups, saved.facts
        self.load(groups["model"])
        restore_optimizer(self._optimizer, groups.get("optimizer", {}))
        _restore_chance(groups["chance"])
        self.steps = int(facts["steps"])
        for technique, state in zip(self.techniques, facts.get("techniques", ()), strict=False):
            technique.restore(state)
        for place, technique in enumerate(self.techniques):
            technique.restore_tensors(groups.get(f"technique {place}", {}))
        return course_from_json(facts["course"], groups.get("best", {}))


def samples_in(batch: Batch) -> int:
    """How many samples a batch holds: the length of its tensors' first axis."""
    return len(next(iter(batch.values())))


def make_optimizer(
    network: nn.Module, settings: Settings, scale_of: Callable[[str], float] = lambda _: 1.0
) -> Optimizer:
    """AdamW or SGD over what is to be learnt. Weights decay; norms and biases (one axis) do not.

    Each group's "scale" multiplies the learning rate; `scale_of` gives it by the parameter's name.
    """
    decay = float(settings["weight_decay"])
    groups: dict[tuple[float, float], list[nn.Parameter]] = defaultdict(list)
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            groups[decay if parameter.ndim > 1 else 0.0, scale_of(name)].append(parameter)
    found: list[dict[str, Any]] = [
        {"params": some, "weight_decay": pull, "scale": scale} for (pull, scale), some in groups.items()
    ]
    rate = float(settings["learning_rate"])
    if settings["optimizer"] == "sgd":
        return SGD(found, lr=rate, momentum=0.9, nesterov=True, fused=True)
    return AdamW(found, lr=rate, fused=True)


def _rate_of(techniques: Sequence[Technique], name: str) -> float:
    return math.prod(technique.rate(name) for technique in techniques)


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
