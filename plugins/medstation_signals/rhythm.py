"""Numbers that describe the rhythm of an ECG: how regular its beats are, and what lies between them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from medstation_signals.qrs import bandpassed, find_beats

NAMES = (
    "heart rate", "spread of RR", "RMSSD", "pNN50", "median change of RR", "turning points", "entropy of RR",
    "entropy of changes", "distance in the Poincaré plot", "regularity", "clusters of RR", "shortest RR", "longest RR",
    "P wave", "P wave alike", "f waves", "beats alike", "noise", "share of usual RR", "length",
)  # fmt: skip
LEAST_BEATS = 5
_RATE = 150.0


@dataclass(frozen=True)
class Rhythm:
    """`features` (len(NAMES),) float32, and the beats in seconds."""

    features: np.ndarray
    beats: np.ndarray


def describe(values: np.ndarray, rate: float) -> Rhythm:
    """The rhythm of one run of an ECG, `values` (time,) in any unit."""
    plain = np.where(np.isfinite(values), values, np.nanmedian(values) if np.isfinite(values).any() else 0.0)
    count = int(len(plain) / rate * _RATE)
    ecg = np.interp(np.arange(count) / _RATE, np.arange(len(plain)) / rate, plain)
    peaks = find_beats(ecg, _RATE)
    seconds = peaks / _RATE
    if len(peaks) < LEAST_BEATS:
        return Rhythm(np.zeros(len(NAMES), np.float32), seconds)
    steady = bandpassed(ecg, _RATE, (0.5, 40.0))
    numbers = [*_intervals(np.diff(seconds)), *_waves(steady, peaks), len(seconds) / 60]
    return Rhythm(np.nan_to_num(np.array(numbers, np.float32), posinf=0, neginf=0), seconds)


def _intervals(rr: np.ndarray) -> list[float]:
    """What the intervals between beats (n,) in seconds tell."""
    usual = float(np.median(rr))
    kept = rr[(rr > 0.25) & (rr < 2.5)]
    kept = kept if len(kept) > 3 else rr
    change = np.diff(kept)
    relative = np.abs(change) / usual
    turns = (np.sign(change[1:]) != np.sign(change[:-1])).mean() if len(change) > 1 else 0.0
    beside = np.sqrt(np.diff(change) ** 2).mean() / usual if len(change) > 1 else 0.0
    near = np.abs(kept[:, None] - kept[None]) < 0.05 * usual
    return [
        60 / usual, float(kept.std() / usual), float(np.sqrt((change**2).mean()) / usual),
        float((np.abs(change) > 0.05).mean()), float(np.median(relative)), float(turns),
        _entropy(kept / usual, np.arange(0.4, 1.8, 0.06)), _entropy(change / usual, np.arange(-0.8, 0.8, 0.06)),
        float(beside), float((relative < 0.06).mean()), float(near.mean()),
        float(np.quantile(kept, 0.05) / usual), float(np.quantile(kept, 0.95) / usual),
    ]  # fmt: skip


def _entropy(values: np.ndarray, edges: np.ndarray) -> float:
    """Shannon entropy of a histogram, from 0 (all alike) to 1."""
    counts = np.histogram(np.clip(values, edges[0], edges[-1] - 1e-9), edges)[0]
    share = counts[counts > 0] / max(counts.sum(), 1)
    return float(-(share * np.log(share)).sum() / np.log(len(edges) - 1))


def _waves(ecg: np.ndarray, peaks: np.ndarray) -> list[float]:
    """What the signal around and between beats tells: P waves, f waves, noise."""
    before, after = int(0.30 * _RATE), int(0.45 * _RATE)
    inside = peaks[(peaks >= before) & (peaks + after < len(ecg))]
    if len(inside) < 3:
        return [0.0] * 6
    table = np.stack([ecg[peak - before : peak + after] for peak in inside])
    table = table - np.median(table, axis=1, keepdims=True)
    mean = np.median(table, axis=0)
    height = float(np.ptp(mean)) + 1e-9
    atrial = slice(int(0.05 * _RATE), int(0.22 * _RATE))
    wave = mean[atrial] - np.linspace(mean[atrial][0], mean[atrial][-1], len(mean[atrial]))
    rr = np.diff(peaks) / _RATE
    usual = np.abs(rr / np.median(rr) - 1) < 0.1
    return [
        float(np.max(wave) / height), _alike(table[:, atrial]), _fibrillation(ecg, inside, height), _alike(table),
        float(np.median(np.abs(np.diff(table, axis=1))) / height), float(usual.mean()),
    ]  # fmt: skip


def _alike(table: np.ndarray) -> float:
    """How well rows (n, time) agree with their median: mean correlation."""
    centred = table - table.mean(axis=1, keepdims=True)
    middle = np.median(centred, axis=0)
    lengths = np.linalg.norm(centred, axis=1) * np.linalg.norm(middle) + 1e-9
    return float(np.median(centred @ middle / lengths))


def _fibrillation(ecg: np.ndarray, peaks: np.ndarray, height: float) -> float:
    """Strength of waves of 4 to 9 Hz between T and the next P, against the height of a beat."""
    waves = bandpassed(ecg, _RATE, (4.0, 9.0))
    parts = []
    for begin, end in itertools.pairwise(peaks):
        first, last = begin + int(0.45 * (end - begin)), end - int(0.12 * _RATE)
        if last - first > 10:
            parts.append(float(np.sqrt((waves[first:last] ** 2).mean())))
    return float(np.median(parts) / height) if parts else 0.0
