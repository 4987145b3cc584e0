"""The techniques, one file each; a run has those that its settings ask for, in the order of this table."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from medstation.api import resolve_ref
from medstation.learning.recipe import Settings

if TYPE_CHECKING:
    from medstation.learning.technique import Technique

Asked = Callable[[Settings], bool]

_MERGED = ("lora", "rslora", "dora", "ia3")

_TABLE: tuple[tuple[Asked, str], ...] = (
    (lambda given: given.get("loss") == "focal", "losses:FocalLoss"),
    (lambda given: given.get("loss") == "quantile", "losses:QuantileLoss"),
    (lambda given: float(given.get("layer_decay", 1)) < 1, "rates:LayerRates"),
    (lambda given: float(given.get("dropout_rate", -1)) >= 0, "dropout:DropoutRate"),
    (lambda given: given["head_start"] == "prototypes", "prototypes:Prototypes"),
    (lambda given: float(given["ewc"]) > 0, "ewc:Ewc"),  # before adapters: it knows weights by their names
    (lambda given: given.get("trained") in ("head", "last"), "parts:LastLayers"),
    (lambda given: given.get("trained") == "gradual", "parts:Gradual"),
    (lambda given: given.get("trained") in _MERGED, "adapters:Adapters"),
    (lambda given: given.get("trained") == "adalora", "adalora:AdaLora"),
    (lambda given: given.get("trained") == "bottleneck", "bottleneck:Bottlenecks"),
    (lambda given: given.get("trained") == "prefix", "prefix:Prefixes"),
    (lambda given: float(given["pseudo_labels"]) > 0, "pseudo:PseudoLabels"),
    (lambda given: float(given["rehearsal"]) > 0, "rehearsal:Rehearsal"),
    (lambda given: bool(given["teacher"]), "teacher:Teacher"),
    (lambda given: bool(given["keep_zeros"]), "zeros:KeepZeros"),
    (lambda given: given["adversarial"] != "none", "adversarial:AdversarialTraining"),
    (lambda given: float(given["epsilon"]) > 0, "private:PrivateSteps"),  # last: its steps are drawn from all cases
)


def chosen(settings: Settings) -> tuple[Technique, ...]:
    """The techniques of a run, made anew for it."""
    return tuple(
        resolve_ref(f"medstation.learning.techniques.{ref}")(settings) for asked, ref in _TABLE if asked(settings)
    )
