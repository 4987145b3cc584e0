"""A search for settings by Optuna: which to try next, and whether a trial is worth going on with.

Optuna's study lives in memory only. What was tried is kept by the caller, trial by trial, and put back into a new study
when a search goes on; so nothing of it is ever half written. Sampler: TPE (Bergstra et al. 2011); pruner: the median of
the earlier trials at the same epoch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, Trial, TrialState

from medstation.api import Json
from medstation.learning.space import Choice, Space, Span

AT_RANDOM = 5
"""Trials before the sampler follows what it learnt, and before one may be ended early."""

WARM_UP = 2
"""Epochs in which no trial is ended."""

_STATES = {"done": TrialState.COMPLETE, "pruned": TrialState.PRUNED, "failed": TrialState.FAIL}


class Study:
    """`before`: the trials made so far, as `Attempt.to_json` gave them."""

    def __init__(self, space: Space, higher_is_better: bool, seed: int, before: Sequence[Json] = ()) -> None:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._distributions = {one.setting: _distribution(one) for one in space}
        sampler = optuna.samplers.TPESampler(n_startup_trials=AT_RANDOM, seed=seed + len(before))
        pruner = optuna.pruners.MedianPruner(n_startup_trials=AT_RANDOM, n_warmup_steps=WARM_UP)
        directions = optuna.study.StudyDirection
        direction = directions.MAXIMIZE if higher_is_better else directions.MINIMIZE
        self._study = optuna.create_study(direction=direction, sampler=sampler, pruner=pruner)
        for one in before:
            self._study.add_trial(self._frozen(one))

    def next(self) -> Attempt:
        """What to try next."""
        return Attempt(self._study, self._study.ask(self._distributions))

    def _frozen(self, one: Json) -> FrozenTrial:
        state = _STATES[one["state"]]
        return optuna.trial.create_trial(
            params=one["settings"],
            distributions=self._distributions,
            value=one["value"] if state is TrialState.COMPLETE else None,
            intermediate_values={int(epoch): value for epoch, value in one["curve"]},
            state=state,
        )


class Attempt:
    """One trial: `settings` to fine-tune with; the values of its epochs are told as they come."""

    def __init__(self, study: optuna.Study, trial: Trial) -> None:
        self._study = study
        self._trial = trial
        self.settings: Json = dict(trial.params)
        self._curve: list[tuple[int, float]] = []

    def told(self, epoch: int, value: float) -> bool:
        """The deciding metric after an epoch; True when the trial is not worth going on with."""
        self._curve.append((epoch, value))
        self._trial.report(value, epoch)
        return bool(self._trial.should_prune())

    def done(self) -> Json:
        """The trial counts with its best epoch, as a run would keep it; without any value it failed."""
        if not self._curve:
            return self.failed("it told no value of the validation cases")
        values = [value for _, value in self._curve]
        best = max(values) if self._study.direction is optuna.study.StudyDirection.MAXIMIZE else min(values)
        self._study.tell(self._trial, best)
        return self._told("done", best)

    def pruned(self) -> Json:
        self._study.tell(self._trial, state=TrialState.PRUNED)
        return self._told("pruned", self._curve[-1][1] if self._curve else None)

    def failed(self, why: str) -> Json:
        self._study.tell(self._trial, state=TrialState.FAIL)
        return {**self._told("failed", None), "why": why}

    def _told(self, state: str, value: float | None) -> Json:
        return {"state": state, "settings": self.settings, "value": value, "curve": self._curve}


def _distribution(one: Choice | Span) -> BaseDistribution:
    if isinstance(one, Choice):
        return CategoricalDistribution(list[Any](one.values))
    if one.whole:
        return IntDistribution(int(one.low), int(one.high), log=one.by_factors)
    return FloatDistribution(one.low, one.high, log=one.by_factors)


def best_of(trials: Sequence[Json], higher_is_better: bool) -> Json | None:
    """The finished trial with the best value; None when none finished."""
    finished = [one for one in trials if one["state"] == "done"]
    sign = 1 if higher_is_better else -1
    return max(finished, key=lambda one: sign * one["value"]) if finished else None
