"""WFDB headers (.hea): what a record's signals are and where they lie. Text in, plain values out."""

from __future__ import annotations

import re
from datetime import datetime

from medstation.api import BadInput, Json

DEFAULT_RATE, DEFAULT_GAIN = 250.0, 200.0
_LARGEST = 1 << 20
_FASTEST = 1e9
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_RATE = re.compile(rf"({_NUMBER})(?:/({_NUMBER})(?:\(({_NUMBER})\))?)?")
_FORMAT = re.compile(r"(\d+)(?:x(\d+))?(?::(\d+))?(?:\+(\d+))?")
_GAIN = re.compile(rf"({_NUMBER})(?:\(([-+]?\d+)\))?(?:/(\S+))?")


def parse_header(data: bytes, name: str) -> Json:
    """{name, segments [[name, samples]] or [], rate, samples, start, signals [...], comments}.

    `BadInput` says which line is wrong.
    """
    if len(data) > _LARGEST:
        raise BadInput(f"{name} is too large for a WFDB header", "Give the .hea file of a record.")
    lines = [line.strip() for line in data.decode("utf-8", "replace").splitlines()]
    comments = [line.lstrip("# ") for line in lines if line.startswith("#")]
    lines = [line for line in lines if line and not line.startswith("#")]
    if not lines:
        raise BadInput(f"{name} is empty", "Copy the record again.")
    header = _record_line(lines[0], name)
    segments, count = header.pop("segment_count"), header.pop("signal_count")
    header["comments"] = [comment for comment in comments if comment]
    if segments:
        header["segments"] = [_segment(line, name) for line in lines[1 : 1 + segments]]
        header["signals"] = []
    else:
        header["segments"] = []
        header["signals"] = [_signal(line, name) for line in lines[1 : 1 + count]]
    expected = segments or count
    if len(lines) - 1 < expected:
        raise BadInput(f"{name} names {expected} lines but has {len(lines) - 1}", "The header is cut off.")
    return header


def _record_line(line: str, name: str) -> Json:
    words = line.split()
    record, _, segments = words[0].partition("/")
    try:
        count = int(words[1])
        given = _RATE.fullmatch(words[2]) if len(words) > 2 else None
        rate, samples = float(given.group(1)) if given else DEFAULT_RATE, int(words[3]) if len(words) > 3 else 0
        if not 0 < rate <= _FASTEST or samples < 0 or count < 0:
            raise ValueError("impossible numbers")
        return {
            "name": record,
            "segment_count": int(segments) if segments else 0,
            "signal_count": count,
            "rate": rate,
            "samples": samples,
            "start": _start(words[4] if len(words) > 4 else "", words[5] if len(words) > 5 else ""),
        }
    except (IndexError, ValueError) as error:
        raise BadInput(f"{name}: the first line {line[:60]!r} is no WFDB record line", "Check the file.") from error


def _start(time: str, date: str) -> str:
    """ISO 8601 of a base time and date; "" where one is missing or impossible."""
    try:
        day = datetime.strptime(date, "%d/%m/%Y").date() if date else None
        parts = [float(part) for part in time.split(":")] if time else []
    except ValueError:
        return ""
    if day is None or not parts or day.year < 1900:
        return ""
    hours, minutes, seconds = ([0.0, 0.0] + parts)[-3:]
    return f"{day.isoformat()}T{int(hours):02d}:{int(minutes):02d}:{seconds:06.3f}"


def _segment(line: str, name: str) -> list[str | int]:
    words = line.split()
    if len(words) < 2 or not words[1].isdigit():
        raise BadInput(f"{name}: {line[:60]!r} is no segment line", "Check the file.")
    return [words[0], int(words[1])]


def _signal(line: str, name: str) -> Json:
    words = line.split(maxsplit=8)
    form = _FORMAT.fullmatch(words[1]) if len(words) > 1 else None
    if form is None:
        raise BadInput(f"{name}: {line[:60]!r} is no signal line", "Check the file.")
    words += [""] * (9 - len(words))
    zero = _whole(words[4], 0)
    gain, baseline, unit = _gain(words[2], zero)
    return {
        "file": words[0],
        "format": int(form.group(1)),
        "per_frame": max(1, int(form.group(2) or 1)),
        "skew": int(form.group(3) or 0),
        "begins": int(form.group(4) or 0),
        "gain": gain,
        "baseline": baseline,
        "unit": unit,
        "calibrated": gain != DEFAULT_GAIN or bool(words[2]),
        "initial": _whole(words[5], zero),
        "name": words[8].strip(),
    }


def _gain(text: str, zero: int) -> tuple[float, int, str]:
    match = _GAIN.fullmatch(text)
    if match is None:
        return DEFAULT_GAIN, zero, "mV"
    gain = float(match.group(1)) or DEFAULT_GAIN
    baseline = int(match.group(2)) if match.group(2) else zero
    return gain, baseline, match.group(3) or "mV"


def _whole(text: str, default: int) -> int:
    try:
        return int(text)
    except ValueError:
        return default
