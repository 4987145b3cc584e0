"""Labels from files, and everything that leaves: tables, EDF+ and FHIR."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from signal_files import one, write_wfdb

from medstation.api import BadInput, ExportItem, ModelInfo
from medstation_signals import classes, events
from medstation_signals.export_csv import write_csv
from medstation_signals.export_fhir import write_fhir
from medstation_signals.labels import owner, read_class, read_events
from medstation_signals.picture import picture
from medstation_signals.thumbnail import thumbnail

MODEL = ModelInfo("m-1", "glucose", 2, "approved", "signals.recordings", "linear", {}, {})
FORECAST = json.dumps(
    {"channel": "glucose", "unit": "mg/dL", "time_s": [3600, 3900], "median": [110, 112],
     "bands": {"50": {"low": [105, 104], "high": [115, 120]}, "90": {"low": [95, 90], "high": [125, 140]}}}
).encode()  # fmt: skip


@pytest.fixture
def ecg(tmp_path):
    return one(write_wfdb(tmp_path, "rec", np.sin(np.arange(1000) / 20)[:, None]))


@pytest.fixture
def series(tmp_path):
    path = tmp_path / "p1.csv"
    rows = [f"2026-03-01T08:{5 * i:02d}:00,{100 + i}" for i in range(12)]
    path.write_text("time,glucose\n" + "\n".join(rows) + "\n")
    return one([path])


def test_events_are_read_from_json_tables_and_annotations(ecg, tmp_path):
    record, files, _ = ecg
    wanted = [events.event(0.5, None, "N"), events.event(1.5, 2.0, "VT")]
    (tmp_path / "a.events.json").write_bytes(events.encode(wanted))
    (tmp_path / "a.events.csv").write_text("start_s;end_s;type\n0,5;;N\n1,5;2,0;VT\n")
    for name in ("a.events.json", "a.events.csv"):
        assert events.decode(read_events(record, files, tmp_path / name).payload) == wanted
    paths = write_wfdb(tmp_path, "other", np.zeros((1000, 1)), beats=[(125, "N")])
    assert events.decode(read_events(record, files, paths[2]).payload) == wanted[:1]


def test_events_of_another_recording_are_refused(ecg, tmp_path):
    path = tmp_path / "a.events.json"
    path.write_bytes(events.encode([events.event(500, None, "N")]))
    with pytest.raises(BadInput, match="outside the recording"):
        read_events(ecg[0], ecg[1], path)


def test_a_class_comes_from_text_json_or_a_row_of_a_table(ecg, tmp_path):
    for name, text in (("x.txt", "AF\n"), ("x.json", '{"class": "AF"}'), ("t.csv", "other,N\nrec,AF\n")):
        (tmp_path / name).write_text(text)
        assert classes.decode(read_class(ecg[0], ecg[1], tmp_path / name).payload)[0] == "AF"
    (tmp_path / "none.csv").write_text("other,N\n")
    with pytest.raises(BadInput, match="no row"):
        read_class(ecg[0], ecg[1], tmp_path / "none.csv")
    assert owner(tmp_path / "rec.events.json") == "rec"


def rows_of(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_recordings_and_forecasts_become_tables(series, tmp_path):
    record, files, _ = series
    write_csv(ExportItem(record, "glucose", None, {}, ""), files, tmp_path / "a.csv")
    rows = rows_of(tmp_path / "a.csv")
    assert (len(rows), rows[1]["time"], rows[1]["value"]) == (12, "2026-03-01T08:05:00.000", "101.0")
    write_csv(ExportItem(record, "forecast", FORECAST, {}, "", MODEL), files, tmp_path / "b.csv")
    assert rows_of(tmp_path / "b.csv")[1]["high_90"] == "140.0"
    with pytest.raises(BadInput, match="exists already"):
        write_csv(ExportItem(record, "glucose", None, {}, ""), files, tmp_path / "a.csv")


def test_fhir_bundles_are_valid_observations(series, ecg, tmp_path):
    for number, (item, files) in enumerate(
        (
            (ExportItem(series[0], "glucose", None, {}, ""), series[1]),
            (ExportItem(series[0], "forecast", FORECAST, {}, "", MODEL), series[1]),
            (ExportItem(ecg[0], "events", events.encode([events.event(1, None, "V")]), {}, "doctor"), ecg[1]),
            (ExportItem(ecg[0], "class", classes.encode("AF", {"AF": 0.9, "N": 0.1}), {}, "", MODEL), ecg[1]),
        )
    ):
        write_fhir(item, files, tmp_path / f"{number}.json")
        entry = json.loads((tmp_path / f"{number}.json").read_text())["entry"][0]["resource"]
        assert entry["resourceType"] == "Observation"
        assert entry["status"] == ("preliminary" if item.model else "final")


def test_pictures_and_thumbnails_are_png(series, ecg):
    payload = events.encode([events.event(1, None, "V")])
    for made in (
        picture(ecg[0], ecg[1], "events", payload),
        picture(series[0], series[1], "forecast", FORECAST),
        thumbnail(ecg[0], ecg[1]),
        thumbnail(series[0], series[1]),
    ):
        assert made is not None and made.startswith(b"\x89PNG")
