"""How tables are read, where they do not say it themselves. Light: read at start."""

from __future__ import annotations

from medstation.api import Setting

IMPORT_SETTINGS: tuple[Setting, ...] = (
    Setting("patient", "text", "", "Patient", "Whose all these recordings are. Empty: what files and names say."),
    Setting("time_column", "text", "", "Time column", "Its name or number. Empty: found by its content."),
    Setting(
        "value_columns",
        "text",
        "",
        "Columns of values",
        "Names or numbers, with commas between. Empty: glucose with insulin and carbohydrates, else all numbers.",
    ),
    Setting("patient_column", "text", "", "Patient column", "The column that says whose a row is."),
    Setting("value_unit", "text", "", "Unit", "The unit of the values, such as mmol/L or mV."),
    Setting(
        "time_unit",
        "choice",
        "auto",
        "Unit of the time",
        "Of a time column that holds numbers.",
        choices=("auto", "milliseconds", "seconds", "minutes", "hours", "days"),
    ),
    Setting(
        "rate",
        "number",
        0.0,
        "Values per second",
        "For tables without a time column.",
        unit="Hz",
        minimum=0,
        maximum=1_000_000,
    ),
    Setting(
        "delimiter",
        "choice",
        "auto",
        "Between cells",
        choices=("auto", "comma", "semicolon", "tab", "space"),
        advanced=True,
    ),
    Setting("decimal", "choice", "auto", "Decimal mark", choices=("auto", "point", "comma"), advanced=True),
    Setting(
        "date_order",
        "choice",
        "auto",
        "Date order",
        "03/04/2026 is the third of April (day first) or the fourth of March (month first).",
        choices=("auto", "day first", "month first"),
        advanced=True,
    ),
)
