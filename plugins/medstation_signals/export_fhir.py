"""Recordings, events, classes and forecasts as FHIR R4 Observations, in one bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from medstation.api import BadInput, ExportItem, FileSource, Json, must_be_new, write_new
from medstation_signals import classes, events, forecast_payload
from medstation_signals.events import CLASS_TITLES
from medstation_signals.export_csv import clock
from medstation_signals.export_files import payload_of
from medstation_signals.reading import load
from medstation_signals.recording import Channel
from medstation_signals.series import natural_step, on_grid

MOST_SAMPLES = 1_000_000
UCUM = "http://unitsofmeasure.org"
LOINC = "http://loinc.org"
_CODES = {
    ("glucose", "mg/dL"): ("99504-3", "Glucose [Mass/volume] in Interstitial fluid"),
    ("ecg", ""): ("11524-6", "EKG study"),
}


def write_fhir(item: ExportItem, files: FileSource, out: Path) -> list[Path]:
    """A collection bundle as JSON, checked against the resource definitions."""
    from fhir.resources.R4B.bundle import Bundle

    must_be_new(out)
    found = _observations(item, files)
    entries = [{"resource": one} for one in found]
    bundle = Bundle.model_validate({"resourceType": "Bundle", "type": "collection", "entry": entries})
    return write_new(out, bundle.model_dump_json(indent=1).encode())


def _observations(item: ExportItem, files: FileSource) -> list[Json]:
    if item.payload is None:
        return [_signal(item, one) for one in load(item.record, files).channels if len(one.values)]
    if item.kind == "events":
        return [_events(item)]
    if item.kind == "class":
        return [_class(item)]
    if item.kind == forecast_payload.KIND:
        return [_forecast(item)]
    raise BadInput(f"{item.kind} has no place in FHIR here", "Choose another format.")


def _about(item: ExportItem, text: str, quantity: str = "", unit: str = "") -> Json:
    code = _CODES.get((quantity, unit)) or _CODES.get((quantity, ""))
    coding = [{"system": LOINC, "code": code[0], "display": code[1]}] if code else []
    made: Json = {
        "resourceType": "Observation",
        "status": "preliminary" if item.model else "final",
        "code": {"text": text, **({"coding": coding} if coding else {})},
        "subject": {"identifier": {"value": item.record.person.key}},
    }
    if item.model:
        made["note"] = [{"text": f"Made by the model {item.by}; not for clinical use."}]
        made["device"] = {"display": item.by}
    elif item.author:
        made["performer"] = [{"display": item.author}]
    return made


def _when(item: ExportItem, begin: float, end: float) -> Json:
    start = str(item.record.meta.get("start") or "")
    if not start:
        return {}
    return {"effectivePeriod": {"start": clock(start, begin) + "Z", "end": clock(start, end) + "Z"}}


def _signal(item: ExportItem, channel: Channel) -> Json:
    """One channel on even steps; E marks what is missing."""
    step = natural_step(channel)
    times, values = channel.seconds(), channel.physical().astype(np.float64)
    known = np.isfinite(values)
    if (times[-1] - times[0]) / step > MOST_SAMPLES:
        raise BadInput(f"{channel.name} has more than {MOST_SAMPLES} values", "Export the recording as EDF+.")
    grid, made = on_grid(times[known], values[known], step, step)
    return {
        **_about(item, channel.name, channel.quantity, channel.unit),
        **_when(item, float(grid[0]), float(grid[-1])),
        "valueSampledData": _sampled(made, step, channel.unit),
    }


def _sampled(values: np.ndarray, step: float, unit: str) -> Json:
    origin: Json = {"value": 0}
    if unit:
        origin |= {"unit": unit, "system": UCUM, "code": unit}
    data = " ".join("E" if np.isnan(one) else f"{one:.6g}" for one in values.tolist())
    return {"origin": origin, "period": step * 1000, "dimensions": 1, "data": data}


def _forecast(item: ExportItem) -> Json:
    forecast = forecast_payload.decode(payload_of(item))
    step = float(forecast.times[1] - forecast.times[0]) if len(forecast.times) > 1 else 1.0
    parts: list[Any] = []
    for level, edges in sorted(forecast.bands.items()):
        for name, edge in zip(("lower", "upper"), edges, strict=True):
            parts.append(
                {"code": {"text": f"{name} edge of the {level} % band"},
                 "valueSampledData": _sampled(edge, step, forecast.unit)}
            )  # fmt: skip
    quantity = "glucose" if forecast.unit in ("mg/dL", "mmol/L") else ""
    return {
        **_about(item, f"Forecast of {forecast.channel}", quantity, forecast.unit),
        **_when(item, float(forecast.times[0]), float(forecast.times[-1])),
        "valueSampledData": _sampled(forecast.median, step, forecast.unit),
        "component": parts,
    }


def _events(item: ExportItem) -> Json:
    counts = events.summary_of(events.decode(payload_of(item)))["types"]
    parts = [{"code": {"text": CLASS_TITLES.get(name, name)}, "valueInteger": count} for name, count in counts.items()]
    made = {**_about(item, "Events of the recording", "ecg" if item.record.kind == "ecg" else "")}
    made |= _when(item, 0.0, float(item.record.meta.get("duration_s") or 0))
    return {**made, "component": parts} if parts else {**made, "valueInteger": 0}


def _class(item: ExportItem) -> Json:
    name, chances = classes.decode(payload_of(item))
    parts = [
        {"code": {"text": f"Probability of {one}"}, "valueQuantity": {"value": round(chance, 4), "unit": "1"}}
        for one, chance in chances.items()
    ]
    made = _about(item, "Class of the recording", "ecg" if item.record.kind == "ecg" else "")
    made |= _when(item, 0.0, float(item.record.meta.get("duration_s") or 0))
    return {**made, "valueCodeableConcept": {"text": name}, **({"component": parts} if parts else {})}
