"""Beats and rhythms: found, named and judged."""

from __future__ import annotations

import numpy as np
import pytest
from signal_files import cases, imported, model, quiet, write_wfdb

from medstation.api import Evaluation, Finished, TrainRequest
from medstation.learning.combining import combined
from medstation_samples.signals import ECG_RATE, ecg
from medstation_signals import beats, classes, events, record_class
from medstation_signals.beat_score import counted, labelled_beats
from medstation_signals.class_settings import BEAT_METRICS
from medstation_signals.events import CLASSES
from medstation_signals.qrs import find_beats, matched
from medstation_signals.rhythm import NAMES, describe

QUICK = {"epochs": 6, "steps": 10, "threads": 1, "beats_per_batch": 64}


def test_the_detector_finds_every_beat_of_a_clean_ecg():
    signal, truth = ecg(np.random.default_rng(1))
    found = find_beats(signal[:, 0], ECG_RATE)
    left, _ = matched(found / ECG_RATE, np.array([at for at, _ in truth]) / ECG_RATE)
    assert len(left) == len(truth) == len(found)


@pytest.mark.parametrize("values", [np.zeros(0), np.zeros(100), np.full(2000, np.nan), np.zeros(2000)])
def test_the_detector_finds_nothing_where_there_is_nothing(values):
    assert len(find_beats(values, 250.0)) == 0


def test_beats_are_counted_by_class():
    found, truth = np.array([1.0, 2.0, 3.0, 9.0]), np.array([1.1, 2.0, 3.05, 5.0])
    n, v = CLASSES.index("N"), CLASSES.index("V")
    made = counted(found, np.array([n, v, n, n]), truth, np.array([n, v, v, n]))
    assert (made["tp_beats"], made["tp_N"], made["tp_V"], made["true_V"], made["found_N"]) == (3, 1, 1, 2, 3)


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ecg")
    rng = np.random.default_rng(5)
    for number in range(3):
        signal, truth = ecg(rng)
        write_wfdb(folder, f"e{number}", signal, ECG_RATE, truth)
    return imported(sorted(folder.iterdir()))[0]


def run(recipe, request, bench):
    made = list(recipe.train(request, bench))
    return [event for event in made if isinstance(event, Evaluation)][-1].cases, made[-1]


def test_beats_are_named_on_a_person_never_seen(recordings):
    chosen, bench = cases(recordings, ["train", "validation", "test"])
    after, finished = run(beats, TrainRequest("run", "beats", QUICK, chosen, 0), bench)
    assert isinstance(finished, Finished)
    metrics = {metric.name: combined(metric, after) for metric in BEAT_METRICS}
    assert metrics["se_beats"] > 0.98
    assert metrics["se_v"] > 0.8
    assert set(finished.facts["classes"]) >= {"N", "V", "beats"}
    record, files, draft = recordings[2]
    predictor = beats.BeatPredictor(model("beats", finished.config), finished.weights)
    prediction = predictor.predict(record, files, quiet)
    assert abs(len(events.decode(prediction.payload)) - len(labelled_beats(draft.labels[0].payload)[0])) <= 2
    assert prediction.findings[0].title == "Normal"


def test_one_recording_is_tested_on_its_later_time(recordings):
    chosen, bench = cases(recordings[:1], ["train"])
    after, _ = run(beats, TrainRequest("run", "beats", {**QUICK, "epochs": 1}, chosen, 0), bench)
    assert list(after) == ["r-1"]
    assert after["r-1"]["true_beats"] < 60


def test_an_irregular_rhythm_is_described_as_such():
    rng = np.random.default_rng(0)
    signal, _ = ecg(rng)
    regular = describe(signal[:, 0], ECG_RATE)
    assert regular.features.shape == (len(NAMES),)
    assert 55 < regular.features[0] < 90
    assert describe(np.zeros(100), ECG_RATE).features.tolist() == [0] * len(NAMES)


def test_whole_recordings_are_told_apart(tmp_path):
    rng = np.random.default_rng(2)
    for number in range(12):
        signal, truth = ecg(rng)
        slow = np.repeat(signal[: 40 * ECG_RATE], 2 if number % 2 else 1, axis=0)
        write_wfdb(tmp_path, f"r{number:02d}", slow, ECG_RATE, truth[:1])
    rows = [f"r{number:02d},{'S' if number % 2 else 'N'}" for number in range(12)]
    (tmp_path / "REFERENCE.csv").write_text("\n".join(rows))
    made, skipped = imported(sorted(tmp_path.iterdir()))
    assert [one.harmless for one in skipped] == [True]
    chosen, bench = cases(made, (["train"] * 6 + ["validation"] * 2 + ["test"] * 4))
    labels = {record.id: draft.labels[-1].payload for record, _, draft in made}
    bench._labels = labels
    request = TrainRequest("run", "record-class", {"epochs": 15, "threads": 1, "positive": "S"}, chosen, 0)
    after, finished = run(record_class, request, bench)
    assert combined(record_class.RECORD_METRICS[0], after) == 1.0
    predictor = record_class.RecordClassPredictor(model("record-class", finished.config), finished.weights)
    slow, usual = (predictor.predict(record, files, quiet) for record, files, _ in (made[1], made[0]))
    chances = [classes.decode(draft.payload)[1] for draft in (slow, usual)]
    assert chances[0]["S"] > chances[1]["S"]
    assert sum(chances[0].values()) == pytest.approx(1)
    scored = record_class.score(made[1][0], made[1][1], slow.payload, labels[made[1][0].id])
    assert scored["truth"] == 1 and scored["score"] == pytest.approx(chances[0]["S"])
