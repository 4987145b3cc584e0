"""What a run has told so far, as plain values: its curves, its facts and its log. Drawn by the run page."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from PySide6.QtCore import QCoreApplication

from medstation.api import Json
from medstation.shell.wording import number

NOT_LOGGED = {"learning_rate"}
translate = QCoreApplication.translate


@dataclass
class RunStory:
    """Folds the events of a run, live or from the library; events of an epoch that was redone replace the old ones.

    `tested` holds the mean of each metric over the test set, for "before" and "after".
    """

    epochs: int = 0
    facts: Json = field(default_factory=dict)
    curves: dict[str, dict[float, float]] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    tested: dict[str, dict[str, float]] = field(default_factory=dict)

    @classmethod
    def of(cls, events: Iterable[Json]) -> RunStory:
        story = cls()
        for event in events:
            story.take(event)
        return story

    def take(self, event: Json) -> None:
        """Add one event, in the form of `medstation.api.encoding.event_to_json`; unknown events are left out."""
        teller = getattr(self, f"_take_{event.get('event', '')}", None)
        if teller:
            teller(event)

    def points(self, name: str) -> tuple[tuple[float, float], ...]:
        """A curve as (epoch, value) in order of epochs."""
        return tuple(sorted(self.curves.get(name, {}).items()))

    @property
    def epoch(self) -> float:
        """The last epoch anything was measured at."""
        return max((max(curve) for curve in self.curves.values() if curve), default=0.0)

    def _take_started(self, event: Json) -> None:
        self.epochs = int(event["epochs"])
        self.facts = dict(event.get("facts", {}))

    def _take_metric(self, event: Json) -> None:
        epoch = float(event["epoch"])
        for name, value in event["values"].items():
            self.curves.setdefault(name, {})[epoch] = float(value)
        if epoch == int(epoch):
            names = sorted(event["values"].keys() - NOT_LOGGED, key=lambda name: (not name.startswith("loss/"), name))
            values = " · ".join(f"{name} {number(event['values'][name])}" for name in names)
            self.log.append(translate("run", "epoch {0}/{1} · {2}").format(int(epoch), self.epochs, values))

    def _take_evaluation(self, event: Json) -> None:
        which = translate("run", "before") if event["model"] == "before" else translate("run", "after")
        self.tested[event["model"]] = _means(event["cases"].values())
        self.log.append(translate("run", "measured on the test set, {0}: {1} cases").format(which, len(event["cases"])))

    def _take_checkpoint(self, event: Json) -> None:
        saved = translate("run", "checkpoint saved")
        if self.log:
            self.log[-1] += f" · {saved}"

    def _take_series(self, event: Json) -> None:
        self.log.append(translate("run", "{0}: {1} cases measured").format(event["title"], len(event["cases"])))

    def _take_finished(self, event: Json) -> None:
        ends = {
            "completed": translate("run", "all epochs done"),
            "early": translate("run", "stopped early, no longer getting better"),
            "user": translate("run", "stopped by the user"),
        }
        why = ends.get(event["stopped"], str(event["stopped"]))
        self.log.append(
            translate("run", "{0} · best epoch {1} of {2}").format(why, event["best_epoch"], event["epochs"])
        )


def _means(cases: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """The mean of every metric over the cases that have it; NaN cases are left out."""
    values: dict[str, list[float]] = {}
    for metrics in cases:
        for name, value in metrics.items():
            if value is not None and math.isfinite(value):
                values.setdefault(name, []).append(value)
    return {name: sum(found) / len(found) for name, found in values.items()}
