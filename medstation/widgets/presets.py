"""Window presets of the field, on the number row. No Qt here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from medstation.widgets.colourmap import Window


@dataclass(frozen=True)
class Preset:
    """A named window."""

    name: str
    window: Window


def _preset(name: str, centre: float, width: float) -> Preset:
    return Preset(name, Window(centre, width))


# Centre and width in HU as radiology departments commonly use them.
CT = (
    _preset("Soft tissue", 40, 400),
    _preset("Lung", -600, 1500),
    _preset("Bone", 300, 2000),
    _preset("Brain", 40, 80),
    _preset("Mediastinum", 50, 350),
    _preset("Liver", 60, 160),
    _preset("Angiography", 300, 600),
)
PET = (_preset("SUV 0–5", 2.5, 5), _preset("SUV 0–7", 3.5, 7), _preset("SUV 0–10", 5, 10), _preset("SUV 0–15", 7.5, 15))


def presets_for(unit: str, own: Iterable[object] = (), first: Window | None = None) -> tuple[Preset, ...]:
    """Presets for keys 1..9: those of the field for the unit of the values, then `own` ones of other name and window.

    `first` is the window that key 0 gives already.
    """
    field = CT if unit == "HU" else PET if unit.upper().startswith("SUV") else ()
    found = list(field)
    for entry in own:
        preset = read_preset(entry, len(found) + 1)
        known = {(one.name, one.window) for one in found} | {("", first)}
        if preset and all(preset.name != name and preset.window != window for name, window in known):
            found.append(preset)
    return tuple(found[:9])


def read_preset(entry: object, number: int) -> Preset | None:
    """A preset as {"name", "centre", "width"}, [centre, width] or [name, centre, width]; None for anything else."""
    if isinstance(entry, Mapping):
        entry = [entry.get("name") or "", entry.get("centre"), entry.get("width")]
    if not isinstance(entry, list | tuple) or len(entry) not in (2, 3):
        return None
    name, (centre, width) = (str(entry[0]) if len(entry) == 3 else ""), entry[-2:]
    if not isinstance(centre, int | float) or not isinstance(width, int | float) or not width > 0:
        return None
    return _preset(name or str(number), centre, width)
