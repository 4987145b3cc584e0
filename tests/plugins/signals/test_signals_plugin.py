"""The signals plugin keeps the contract, and reads what the world has."""

from __future__ import annotations

import pytest
from signal_files import imported, one

from medstation.api.testing import check_plugin
from medstation_samples.signals import write
from medstation_signals.beat_score import labelled_beats
from medstation_signals.qrs import beats_of, ecg_channel, matched
from medstation_signals.reading import load


def test_the_plugin_keeps_the_contract(tmp_path):
    write(tmp_path, 1)
    assert [str(problem) for problem in check_plugin("medstation_signals.plugin", tmp_path)] == []


def test_samples_are_repeatable_and_whole(tmp_path):
    first, second = write(tmp_path / "a", 3), write(tmp_path / "b", 3)
    assert len(first["import"]) == len(second["import"]) == 16
    made, skipped = imported(sorted((tmp_path / "a").iterdir()))
    assert (len(made), skipped) == (12, [])
    assert {record.kind for record, _, _ in made} == {"glucose", "ecg"}


@pytest.mark.realdata
def test_the_beats_of_a_real_ecg_are_all_found(realdata):
    folder = realdata("signals_wfdb_samples")
    record, files, draft = one([folder / f"100{suffix}" for suffix in (".hea", ".dat", ".atr")])
    truth, _ = labelled_beats(draft.labels[0].payload)
    found = beats_of(ecg_channel(load(record, files)))
    assert len(matched(found, truth)[0]) == len(truth) == len(found) == 2273


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "pattern", "kind"),
    [
        ("signals_cgm_bigideas", "Dexcom_*.csv", "glucose"),
        ("signals_cgm_simglucose", "*.csv", "glucose"),
        ("signals_cgm_exports", "*.csv", "glucose"),
        ("signals_ili_cdc", "*.csv", "series"),
        ("signals_edf_bdf", "*.[eb]df", "series"),
        ("signals_wfdb_samples/multi-segment/p000878", "*", "ecg"),
        ("dicom_waveform_ecg", "*", "ecg"),
    ],
)
def test_real_files_become_records(realdata, name, pattern, kind):
    paths = [path for path in sorted(realdata(name).glob(pattern)) if path.is_file()]
    made, skipped = imported(paths)
    assert made
    assert {record.kind for record, _, _ in made} == {kind}
    assert [one for one in skipped if not one.harmless] == []
    for record, files, _ in made:
        assert all(len(channel.values) for channel in load(record, files).channels)
