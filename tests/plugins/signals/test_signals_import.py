"""Importing signals: what files say is kept, and what is wrong with them is said."""

from __future__ import annotations

import numpy as np
import pytest
from signal_files import imported, one, write_wfdb

from medstation.api import BadInput
from medstation_signals import events
from medstation_signals.reading import load
from medstation_signals.wfdb_annotations import parse_annotations
from medstation_signals.wfdb_formats import FORMATS, decode


def wave(seconds=4.0, rate=250):
    time = np.arange(int(seconds * rate)) / rate
    return np.stack([np.sin(2 * np.pi * time), np.cos(2 * np.pi * time)], axis=1)


def test_a_wfdb_record_keeps_values_units_and_beats(tmp_path):
    values = wave()
    record, files, draft = one(write_wfdb(tmp_path, "rec", values, beats=[(100, "N"), (350, "V")]))
    assert (record.kind, record.when, record.meta["duration_s"]) == ("ecg", "2026-03-01T08:00:00.000", 4.0)
    channel = load(record, files).channels[1]
    assert (channel.name, channel.unit, channel.rate) == ("V5", "mV", 250)
    assert np.abs(channel.physical() - values[:, 1]).max() <= 0.5 / 200 + 1e-6
    assert [(one.start, one.type) for one in events.decode(draft.labels[0].payload)] == [(0.4, "N"), (1.4, "V")]


def test_a_header_that_promises_more_samples_than_there_are_is_said_and_the_rest_is_read(tmp_path):
    record, files, _ = one(write_wfdb(tmp_path, "rec", wave(), said=2000))
    assert any("the header says 2000 samples, the file holds 1000" in note for note in record.notes)
    assert len(load(record, files).channels[0].values) == 1000


def test_annotations_beyond_the_end_are_left_out_and_counted(tmp_path):
    record, _, draft = one(write_wfdb(tmp_path, "rec", wave(), beats=[(100, "N"), (900, "N"), (1800, "V")]))
    assert any("1 annotations of atr lie outside" in note for note in record.notes)
    assert draft.labels[0].summary == {"events": 2, "types": {"N": 2}}


def test_absent_segments_are_gaps_with_a_note(tmp_path):
    first = write_wfdb(tmp_path, "s1", wave(2))
    third = write_wfdb(tmp_path, "s3", wave(2))
    master = tmp_path / "long.hea"
    master.write_text("long/4 2 250 2000 08:00:00 01/03/2026\ns1 500\ns2 500\n~ 500\ns3 500\n")
    record, files, _ = one([master, *first, *third])
    assert any("1 are not there: s2" in note for note in record.notes)
    runs = load(record, files).channels[0].runs
    assert [(run.start, run.count) for run in runs] == [(0.0, 500), (6.0, 500)]


def test_signals_without_their_header_are_skipped(tmp_path):
    paths = write_wfdb(tmp_path, "rec", wave())
    paths[0].unlink()
    made, skipped = imported([paths[1]])
    assert not made
    assert "no WFDB header" in skipped[0].reason


@pytest.mark.parametrize("number", sorted(FORMATS))
def test_every_format_reads_a_whole_number_of_values(number):
    form = FORMATS[number]
    for count in (1, 2, 3, 7, 12):
        assert len(decode(bytes(form.size(count)), number)) >= count


def test_packed_twelve_bit_values_keep_their_sign():
    assert decode(bytes([0xFF, 0x8F, 0x00, 0x34, 0x02, 0x01]), 212).tolist() == [-1, -2048, 0x234, 0x001]


def test_a_cut_off_annotation_file_is_refused():
    with pytest.raises(BadInput, match="no whole WFDB annotation file"):
        parse_annotations(b"\x12\x04\x12", "x.atr")


GERMAN = "Datum;Uhrzeit;Glukose (mmol/L)\n01.03.2026;08:00;5,4\n01.03.2026;08:05;5,9\n02.03.2026;08:10;12,5\n"


def test_decimal_commas_and_local_dates_are_understood(tmp_path):
    path = tmp_path / "diary.csv"
    path.write_text(GERMAN)
    record, files, _ = one([path])
    assert (record.kind, record.when) == ("glucose", "2026-03-01T08:00:00")
    channel = load(record, files).channels[0]
    assert channel.unit == "mmol/L"
    assert channel.physical().tolist() == pytest.approx([5.4, 5.9, 12.5])
    assert channel.seconds().tolist() == [0, 300, 87000]


def csv_of(tmp_path, rows, header="time,glucose"):
    path = tmp_path / "p1.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def stamps(count):
    return [f"2026-03-01 {8 + i // 12:02d}:{5 * (i % 12):02d}:00" for i in range(count)]


def test_two_units_in_one_column_are_named_and_skipped(tmp_path):
    rows = [f"{stamp},{105 if i % 2 else 5.8}" for i, stamp in enumerate(stamps(20))]
    made, skipped = imported([csv_of(tmp_path, rows)])
    assert not made
    assert "in two units" in skipped[0].reason


def test_a_column_of_units_is_followed_row_by_row(tmp_path):
    rows = [f"{stamp},{5.0 if i % 3 else 108.0},{'mmol/L' if i % 3 else 'mg/dL'}" for i, stamp in enumerate(stamps(20))]
    record, files, _ = one([csv_of(tmp_path, rows, "time,glucose,unit")])
    values = load(record, files).channels[0].physical()
    assert values == pytest.approx(np.where(np.arange(20) % 3, 5.0, 108.0 / 18.0156), rel=1e-4)
    assert any("two units" in note for note in record.notes)


def test_what_is_doubled_disordered_or_no_number_is_counted(tmp_path):
    rows = [f"{stamp},{100 + i}" for i, stamp in enumerate(stamps(10))]
    rows[3], rows[4] = rows[4], rows[3]
    rows += [rows[0].replace("100", "999"), f"{stamps(12)[11]},NaN", f"{stamps(12)[10]},oops", "never,5"]
    record, files, _ = one([csv_of(tmp_path, rows)])
    assert load(record, files).channels[0].physical().tolist() == [100 + i for i in range(10)]
    notes = " ".join(record.notes)
    for text in ("out of order", "the time of another", "no numbers", "no readable time", "mg/dL was told"):
        assert text in notes


def test_low_and_high_stand_at_the_limits(tmp_path):
    rows = [f"{stamp},{value}" for stamp, value in zip(stamps(4), ("100", "Low", "High", "120"), strict=True)]
    record, files, _ = one([csv_of(tmp_path, rows, "time,Glucose (mg/dL)")])
    assert load(record, files).channels[0].physical().tolist() == [100, 39, 401, 120]
    assert any("Low or High" in note for note in record.notes)


def test_a_table_of_several_persons_becomes_a_record_each(tmp_path):
    rows = [f"{person},{stamp},{100 + i}" for person in ("a", "b") for i, stamp in enumerate(stamps(10))]
    made, _ = imported([csv_of(tmp_path, rows, "id,time,gl")])
    assert [record.person.key for record, _, _ in made] == ["a", "b"]
    assert [len(load(record, files).channels[0].values) for record, files, _ in made] == [10, 10]


def test_a_table_without_times_asks_for_its_rate_and_then_is_read(tmp_path):
    path = tmp_path / "ecg.csv"
    path.write_text("\n".join(str(value) for value in range(50)))
    made, skipped = imported([path])
    assert not made and "time" in skipped[0].reason and "rate" in skipped[0].hint
    record, files, _ = one([path], {"rate": 25.0})
    assert load(record, files).channels[0].rate == 25.0
    assert record.meta["duration_s"] == 2.0


def test_tables_of_other_things_are_not_wanted(tmp_path):
    from medstation_signals.importer import SignalsImporter

    path = tmp_path / "people.csv"
    path.write_text("age,weight,outcome\n50,70,1\n60,80,0\n")
    assert not SignalsImporter({}).wants(path)
