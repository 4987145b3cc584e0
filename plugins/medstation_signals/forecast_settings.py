"""What the forecasting recipes declare. Light: read at start."""

from __future__ import annotations

from medstation.api import MetricSpec, Recipe, Setting
from medstation.learning.declared.losses import VALUE_LOSS
from medstation.learning.settings import common_settings

KINDS = ("glucose", "series")

FORECAST_SETTINGS: tuple[Setting, ...] = (
    Setting(
        "horizon",
        "integer",
        12,
        "Horizon",
        "How many steps ahead to forecast: 12 steps of 5 minutes are an hour, 24 of a week are 24 weeks.",
        unit="steps",
        minimum=1,
        maximum=400,
    ),
    Setting(
        "lookback",
        "integer",
        72,
        "Look-back",
        "How many past values a forecast sees.",
        unit="steps",
        minimum=4,
        maximum=2000,
    ),
    Setting(
        "step",
        "number",
        0.0,
        "Step",
        "Minutes between values. 0 takes what most training recordings have.",
        unit="min",
        minimum=0,
        maximum=600_000,
    ),
    Setting("channel", "text", "", "Channel", "Which signal to forecast. Empty: the glucose, or the first one."),
    Setting(
        "season",
        "integer",
        0,
        "Season",
        "After how many steps things repeat. 0: a year for weekly and daily values, else a day.",
        unit="steps",
        minimum=0,
        maximum=100_000,
        advanced=True,
    ),
    Setting(
        "logarithm",
        "switch",
        False,
        "Logarithm",
        "Forecast the logarithm of the values: for counts and rates that grow by factors.",
        advanced=True,
    ),
    Setting(
        "split",
        "choice",
        "auto",
        "Tested on",
        "persons: persons never seen in training. later: the last fifth of each recording's time. "
        "auto: persons where the data set has test persons.",
        choices=("auto", "persons", "later"),
        advanced=True,
    ),
)

_BY_STEP = "Root of the mean squared error"
FORECAST_METRICS: tuple[MetricSpec, ...] = (
    MetricSpec("rmse", "RMSE", "", False, f"{_BY_STEP} over all steps ahead.", "root ratio", ("se", "n")),
    MetricSpec(
        "rmse_half", "RMSE, half way", "", False, f"{_BY_STEP} at half of the horizon.", "root ratio",
        ("se_half", "n_half"),
    ),
    MetricSpec(
        "rmse_end", "RMSE, end", "", False, f"{_BY_STEP} at the last step ahead.", "root ratio", ("se_end", "n_end")
    ),
    MetricSpec(
        "against_last", "RMSE ÷ last value's", "", False, "Below 1 is better than saying: it stays as it is.",
        "root ratio", ("se", "se_last"),
    ),
    MetricSpec(
        "against_season", "RMSE ÷ seasonal", "", False, "Below 1 is better than saying: as one season ago.",
        "root ratio", ("se_where_season", "se_season"),
    ),
    MetricSpec("coverage_90", "Inside 90 % band", "", True, "Should be 0.90.", "ratio", ("in_90", "n")),
    MetricSpec("coverage_50", "Inside 50 % band", "", True, "Should be 0.50.", "ratio", ("in_50", "n")),
    MetricSpec("width_90", "Width of 90 % band", "", False, "Mean width of the band.", "ratio", ("wide_90", "n")),
)  # fmt: skip

LINEAR = Recipe(
    id="linear",
    title="Forecast, linear",
    summary="Ridge regression on the last values, their level, swing and season. Learns in seconds.",
    label_kind="",
    record_kinds=KINDS,
    settings=FORECAST_SETTINGS,
    metrics=FORECAST_METRICS,
    trainer="medstation_signals.linear:train",
    predictor="medstation_signals.linear:LinearPredictor",
    score="medstation_signals.forecast_payload:score",
)

PATCHTST_SETTINGS: tuple[Setting, ...] = (
    *common_settings({"epochs": 20, "learning_rate": 1e-3, "batch_size": 4, "patience": 6}),
    *FORECAST_SETTINGS,
    Setting(
        "network",
        "choice",
        "patchtst",
        "Network",
        "patchtst: a transformer over patches of the past; patchtsmixer: mixing layers, smaller.",
        choices=("patchtst", "patchtsmixer"),
    ),
    Setting("width", "integer", 32, "Width", "Numbers that describe a patch.", minimum=8, maximum=512, advanced=True),
    Setting("layers", "integer", 2, "Layers", minimum=1, maximum=12, advanced=True),
    *VALUE_LOSS,
    Setting("patch", "integer", 8, "Patch", "Values in a patch.", unit="steps", minimum=2, maximum=128, advanced=True),
    Setting(
        "windows",
        "integer",
        64,
        "Windows per recording",
        "Stretches drawn from each recording for a batch.",
        minimum=1,
        maximum=4096,
        advanced=True,
    ),
)

PATCHTST = Recipe(
    id="patchtst",
    title="Forecast, transformer",
    summary="PatchTST or PatchTSMixer, trained from scratch on the recordings; gaps are masked.",
    label_kind="",
    record_kinds=KINDS,
    settings=PATCHTST_SETTINGS,
    metrics=FORECAST_METRICS,
    trainer="medstation_signals.patchtst:train",
    engine="medstation_signals.patchtst:PatchRecipe",
    predictor="medstation_signals.patchtst:PatchPredictor",
    score="medstation_signals.forecast_payload:score",
    bases=("masked-series",),
)
