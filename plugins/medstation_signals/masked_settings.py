"""What the recipe that makes a forecasting base from series alone declares. Light: read at start."""

from __future__ import annotations

from medstation.api import MetricSpec, Recipe, Setting
from medstation.learning.settings import common_settings
from medstation_signals.forecast_settings import KINDS, PATCHTST_SETTINGS

_SHARED = ("lookback", "step", "channel", "logarithm", "split", "network", "width", "layers", "patch", "windows")

MASKED_SETTINGS: tuple[Setting, ...] = (
    *common_settings({"epochs": 20, "learning_rate": 1e-3, "batch_size": 4, "patience": 0}),
    Setting(
        "hidden",
        "number",
        0.4,
        "Hidden share",
        "The share of a look-back's patches that is hidden and has to be filled in from the rest.",
        minimum=0.05,
        maximum=0.9,
    ),
    *(one for one in PATCHTST_SETTINGS if one.name in _SHARED),
)

MASKED_METRICS: tuple[MetricSpec, ...] = (
    MetricSpec(
        "unexplained",
        "Left unexplained",
        higher_is_better=False,
        description="Of what differs from the last value in the hidden patches, the share that was not filled in.",
        combine="ratio",
        columns=("error", "spread"),
    ),
)

MASKED_SERIES = Recipe(
    id="masked-series",
    title="Base for forecasts, from series alone",
    summary="Makes a base: a transformer fills in hidden patches of series. Forecast, transformer can start from it.",
    label_kind="",
    record_kinds=KINDS,
    settings=MASKED_SETTINGS,
    metrics=MASKED_METRICS,
    trainer="medstation_signals.masked_series:train",
    engine="medstation_signals.masked_series:MaskedSeries",
    predictor="medstation_signals.masked_series:MaskedSeriesPredictor",
    score="medstation_signals.masked_series:score",
)
