"""Settings: learning with differential privacy."""

from __future__ import annotations

from medstation.api import Setting

_GROUP = "Privacy"

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "epsilon",
        "number",
        0.0,
        "Privacy budget (epsilon)",
        "How much the model may tell of any one patient it learnt from: 1 is strict, 8 is usual, 0 learns without.",
        minimum=0,
        maximum=1000,
        advanced=True,
        group=_GROUP,
    ),
    Setting(
        "delta",
        "number",
        0.0,
        "Privacy failure chance (delta)",
        "The chance with which the budget may be overstepped. 0 takes a tenth of one over the number of patients.",
        minimum=0,
        maximum=0.1,
        advanced=True,
        group=_GROUP,
    ),
    Setting(
        "private_clip",
        "number",
        1.0,
        "Clipping of a patient's gradient",
        "The longest gradient that one patient may add to a private step (2-norm); the noise grows with it.",
        minimum=1e-6,
        maximum=1e6,
        advanced=True,
        group=_GROUP,
    ),
    Setting(
        "private_noise",
        "number",
        0.0,
        "Noise multiplier",
        "Noise of a private step, in clippings. 0 takes the least with which the budget lasts for all epochs; "
        "with a value of your own, training ends when the budget is spent.",
        minimum=0,
        maximum=1000,
        advanced=True,
        group=_GROUP,
    ),
)
