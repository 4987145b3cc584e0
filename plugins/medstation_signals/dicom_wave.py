"""DICOM waveforms: ECG and other recordings inside DICOM files."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from medstation.api import BadInput, FileSource, Found, Json, Person, RecordDraft, Skipped
from medstation_signals.recording import Channel, Recording, Run, quantity_of
from medstation_signals.units import tidy
from medstation_signals.unpacking import check_deflated
from medstation_signals.words import described

WAVEFORM_CLASSES = b"1.2.840.10008.5.1.4.1.1.9."
"""What the SOP classes of all waveforms begin with."""
_HEAD = 1024
_BITS = {"SB": np.int8, "UB": np.uint8, "SS": np.int16, "US": np.uint16, "SL": np.int32, "UL": np.uint32}


def wants_dicom(path: Path) -> bool:
    """A DICOM file whose first bytes name a waveform's SOP class."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    return head[128:132] == b"DICM" and WAVEFORM_CLASSES in head


def scan_dicom(path: Path) -> Found | Skipped:
    import pydicom
    from pydicom.errors import InvalidDicomError

    try:
        with path.open("rb") as file:
            check_deflated(file, path.name)
            data = pydicom.dcmread(file)
        facts = _facts(data)
    except (InvalidDicomError, OSError) as error:
        return Skipped(path, f"cannot be read as DICOM: {error}", "Export it again.")
    except BadInput as error:
        return Skipped(path, error.message, error.hint)
    except Exception as error:  # a stranger's bytes: pydicom raises many kinds
        return Skipped(path, f"is a damaged DICOM waveform: {type(error).__name__}: {error}", "Export it again.")
    key = str(data.get("PatientID", "") or path.stem).strip()
    birth = str(data.get("PatientBirthDate", "") or "")
    born = f"{birth[:4]}-{birth[4:6]}-{birth[6:8]}" if len(birth) == 8 and birth.isdigit() else ""
    sex = str(data.get("PatientSex", "") or "")
    person = Person(key, str(data.get("PatientName", "")).replace("^", " ").strip(), sex, born)
    return Found(path, f"dicom/{facts['uid']}", person, facts)


def _facts(data: Any) -> Json:
    groups = [_group(one) for one in data.get("WaveformSequence", [])]
    if not groups:
        raise BadInput("holds no waveform", "Export the recording again.")
    when = str(data.get("AcquisitionDateTime", "") or "") or (
        str(data.get("StudyDate", "") or "") + str(data.get("StudyTime", "") or "")
    )
    return {
        "format": "dicom",
        "uid": str(data.get("SOPInstanceUID", "")),
        "title": str(data.get("SeriesDescription", "") or data.get("Modality", "") or "Waveform"),
        "start": _iso(when),
        "groups": groups,
    }


def _iso(text: str) -> str:
    if len(text) < 8 or not text[:8].isdigit():
        return ""
    clock = (text[8:14] + "000000")[:6]
    made = f"{text[:4]}-{text[4:6]}-{text[6:8]}T{clock[:2]}:{clock[2:4]}:{clock[4:6]}"
    return made if clock.isdigit() else made[:10]


def _group(group: Any) -> Json:
    rate, count = float(group.SamplingFrequency), int(group.NumberOfWaveformSamples)
    channels = [_channel_facts(one, number) for number, one in enumerate(group.ChannelDefinitionSequence)]
    name = str(group.get("MultiplexGroupLabel", "") or "")
    return {"rate": rate, "samples": count, "name": name, "channels": channels}


def _channel_facts(definition: Any, number: int) -> Json:
    source = definition.get("ChannelSourceSequence", [])
    meaning = str(source[0].get("CodeMeaning", "")) if source else ""
    label = str(definition.get("ChannelLabel", "") or "") or meaning.removeprefix("Lead ").split(" (")[0]
    units = definition.get("ChannelSensitivityUnitsSequence", [])
    unit = tidy(str(units[0].get("CodeValue", ""))) if units else ""
    sensitivity = float(definition.get("ChannelSensitivity", 1) or 1)
    factor = float(definition.get("ChannelSensitivityCorrectionFactor", 1) or 1)
    quantity = "ecg" if meaning.startswith("Lead") else quantity_of(label, unit)
    return {
        "name": label or f"channel {number + 1}",
        "unit": unit,
        "scale": sensitivity * factor,
        "offset": float(definition.get("ChannelBaseline", 0) or 0),
        "quantity": quantity,
    }


def dicom_records(group: Sequence[Found]) -> list[RecordDraft | Skipped]:
    """One record for each group of channels sampled together; further groups (a mean beat) are parts of their own."""
    facts, drafts = group[0].facts, list[RecordDraft | Skipped]()
    for number, one in enumerate(facts["groups"]):
        channels = [
            {key: channel[key] for key in ("name", "unit", "quantity")} | {"rate": one["rate"]}
            for channel in one["channels"]
        ]
        kind = "ecg" if any(channel["quantity"] == "ecg" for channel in channels) else "series"
        meta: Json = {"channels": channels, "start": facts["start"], "duration_s": one["samples"] / one["rate"],
                      "kind": kind, "group": number}  # fmt: skip
        title = one["name"] or facts["title"]
        drafts.append(
            RecordDraft(kind, title, (0,), str(number) if number else "", facts["start"], described(meta), meta)
        )
    drafts += [Skipped(one.path, "is a copy of a file that is used", harmless=True) for one in group[1:]]
    return drafts


def load_dicom(files: FileSource, number: int = 0) -> Recording:
    """The signals of one group of channels of the record's file."""
    import pydicom

    facts = files.facts(0)
    file = BytesIO(files.read(0))
    check_deflated(file, files.name(0))
    data = pydicom.dcmread(file)
    group, said = data.WaveformSequence[number], facts["groups"][number]
    kind = np.dtype(_BITS.get(str(group.WaveformSampleInterpretation), np.int16))
    kind = kind.newbyteorder("<" if data.original_encoding[1] else ">")
    width = len(said["channels"])
    raw = np.frombuffer(bytes(group.WaveformData), kind)
    table = raw[: len(raw) // width * width].reshape(-1, width)[: said["samples"]]
    if len(table) < said["samples"]:
        short = f"The header says {said['samples']} samples, the file holds {len(table)}."
    else:
        short = ""
    wide = np.int32 if kind.itemsize == 4 or kind.kind == "u" else np.int16
    made = [
        Channel(one["name"], one["unit"], said["rate"], np.ascontiguousarray(table[:, place]).astype(wide),
                one["scale"], one["offset"], (Run(0.0, 0, len(table)),), None, one["quantity"])
        for place, one in enumerate(said["channels"])
    ]  # fmt: skip
    return Recording(tuple(made), facts["start"], (short,) if short else ())
