"""Forecasting: better than the last value on persons never seen, with bands that hold what they say."""

from __future__ import annotations

import numpy as np
import pytest
from signal_files import Bench, cases, imported, model, one, quiet

from medstation.api import BadInput, Evaluation, Finished, TrainRequest
from medstation.learning.combining import combined
from medstation_samples.signals import glucose
from medstation_signals import forecast_payload, linear
from medstation_signals.bands import Bands, calibrated, tracked
from medstation_signals.forecast_settings import FORECAST_METRICS
from medstation_signals.series import on_grid, series_of

PARTS = ["train"] * 5 + ["validation"] * 2 + ["test"] * 2


@pytest.fixture(scope="module")
def persons(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cgm")
    rng = np.random.default_rng(3)
    for number in range(len(PARTS)):
        minutes, values = glucose(rng)
        keep = (minutes < 2000) | (minutes > 2100)
        minutes, values = minutes[keep][:600], values[keep][:600]
        base = np.datetime64("2026-03-02T00:00:00")
        rows = [f"{base + np.timedelta64(int(m), 'm')},{v:.0f}" for m, v in zip(minutes, values, strict=True)]
        (folder / f"p{number}.csv").write_text("time,Glucose (mg/dL)\n" + "\n".join(rows) + "\n")
    return imported(sorted(folder.iterdir()))[0]


def trained(persons, parts=PARTS, **settings):
    chosen, bench = cases(persons, parts)
    request = TrainRequest("run", "linear", {"horizon": 12, "lookback": 36, **settings}, chosen, 0)
    made = list(linear.train(request, bench))
    before, after = (event for event in made if isinstance(event, Evaluation))
    assert isinstance(made[-1], Finished)
    return before.cases, after.cases, made[-1]


def test_a_forecast_beats_the_last_value_on_persons_never_seen(persons):
    before, after, finished = trained(persons)
    assert len(after) == 2
    metrics = {metric.name: metric for metric in FORECAST_METRICS}
    assert combined(metrics["rmse"], after) < 0.9 * combined(metrics["rmse"], before)
    assert 0.8 < combined(metrics["coverage_90"], after) < 0.97
    report = finished.facts["backtest"]
    assert report["rmse_model"] < report["rmse_last_value"]
    assert report["rmse_seasonal"] is not None


def test_a_model_predicts_after_the_end_and_scores_the_same_as_in_training(persons):
    _, after, finished = trained(persons)
    predictor = linear.LinearPredictor(model("linear", finished.config), finished.weights)
    record, files, _ = persons[-1]
    draft = predictor.predict(record, files, quiet)
    forecast = forecast_payload.decode(draft.payload)
    assert draft.kind == "forecast"
    assert forecast.times[0] > record.meta["duration_s"]
    assert len(forecast.median) == 12
    low, high = forecast.bands[90]
    assert (low < forecast.median).all() and (forecast.median < high).all()
    assert (low <= forecast.bands[50][0]).all()
    assert [finding.title for finding in draft.findings][:2] == ["In 30 min", "In 60 min"]
    scored = forecast_payload.score(record, files, draft.payload, b"")
    assert scored["se"] == pytest.approx(after[record.id]["se"])


def test_one_recording_is_tested_on_its_later_time(persons):
    _, after, finished = trained(persons[:1], ["train"])
    assert list(after) == [persons[0][0].id]
    assert any("last fifth" in note for note in finished.facts["notes"])


def test_a_base_model_is_the_starting_point(persons):
    _, _, finished = trained(persons)
    chosen, bench = cases(persons, PARTS)
    bench = Bench({record.id: files for record, files, _ in persons}, {}, finished.weights)
    settings = {"horizon": 12, "lookback": 36}
    request = TrainRequest("run", "linear", settings, chosen, 0, model("linear", finished.config))
    before, after = (event for event in linear.train(request, bench) if isinstance(event, Evaluation))
    name = next(iter(after.cases))
    assert before.cases[name]["se"] == pytest.approx(after.cases[name]["se"], rel=1e-6)


def test_recordings_that_are_too_short_are_said(persons):
    with pytest.raises(BadInput, match="long enough"):
        trained(persons, horizon=400)


def test_mmol_is_forecast_by_the_same_model(persons, tmp_path):
    _, _, finished = trained(persons)
    record, files, _ = persons[-1]
    series = series_of(record, files)
    path = tmp_path / "mmol.csv"
    rows = [f"{np.datetime64('2026-03-02T00:00:00') + np.timedelta64(300 * i, 's')},{v / 18.0156:.4f}"
            for i, v in enumerate(series.values) if np.isfinite(v)]  # fmt: skip
    path.write_text("time,Glucose (mmol/L)\n" + "\n".join(rows) + "\n")
    other, other_files, _ = one([path])
    predictor = linear.LinearPredictor(model("linear", finished.config), finished.weights)
    mg = forecast_payload.decode(predictor.predict(record, files, quiet).payload)
    mmol = forecast_payload.decode(predictor.predict(other, other_files, quiet).payload)
    assert mmol.unit == "mmol/L"
    assert mmol.median * 18.0156 == pytest.approx(mg.median, rel=0.01)


def test_bands_widen_for_a_person_with_larger_errors_and_never_look_ahead():
    rng = np.random.default_rng(0)
    swing = np.ones(3000)
    bands = calibrated(rng.normal(0, 1, (3000, 3)), swing, 0.1)
    errors = rng.normal(0, 2, (3000, 3))
    widths = tracked(bands, errors, swing, np.arange(3000))
    assert widths[1, 0].tolist() == [1, 1, 1]
    inside = (errors >= bands.low[1] * widths[1, :-1]) & (errors <= bands.high[1] * widths[1, :-1])
    assert 0.87 < inside[1000:].mean() < 0.93
    changed = errors.copy()
    changed[2000:] = 0
    assert np.array_equal(tracked(bands, changed, swing, np.arange(3000))[:, :2000], widths[:, :2000])


def test_gaps_stay_gaps_on_the_grid():
    times = np.array([0.0, 300, 600, 3000, 3300])
    grid, values = on_grid(times, np.arange(5.0), 300, 300)
    assert len(grid) == 12
    assert np.isnan(values[3:10]).all()
    assert values[[0, 1, 2, 10, 11]].tolist() == [0, 1, 2, 3, 4]


def test_bands_are_a_plain_value():
    assert Bands(np.zeros((2, 1)), np.ones((2, 1)), 1.0).floor == 1.0
