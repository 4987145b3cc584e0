"""Finding heart beats in an ECG: band-pass, slope energy, a threshold that follows the signal."""

from __future__ import annotations

import numpy as np
from scipy import ndimage, signal

from medstation_signals.recording import Channel, Recording

BAND = (5.0, 18.0)
REFRACTORY, SEARCH = 0.24, 0.09
"""Seconds: no second beat within the first, the peak is looked for within the second."""
LEAST_RATE = 60.0
_WINDOW, _LOCAL = 0.12, 3.0
_SHARE = 0.30


def ecg_channel(recording: Recording) -> Channel | None:
    """The channel to look for beats in: the first of an ECG, else the first that is sampled quickly enough."""
    quick = [one for one in recording.channels if one.rate >= LEAST_RATE]
    return next((one for one in quick if one.quantity == "ecg"), quick[0] if quick else None)


def beats_of(channel: Channel) -> np.ndarray:
    """Seconds of the beats of all runs, rising."""
    found = [
        run.start + find_beats(channel.physical(run.first, run.count), channel.rate) / channel.rate
        for run in channel.runs
    ]
    return np.concatenate(found) if found else np.zeros(0)


def find_beats(values: np.ndarray, rate: float) -> np.ndarray:
    """Sample numbers of the R peaks in `values` (time,); NaN stretches hold none."""
    if len(values) < rate:
        return np.zeros(0, int)
    known = np.isfinite(values)
    if not known.any():
        return np.zeros(0, int)
    plain = np.where(known, values, np.median(values[known])).astype(np.float64)
    filtered = bandpassed(plain, rate, BAND)
    energy = ndimage.uniform_filter1d(np.gradient(filtered) ** 2, max(1, int(_WINDOW * rate)))
    peaks, _ = signal.find_peaks(energy, distance=max(1, int(REFRACTORY * rate)))
    if not len(peaks):
        return np.zeros(0, int)
    peaks = peaks[energy[peaks] > _SHARE * _level(energy, peaks, rate)]
    return np.unique([_summit(filtered, peak, int(SEARCH * rate)) for peak in peaks if known[peak]]).astype(int)


def bandpassed(values: np.ndarray, rate: float, band: tuple[float, float]) -> np.ndarray:
    """`values` without what is slower or faster than `band` (Hz), not shifted in time."""
    high = min(band[1], 0.45 * rate)
    sections = signal.butter(2, (band[0], high), "bandpass", fs=rate, output="sos")
    return np.asarray(signal.sosfiltfilt(sections, values, padlen=min(len(values) - 1, int(rate))))


def _level(energy: np.ndarray, peaks: np.ndarray, rate: float) -> np.ndarray:
    """The usual energy of beats around each peak: the upper quarter of peaks within some seconds, never near zero."""
    heights = energy[peaks]
    levels = np.empty(len(peaks))
    first, last = (np.searchsorted(peaks, peaks + side * _LOCAL * rate) for side in (-1, 1))
    for number, (begin, end) in enumerate(zip(first.tolist(), last.tolist(), strict=True)):
        near = np.sort(heights[begin:end])
        levels[number] = near[int(0.75 * (len(near) - 1))]
    return np.asarray(np.clip(levels, 0.15 * np.median(levels), 3.0 * np.median(levels)))


def _summit(filtered: np.ndarray, peak: int, reach: int) -> int:
    """Where the filtered signal is farthest from zero near a peak of energy."""
    begin = max(0, peak - reach)
    part = np.abs(filtered[begin : peak + reach + 1])
    return begin + int(np.argmax(part))


def matched(found: np.ndarray, truth: np.ndarray, within: float = 0.15) -> tuple[np.ndarray, np.ndarray]:
    """Pairs (index of found, index of truth) at most `within` seconds apart, each used once, in order of time."""
    pairs: list[tuple[int, int]] = []
    i = j = 0
    while i < len(found) and j < len(truth):
        apart = found[i] - truth[j]
        if abs(apart) <= within:
            better = j + 1 < len(truth) and abs(found[i] - truth[j + 1]) < abs(apart)
            if not better:
                pairs.append((i, j))
                i += 1
            j += 1
        elif apart < 0:
            i += 1
        else:
            j += 1
    table = np.array(pairs, int).reshape(-1, 2)
    return table[:, 0], table[:, 1]
