"""EDF+: written and read again, with gaps and events where they were."""

from __future__ import annotations

import numpy as np
from signal_files import one, write_wfdb

from medstation.api import ExportItem
from medstation_signals import events
from medstation_signals.export_edf import write_edf
from medstation_signals.reading import load


def test_gaps_and_events_survive_edf(tmp_path):
    rng = np.random.default_rng(0)
    values = rng.normal(0, 1, (1000, 2))
    first = write_wfdb(tmp_path, "s1", values)
    second = write_wfdb(tmp_path, "s2", values[:500])
    master = tmp_path / "long.hea"
    master.write_text("long/3 2 250 2500 08:00:00 01/03/2026\ns1 1000\n~ 1000\ns2 500\n")
    record, files, _ = one([master, *first, *second])
    noted = [events.event(1.5, None, "V"), events.event(8.25, 9.5, "AFIB")]
    item = ExportItem(record, "events", events.encode(noted), {}, "doctor")
    out = tmp_path / "long.edf"
    assert write_edf(item, files, out) == [out]
    again, again_files, draft = one([out])
    assert any("interrupted 1 times" in note for note in again.notes)
    assert events.decode(draft.labels[0].payload) == noted
    before, after = load(record, files).channels[0], load(again, again_files).channels[0]
    assert [(run.start, run.count) for run in after.runs] == [(0.0, 1000), (8.0, 500)]
    assert (after.unit, after.rate) == ("mV", 250)
    assert np.abs(after.physical() - before.physical()).max() <= 1 / 200


def test_an_irregular_series_is_put_on_its_steps(tmp_path):
    path = tmp_path / "cgm.csv"
    rows = [f"2026-03-01T{8 + i // 12:02d}:{5 * (i % 12):02d}:00,{100 + i}" for i in range(24)]
    path.write_text("time,Glucose (mg/dL)\n" + "\n".join(rows) + "\n")
    record, files, _ = one([path])
    out = tmp_path / "cgm.edf"
    write_edf(ExportItem(record, "glucose", None, {}, ""), files, out)
    again, again_files, _ = one([out])
    assert np.abs(load(again, again_files).channels[0].physical()[:24] - np.arange(100, 124)).max() < 0.01


def test_a_file_cut_off_within_its_data_is_read_as_far_as_it_goes(tmp_path):
    paths = write_wfdb(tmp_path, "rec", np.zeros((1000, 1)))
    record, files, _ = one(paths)
    out = tmp_path / "rec.edf"
    write_edf(ExportItem(record, "ecg", None, {}, ""), files, out)
    out.write_bytes(out.read_bytes()[:-300])
    again, again_files, _ = one([out])
    assert any("the file holds 3" in note for note in again.notes)
    assert len(load(again, again_files).channels[0].values) == 750
