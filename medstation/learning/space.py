"""What a search varies: for each setting the values to choose from. Light: no torch, no Optuna."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from medstation.api import Json, Setting, SettingValue, WrongUsage

_LOGARITHMIC = ("learning_rate", "weight_decay")
"""Varied by factors: what counts is whether they are ten times larger, not by how much."""


@dataclass(frozen=True)
class Choice:
    """One of these values."""

    setting: str
    values: tuple[SettingValue, ...]


@dataclass(frozen=True)
class Span:
    """A number from `low` to `high`; whole where `whole`, by factors where `by_factors`."""

    setting: str
    low: float
    high: float
    whole: bool = False
    by_factors: bool = False


Space = tuple[Choice | Span, ...]


def usual(settings: Iterable[Setting], fixed: Collection[str]) -> Space:
    """What is varied when nothing is said: learning rate (by a factor of 10 both ways), weight decay, schedule."""
    named = {setting.name: setting for setting in settings if setting.name not in fixed}
    found: list[Choice | Span] = []
    if rate := named.get("learning_rate"):
        middle = float(rate.default)
        found.append(Span("learning_rate", _at_least(rate, middle / 10), _at_most(rate, middle * 10), by_factors=True))
    if "weight_decay" in named:
        found.append(Span("weight_decay", 1e-4, 0.3, by_factors=True))
    if schedule := named.get("schedule"):
        found.append(Choice("schedule", tuple(schedule.choices)))
    if dropout := named.get("dropout"):
        found.append(Span("dropout", _at_least(dropout, 0.0), _at_most(dropout, 0.5)))
    return tuple(found)


def told(settings: Sequence[Setting], texts: Iterable[str]) -> Space:
    """The space of `NAME=LOW..HIGH` and `NAME=A|B|C`, each value checked; `WrongUsage` says what does not fit."""
    named = {setting.name: setting for setting in settings}
    return tuple(_one(named, text) for text in texts)


def _one(named: Mapping[str, Setting], text: str) -> Choice | Span:
    name, _, values = text.partition("=")
    if name not in named or not values:
        raise WrongUsage(f"{text!r} is not a setting with what to try", "For instance learning_rate=1e-4..1e-2.")
    setting = named[name]
    if match := re.fullmatch(r"(.+?)\.\.(.+)", values):
        low, high = (setting.parse(part) for part in match.groups())
        if setting.kind not in ("integer", "number") or not float(low) < float(high):
            raise WrongUsage(f"{text!r} is not a range from low to high", "Name values instead: NAME=A|B|C.")
        by_factors = name in _LOGARITHMIC and float(low) > 0
        return Span(name, float(low), float(high), setting.kind == "integer", by_factors)
    return Choice(name, tuple(setting.parse(part) for part in values.split("|")))


def to_json(space: Space) -> list[Json]:
    return [_line(one) for one in space]


def _line(one: Choice | Span) -> Json:
    if isinstance(one, Choice):
        return {"setting": one.setting, "values": list(one.values)}
    return {"setting": one.setting, "low": one.low, "high": one.high, "whole": one.whole, "by_factors": one.by_factors}


def from_json(lines: Iterable[Json]) -> Space:
    return tuple(Choice(line["setting"], tuple(line["values"])) if "values" in line else Span(**line) for line in lines)


def _at_least(setting: Setting, value: float) -> float:
    return value if setting.minimum is None else max(value, float(setting.minimum))


def _at_most(setting: Setting, value: float) -> float:
    return value if setting.maximum is None else min(value, float(setting.maximum))
