"""Recordings made by code: glucose of persons who eat, sleep and differ, and ECGs with early beats."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

PERSONS, DAYS, STEP_MIN = 10, 5, 5
MEALS = ((7.5, 45.0), (12.5, 65.0), (19.0, 75.0))
"""Hours of the day and grams of carbohydrates of usual meals."""
BEGIN = datetime(2026, 3, 2)
ECG_RATE, ECG_SECONDS, ECG_PERSONS = 250, 120, 2
WAVES = ((0.12, -0.17, 0.022), (-0.10, -0.03, 0.008), (1.10, 0.0, 0.011), (-0.24, 0.03, 0.010), (0.28, 0.26, 0.045))
"""P, Q, R, S, T of a normal beat: mV, seconds from R, width in seconds."""
WIDE = ((-0.35, -0.08, 0.03), (1.45, 0.0, 0.035), (-0.55, 0.30, 0.06))
"""A ventricular beat: broad, without P."""


def write(out: Path, seed: int) -> dict[str, list[str]]:
    """Files in `out`: {"import": [paths], "labels": []}; beats come as annotations beside the ECGs."""
    out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    paths = [_write_glucose(out, number, rng) for number in range(1, PERSONS + 1)]
    for number in range(1, ECG_PERSONS + 1):
        paths += _write_ecg(out, number, rng)
    return {"import": [str(path) for path in paths], "labels": []}


def glucose(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(minutes, mg/dL) of one person over some days: meals raise it, insulin brings it back, sensors drift."""
    minutes = np.arange(0, DAYS * 1440, STEP_MIN, dtype=float)
    level = rng.uniform(95, 130)
    strength, speed = rng.uniform(0.7, 1.6), rng.uniform(35, 60)
    values = np.full(len(minutes), level) + 8 * np.sin(2 * np.pi * (minutes / 1440 - rng.uniform(0.1, 0.3)))
    for day in range(DAYS):
        for hour, grams in MEALS:
            begin = (day * 24 + hour + rng.normal(0, 0.5)) * 60
            since = np.clip(minutes - begin, 0, None) / speed
            values += grams * strength * rng.uniform(0.6, 1.4) * since**2 * np.exp(2 * (1 - since)) / 1.1
    drift = np.convolve(rng.normal(0, 1.0, len(minutes) + 60), np.exp(-np.arange(60) / 12), "same")[: len(minutes)]
    return minutes, np.clip(np.rint(values + 2.0 * drift), 45, 380)


def _write_glucose(out: Path, number: int, rng: np.random.Generator) -> Path:
    """A table as sensors export it; one gap, as when a sensor is changed."""
    minutes, values = glucose(rng)
    gap = rng.integers(len(minutes) // 3, 2 * len(minutes) // 3)
    keep = np.ones(len(minutes), bool)
    keep[gap : gap + int(rng.integers(10, 30))] = False
    lines = ["Timestamp,Glucose (mg/dL)"]
    for minute, value in zip(minutes[keep].tolist(), values[keep].tolist(), strict=True):
        lines.append(f"{(BEGIN + timedelta(minutes=minute)).isoformat()},{value:.0f}")
    path = out / f"DEMO-G{number:02d}.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def ecg(rng: np.random.Generator) -> tuple[np.ndarray, list[tuple[int, str]]]:
    """(mV (time, 2), [(sample, symbol)]): a breathing rhythm with early and ventricular beats."""
    count = ECG_RATE * ECG_SECONDS
    signal = np.zeros((count, 2))
    beats: list[tuple[int, str]] = []
    usual, at = rng.uniform(0.75, 0.95), 0.5
    axes = np.array([1.0, rng.uniform(0.5, 0.8)])
    while at < ECG_SECONDS - 0.6:
        draw = rng.random()
        kind = "V" if draw < 0.05 else "A" if draw < 0.12 else "N"
        early = rng.uniform(0.62, 0.74) if kind != "N" else 1.0
        at += usual * (early + 0.04 * np.sin(2 * np.pi * 0.22 * at) + rng.normal(0, 0.012))
        times = np.arange(max(0, int((at - 0.4) * ECG_RATE)), min(count, int((at + 0.6) * ECG_RATE)))
        shape = sum(
            h * np.exp(-((times / ECG_RATE - at - m) ** 2) / 2 / s**2) for h, m, s in (WIDE if kind == "V" else WAVES)
        )
        signal[times] += np.asarray(shape)[:, None] * axes
        beats.append((int(at * ECG_RATE), kind))
        at += usual * 0.35 if kind == "V" else 0.0
    wander = 0.05 * np.sin(2 * np.pi * 0.25 * np.arange(count) / ECG_RATE)
    return signal + wander[:, None] + rng.normal(0, 0.015, signal.shape), [one for one in beats if one[0] < count]


def _write_ecg(out: Path, number: int, rng: np.random.Generator) -> list[Path]:
    """A WFDB record: header, 16-bit signals, beat annotations."""
    signal, beats = ecg(rng)
    name = f"DEMO-E{number:02d}"
    stored = np.rint(signal * 200).astype("<i2")
    header = [f"{name} 2 {ECG_RATE} {len(stored)} 08:00:00 {BEGIN:%d/%m/%Y}"]
    header += [f"{name}.dat 16 200/mV 16 0 0 0 0 {lead}" for lead in ("II", "V5")]
    paths = [out / f"{name}{suffix}" for suffix in (".hea", ".dat", ".atr")]
    paths[0].write_text("\n".join(header) + "\n", "ascii")
    paths[1].write_bytes(stored.tobytes())
    paths[2].write_bytes(encoded(beats))
    return paths


def encoded(beats: list[tuple[int, str]]) -> bytes:
    """Beats in the MIT annotation format: six bits of code, ten of samples since the last."""
    codes, made, last = {"N": 1, "V": 5, "A": 8}, bytearray(), 0
    for sample, symbol in beats:
        made += (codes[symbol] << 10 | sample - last).to_bytes(2, "little")
        last = sample
    return bytes(made + b"\0\0")
