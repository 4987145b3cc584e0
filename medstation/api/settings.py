"""Settings declared once: form, validation, command line and documentation all come from here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from medstation.api.errors import WrongUsage

SettingValue = int | float | bool | str
Kind = Literal["integer", "number", "switch", "choice", "text"]


@dataclass(frozen=True)
class Setting:
    """One setting of a recipe.

    `minimum` and `maximum` are inclusive and hold for "integer" and "number"; `choices` for "choice".
    `advanced` settings are folded away in forms; those of one `group` together, under its name.
    """

    name: str
    kind: Kind
    default: SettingValue
    title: str
    description: str = ""
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    advanced: bool = False
    group: str = ""

    def parse(self, value: object) -> SettingValue:
        """`value` (text of a command line, or typed) as this setting's type; `WrongUsage` if it does not fit."""
        parsed = _PARSERS[self.kind](self, value)
        if self.kind in ("integer", "number"):
            self._check_range(float(parsed))
        return parsed

    def _check_range(self, value: float) -> None:
        low = self.minimum if self.minimum is not None else float("-inf")
        high = self.maximum if self.maximum is not None else float("inf")
        if not low <= value <= high:
            raise WrongUsage(f"{self.name}={value:g} is out of range", f"Give a value from {low:g} to {high:g}.")

    def wrong(self, value: object, wanted: str) -> WrongUsage:
        return WrongUsage(f"{self.name}={value!r} is not {wanted}", self.description or f"Give {wanted}.")


def _integer(setting: Setting, value: object) -> SettingValue:
    number = _number(setting, value)
    if number != int(number):
        raise setting.wrong(value, "a whole number")
    return int(number)


def _number(setting: Setting, value: object) -> SettingValue:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise setting.wrong(value, "a number")
    try:
        number = float(value)
    except ValueError:
        raise setting.wrong(value, "a number") from None
    if number != number or number in (float("inf"), float("-inf")):
        raise setting.wrong(value, "a finite number")
    return number


def _switch(setting: Setting, value: object) -> SettingValue:
    known = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
    if isinstance(value, bool):
        return value
    if str(value).lower() in known:
        return known[str(value).lower()]
    raise setting.wrong(value, "on or off")


def _choice(setting: Setting, value: object) -> SettingValue:
    if value not in setting.choices:
        raise setting.wrong(value, "one of " + ", ".join(setting.choices))
    return str(value)


def _text(setting: Setting, value: object) -> SettingValue:
    return str(value)


_PARSERS = {"integer": _integer, "number": _number, "switch": _switch, "choice": _choice, "text": _text}


def resolve(settings: Iterable[Setting], given: Mapping[str, object]) -> dict[str, SettingValue]:
    """Every setting's value: the given one, checked, or its default. `WrongUsage` names an unknown setting."""
    known = {setting.name: setting for setting in settings}
    for name in given:
        if name not in known:
            raise WrongUsage(f"there is no setting {name!r}", "Settings: " + ", ".join(known) + ".")
    return {name: setting.parse(given.get(name, setting.default)) for name, setting in known.items()}
