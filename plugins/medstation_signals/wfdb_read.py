"""Reading the signals of a WFDB record from its files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from medstation.api import BadInput, FileSource, Json, ReportProgress
from medstation_signals.recording import Channel, Recording, Run, quantity_of
from medstation_signals.units import tidy
from medstation_signals.wfdb_formats import FORMATS, decode
from medstation_signals.wfdb_record import channels_of, files_of, frames_of, parts_of, signal_name


def load_wfdb(
    files: FileSource, report: ReportProgress, wanted: Sequence[int] | None = None, until: float = float("inf")
) -> Recording:
    """All channels, or those numbered in `wanted` (as in the record's meta); of the first `until` seconds."""
    facts = [files.facts(index) for index in range(len(files))]
    index = {one["file"]: number for number, one in enumerate(facts) if one["role"] == "signal"}
    stems = {one["file"].removesuffix(".hea"): one for one in facts if one["role"] == "header"}
    if not stems:
        raise BadInput("the record has no WFDB header", "Import its .hea file together with its signals.")
    main = stems.get(facts[0]["record"]) or next(iter(stems.values()))
    parts = [part for part in parts_of(main["header"], stems) if part["header"]]
    names = [one["name"] for one in channels_of(parts)]
    chosen = set(names if wanted is None else [names[number] for number in wanted])
    made: dict[str, list[tuple[float, Channel]]] = {}
    for count, part in enumerate(parts):
        report(count / len(parts), f"reading {part['name']}")
        left = until * main["header"]["rate"] - part["first"]
        for channel in _segment(files, index, part, chosen, left) if left > 0 else ():
            made.setdefault(channel.name, []).append((part["first"] / main["header"]["rate"], channel))
    return Recording(tuple(joined(made[name]) for name in names if name in made), main["header"]["start"])


def _segment(files: FileSource, index: dict[str, int], part: Json, chosen: set[str], most: float) -> list[Channel]:
    """The channels of at most `most` frames of one segment, without signals whose file is absent or not readable."""
    header, made = part["header"], []
    for name in files_of(header):
        own = [(number, signal) for number, signal in enumerate(header["signals"]) if signal["file"] == name]
        if name not in index or own[0][1]["format"] not in FORMATS:
            continue
        if not any(signal_name(signal, number) in chosen for number, signal in own):
            continue
        frames = frames_of(header, name, files.size(index[name]))
        frames = min(frames, part["samples"]) if part["samples"] else frames
        frames = int(min(frames, most))
        table = _frames(files, index[name], [signal for _, signal in own], frames)
        left = 0
        for number, signal in own:
            values = table[:, left : left + signal["per_frame"]].reshape(-1)
            left += signal["per_frame"]
            if signal_name(signal, number) in chosen:
                made.append(_channel(signal, signal_name(signal, number), values, header["rate"]))
    return made


def _frames(files: FileSource, number: int, signals: Sequence[Json], frames: int) -> np.ndarray:
    """(frames, values per frame) of digital values."""
    width = sum(signal["per_frame"] for signal in signals)
    form = FORMATS[signals[0]["format"]]
    data = files.read(number, signals[0]["begins"], form.size(frames * width))
    return decode(data, signals[0]["format"])[: frames * width].reshape(-1, width)


def _channel(signal: Json, name: str, values: np.ndarray, rate: float) -> Channel:
    form = FORMATS[signal["format"]]
    if signal["format"] == 8:
        values = np.cumsum(values, dtype=np.int32) + signal["initial"]
    values = np.ascontiguousarray(values[signal["skew"] * signal["per_frame"] :])
    unit = tidy(signal["unit"])
    scale, offset = 1 / signal["gain"], -signal["baseline"] / signal["gain"]
    lost = values == form.missing if form.missing is not None else np.zeros(0, bool)
    if lost.any():
        values = values.astype(np.float32)
        values[lost] = np.nan
    elif values.dtype == np.int8:
        values = values.astype(np.int16)
    run = Run(0.0, 0, len(values))
    return Channel(name, unit, rate * signal["per_frame"], values, scale, offset, (run,), None, quantity_of(name, unit))


def joined(pieces: Sequence[tuple[float, Channel]]) -> Channel:
    """One channel of the pieces (start in seconds, piece) of several segments; the gaps between them stay."""
    if len(pieces) == 1 and pieces[0][0] == 0:
        return pieces[0][1]
    first = pieces[0][1]
    alike = all((one.scale, one.offset, one.rate) == (first.scale, first.offset, first.rate) for _, one in pieces)
    if not alike:
        pieces = [(at, replace(one, values=one.physical(), scale=1.0, offset=0.0)) for at, one in pieces]
        first = pieces[0][1]
    runs, values, count = [], [], 0
    for at, one in pieces:
        runs.append(Run(at, count, len(one.values)))
        values.append(one.values)
        count += len(one.values)
    return replace(first, values=np.concatenate(values), runs=merged(runs, first.rate))


def merged(runs: Sequence[Run], rate: float) -> tuple[Run, ...]:
    """Runs with no gap between them as one."""
    made: list[Run] = []
    for run in runs:
        last = made[-1] if made else None
        if last and abs(run.start - (last.start + last.count / rate)) < 0.5 / rate:
            made[-1] = Run(last.start, last.first, last.count + run.count)
        elif run.count:
            made.append(run)
    return tuple(made)
