"""How well beats were found and named: matched within 150 ms, counted by class."""

from __future__ import annotations

import numpy as np

from medstation.api import FileSource, Metrics, Record
from medstation_signals import events
from medstation_signals.events import CLASSES, beat_class
from medstation_signals.qrs import matched


def counted(
    found: np.ndarray, found_classes: np.ndarray, truth: np.ndarray, true_classes: np.ndarray
) -> dict[str, float]:
    """Columns of one recording: times in seconds, classes as indices of `CLASSES`."""
    left, right = matched(found, truth)
    same = found_classes[left] == true_classes[right]
    made = {"tp_beats": float(len(left)), "true_beats": float(len(truth)), "found_beats": float(len(found))}
    abnormal = [0.0, 0.0]
    for number, name in enumerate(CLASSES):
        hits = float((same & (true_classes[right] == number)).sum())
        true, said = float((true_classes == number).sum()), float((found_classes == number).sum())
        made |= {f"tp_{name}": hits, f"true_{name}": true, f"found_{name}": said}
        if name != "N":
            abnormal = [abnormal[0] + 2 * hits, abnormal[1] + true + said]
    return {**made, "twice_abnormal": abnormal[0], "marked_abnormal": abnormal[1]}


def labelled_beats(payload: bytes) -> tuple[np.ndarray, np.ndarray]:
    """(seconds, class indices) of the beats among a label's events."""
    named = [(one.start, beat_class(one.type)) for one in events.decode(payload) if one.end is None]
    beats = [(at, CLASSES.index(name)) for at, name in named if name]
    table = np.array(beats, np.float64).reshape(-1, 2)
    return table[:, 0], table[:, 1].astype(int)


def score(record: Record, files: FileSource, prediction: bytes, label: bytes) -> Metrics:
    """A recording's columns from predicted and labelled events."""
    return counted(*labelled_beats(prediction), *labelled_beats(label))


def table(columns: list[dict[str, float]]) -> dict[str, dict[str, float | int | None]]:
    """Sensitivity and precision of each class over recordings, for the report."""
    total = {name: sum(one[name] for one in columns) for name in (columns[0] if columns else ())}
    made: dict[str, dict[str, float | int | None]] = {}
    for name in (*CLASSES, "beats"):
        hits, true, said = (total.get(f"{what}_{name}", 0.0) for what in ("tp", "true", "found"))
        if true or said:
            made[name] = {
                "beats": int(true),
                "sensitivity": round(hits / true, 4) if true else None,
                "precision": round(hits / said, 4) if said else None,
            }
    return made
