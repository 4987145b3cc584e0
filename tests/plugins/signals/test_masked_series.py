"""A base for forecasts from series alone, and the forecaster that starts from it."""

from __future__ import annotations

import numpy as np
import pytest
from signal_files import cases, imported, quiet

from medstation.api import Evaluation, Finished, ModelInfo, Started, TrainRequest
from medstation.learning.combining import combined
from medstation_samples.signals import glucose
from medstation_signals import masked_series, patchtst
from medstation_signals.masked_settings import MASKED_METRICS

PARTS = ["train"] * 3 + ["validation", "test"]
SMALL = {"width": 16, "layers": 1, "lookback": 48, "windows": 16, "threads": 1}


@pytest.fixture(scope="module")
def persons(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cgm")
    rng = np.random.default_rng(3)
    for number in range(len(PARTS)):
        minutes, values = glucose(rng)
        base = np.datetime64("2026-03-02T00:00:00")
        rows = [f"{base + np.timedelta64(int(m), 'm')},{v:.0f}" for m, v in zip(minutes[:500], values, strict=False)]
        (folder / f"p{number}.csv").write_text("time,Glucose (mg/dL)\n" + "\n".join(rows) + "\n")
    return imported(sorted(folder.iterdir()))[0]


def test_whole_patches_are_hidden_but_never_the_last_one():
    hidden = masked_series.hide(np.zeros((50, 48)), {"patch": 8, "hidden": 0.5}, np.random.default_rng(0))
    assert hidden.sum(axis=1).tolist() == [24] * 50
    assert not hidden[:, -8:].any()
    patches = hidden.reshape(50, 6, 8)
    assert (patches.all(axis=2) == patches.any(axis=2)).all()


def test_a_forecast_starts_from_a_base_that_filled_in_hidden_patches(persons):
    chosen, bench = cases(persons, PARTS)
    asked = TrainRequest("run-1", "masked-series", {**SMALL, "epochs": 6, "hidden": 0.3}, chosen, 0)
    events = list(masked_series.train(asked, bench))
    before, after = (combined(MASKED_METRICS[0], event.cases) for event in events if isinstance(event, Evaluation))
    assert after < before
    made = next(event for event in events if isinstance(event, Finished))
    base = ModelInfo("m-1", "base", 1, "candidate", "signals.recordings", "masked-series", made.config, {})
    record, files, _ = persons[-1]
    draft = masked_series.MaskedSeriesPredictor(base, made.weights).predict(record, files, quiet)
    assert set(masked_series.score(record, files, draft.payload, b"")) == {"error", "spread"}

    bench.weights = lambda model_id: made.weights
    forecast = {**SMALL, "epochs": 1, "horizon": 6}
    events = list(patchtst.train(TrainRequest("run-2", "patchtst", forecast, chosen, 0, base), bench))
    notes = " ".join(next(event for event in events if isinstance(event, Started)).facts["notes"])
    assert "2 of its tensors were made anew (head.projection.weight, head.projection.bias)" in notes
    config = next(event for event in events if isinstance(event, Finished)).config
    assert (config["shape"]["horizon"], config["shape"]["lookback"], "hidden" in config) == (6, 48, False)
