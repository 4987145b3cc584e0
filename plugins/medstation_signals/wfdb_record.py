"""A WFDB record as the library holds it: from the facts of its files to title, channels, labels and cautions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from medstation.api import Found, Json, LabelDraft, RecordDraft, Skipped
from medstation_signals import classes, events
from medstation_signals.recording import quantity_of
from medstation_signals.units import tidy
from medstation_signals.wfdb_formats import FORMATS
from medstation_signals.words import described

ANNOTATORS = ("atr", "ecg", "qrs")
"""Of several annotators the first of these makes the label: corrected by people before found by programs."""


def wfdb_records(group: Sequence[Found]) -> list[RecordDraft | Skipped]:
    """The record of one group; files without their header are left out."""
    headers = {found.facts["header"]["name"]: found.facts for found in group if found.facts["role"] == "header"}
    stems = {found.facts["file"].removesuffix(".hea"): found.facts for found in group if "header" in found.facts}
    name = group[0].facts["record"]
    main = stems.get(name) or headers.get(name)
    if main is None:
        return [Skipped(found.path, f"the header {name}.hea is not there", "Import it together.") for found in group]
    header, notes = main["header"], []
    parts = [part for part in (parts_of(header, stems)) if part["header"]]
    sizes = {found.facts["file"]: found.facts["size"] for found in group if found.facts["role"] == "signal"}
    seconds = length(header, sizes, parts) or _last_annotation(group)
    notes += _cautions(header, stems, sizes, parts)
    labels, said = _labels(group, main, seconds)
    channels = channels_of(parts)
    if not channels:
        notes.append("The header names no signals: there are only annotations.")
    kind = "ecg" if any(one["quantity"] == "ecg" for one in channels) or not channels else "series"
    meta: Json = {
        "channels": channels, "start": header["start"], "duration_s": seconds, "kind": kind,
        "comments": header["comments"][:20],
    }  # fmt: skip
    every = tuple(range(len(group)))
    return [
        RecordDraft(kind, name, every, "", header["start"], described(meta), meta, tuple(notes + said), tuple(labels))
    ]


def parts_of(header: Json, stems: dict[str, Json]) -> list[Json]:
    """[{header or None, first, samples}]: the record's segments on its own sample axis, or itself."""
    if not header["segments"]:
        return [{"header": header, "first": 0, "samples": header["samples"], "name": header["name"]}]
    made, first = [], 0
    for name, samples in header["segments"]:
        if samples and name != "~":
            facts = stems.get(name)
            own = facts["header"] if facts else None
            made.append({"header": own, "first": first, "samples": samples, "name": name})
        first += samples
    return made


def length(header: Json, sizes: dict[str, int], parts: Sequence[Json]) -> float:
    """Seconds of the record; told from the size of the data where the header does not say."""
    samples = header["samples"] or max((frames_in(part["header"], sizes) for part in parts), default=0)
    return float(samples / header["rate"])


def frames_in(header: Json, sizes: dict[str, int]) -> int:
    """Whole frames that the files of a record without segments can hold; the smallest file decides."""
    found = [frames_of(header, name, sizes[name]) for name in files_of(header) if name in sizes]
    return min(found, default=0)


def files_of(header: Json) -> list[str]:
    return list(dict.fromkeys(signal["file"] for signal in header["signals"] if signal["file"] != "~"))


def frames_of(header: Json, name: str, size: int) -> int:
    own = [signal for signal in header["signals"] if signal["file"] == name]
    form = FORMATS.get(own[0]["format"])
    if form is None:
        return 0
    return form.count(max(0, size - int(own[0]["begins"]))) // int(sum(signal["per_frame"] for signal in own))


def channels_of(parts: Sequence[Json]) -> list[Json]:
    """{name, unit, rate, quantity} of every signal, those of later segments after those of the first."""
    made: dict[str, Json] = {}
    for part in parts:
        for number, signal in enumerate(part["header"]["signals"]):
            if signal["format"] in FORMATS and signal["file"] != "~":
                name, unit = signal_name(signal, number), tidy(signal["unit"])
                rate = part["header"]["rate"] * signal["per_frame"]
                made.setdefault(name, {"name": name, "unit": unit, "rate": rate, "quantity": quantity_of(name, unit)})
    return list(made.values())


def signal_name(signal: Json, number: int) -> str:
    return str(signal["name"] or f"signal {number + 1}")


def _cautions(header: Json, stems: dict[str, Json], sizes: dict[str, int], parts: Sequence[Json]) -> list[str]:
    notes = []
    absent = [name for name, samples in header["segments"] if name != "~" and name not in stems]
    if absent:
        shown = ", ".join(absent[:3]) + (f" and {len(absent) - 3} more" if len(absent) > 3 else "")
        notes.append(f"Of {len(header['segments'])} segments {len(absent)} are not there: {shown}. They are gaps.")
    for part in parts:
        notes += _file_cautions(part["header"], part["samples"], sizes)
    return notes


def _file_cautions(header: Json, samples: int, sizes: dict[str, int]) -> list[str]:
    notes = []
    for name in files_of(header):
        own = [signal for signal in header["signals"] if signal["file"] == name]
        if own[0]["format"] not in FORMATS:
            notes.append(f"{name} has the format {own[0]['format']}, which is not read; its signals are left out.")
        elif name not in sizes:
            notes.append(f"{name} is not there; its signals are left out.")
        elif samples and (found := frames_of(header, name, sizes[name])) != samples:
            what = "ends early" if found < samples else "goes on"
            notes.append(
                f"{name} {what}: the header says {samples} samples, the file holds {found}; "
                f"{min(found, samples)} are shown."
            )
    return notes


def _last_annotation(group: Sequence[Found]) -> float:
    """Seconds to the last annotation: the length of a record without signals."""
    ends = [one.facts["samples"][-1] / one.facts["rate"] for one in group if one.facts.get("samples")]
    return max(ends, default=0.0)


def _labels(group: Sequence[Found], main: Json, seconds: float) -> tuple[list[LabelDraft], list[str]]:
    labels, notes = [], []
    by_name = {found.facts["annotator"]: found.facts for found in group if found.facts["role"] == "annotation"}
    chosen = next((name for name in (*ANNOTATORS, *sorted(by_name)) if name in by_name), "")
    if chosen:
        found, beyond = annotation_events(by_name[chosen], seconds)
        labels.append(events.draft(found))
        if beyond:
            notes.append(f"{beyond} annotations of {chosen} lie outside the recording and are left out.")
        others = sorted(set(by_name) - {chosen})
        if others:
            notes.append(f"The label holds the annotations of {chosen}; those of {', '.join(others)} are kept beside.")
    if main.get("class"):
        labels.append(classes.draft(main["class"]))
    return labels, notes


def annotation_events(facts: Json, seconds: float) -> tuple[list[events.SignalEvent], int]:
    """The events of an annotation file's facts, and how many lay outside 0..`seconds` (0: length unknown)."""
    rate, texts = facts["rate"], facts["texts"]
    made: list[events.SignalEvent] = []
    rhythms: list[tuple[float, str]] = []
    beyond = 0
    for index, (sample, symbol) in enumerate(zip(facts["samples"], facts["symbols"], strict=True)):
        at, text = sample / rate, str(texts.get(str(index), ""))
        if at < 0 or (seconds and at > seconds):
            beyond += 1
        elif symbol == "+" and text.startswith("("):
            rhythms.append((at, text[1:]))
        else:
            made.append(events.event(at, None, symbol))
    return sorted([*made, *_intervals(rhythms, seconds)], key=lambda one: one.start), beyond


def _intervals(rhythms: Sequence[tuple[float, str]], seconds: float) -> list[events.SignalEvent]:
    """A rhythm lasts until the next one is noted."""
    ends: list[Any] = [*[at for at, _ in rhythms[1:]], seconds or None]
    return [events.event(at, end, name) for (at, name), end in zip(rhythms, ends, strict=False)]
