"""Prefix tuning: learnt places that every attention layer sees before the text. They stay in the model."""

from __future__ import annotations

from torch import nn

from medstation.api import BadInput, Json
from medstation.learning.anatomy import anatomy, example_loss, learnt_whole
from medstation.learning.prefix import Prefix, add_prefixes, attention_in
from medstation.learning.recipe import Settings
from medstation.learning.technique import Stage, Technique
from medstation.learning.trained import only, rest_frozen_norms, share, starts_from_base


class Prefixes(Technique):
    """`rank` places (Li and Liang 2021), without the network that the paper computes them by. A base's own go on."""

    def __init__(self, settings: Settings) -> None:
        self._length, self._faster = int(settings["rank"]), float(settings["adapter_rate"])
        self._lasting: Json = {}

    def begin(self, network: nn.Module, stage: Stage) -> nn.Module:
        starts_from_base(stage, "prefix")
        whole = learnt_whole(network, anatomy(network, stage), stage)
        if not _inside(network):
            self._add(network, stage)
        self._own = _inside(network)
        only(network, whole | self._own)
        stage.notes.append(f"{self._length} places before every text, which stay in the model. {share(network)}")
        return network

    def _add(self, network: nn.Module, stage: Stage) -> None:
        training = network.training
        network.eval()
        attending = attention_in(network, lambda: example_loss(network, stage))
        network.train(training)
        if not attending:
            raise BadInput(
                "trained=prefix needs attention layers of a known form, and this network has none",
                "Set trained=lora, bottleneck, last or all.",
            )
        self._lasting = {
            "prefix": {"length": self._length, "at": {name: list(form) for name, form in attending.items()}}
        }
        add_prefixes(network, self._lasting["prefix"])

    def lasting(self) -> Json:
        return self._lasting

    def rate(self, name: str) -> float:
        return self._faster if name in self._own else 1.0

    def mode(self, network: nn.Module) -> None:
        rest_frozen_norms(network)


def _inside(network: nn.Module) -> set[str]:
    found = [name for name, module in network.named_modules() if isinstance(module, Prefix)]
    return {f"{name}.{own}" for name in found for own in ("keys", "values")}
