"""How far a model's confidence can be believed: calibration error, temperature, and sets that hold what they promise.

NumPy and SciPy only. Expected calibration error and temperature: Guo et al., On Calibration of Modern Neural Networks,
2017. Sets: split conformal prediction with the score 1 - p(true class), Sadinle et al., Least Ambiguous Set-Valued
Classifiers, 2019.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from medstation.api import Json
from medstation.learning.decisions import Decisions

BINS = 15
LOWEST, HIGHEST = 0.05, 20.0
"""Between which a temperature is looked for."""
COVERAGE = 0.9

Numbers = NDArray[np.float64]


def curve(chances: Numbers, truth: NDArray[np.int64], bins: int = BINS) -> list[Json]:
    """The reliability curve: per bin of confidence (equal widths; empty ones left out) mean confidence, the share that
    is right, and how many decisions.
    """
    sure, right = chances.max(axis=1), chances.argmax(axis=1) == truth
    place = np.minimum((sure * bins).astype(int), bins - 1)
    return [
        {
            "confidence": round(float(sure[place == one].mean()), 5),
            "right": round(float(right[place == one].mean()), 5),
            "count": int((place == one).sum()),
        }
        for one in range(bins)
        if (place == one).any()
    ]


def calibration_error(points: list[Json]) -> float:
    """The expected calibration error of a reliability curve: how far confidence is from being right, on the mean."""
    total = sum(one["count"] for one in points)
    return float(sum(abs(one["confidence"] - one["right"]) * one["count"] for one in points) / max(total, 1))


def surprise(decided: Decisions, temperature: float = 1.0) -> float:
    """The mean negative log-likelihood of the right classes."""
    chances = decided.chances(temperature)[np.arange(len(decided)), decided.truth]
    return float(-np.log(np.maximum(chances, 1e-12)).mean())


def fitted_temperature(decided: Decisions) -> float:
    """What the scores are best divided by: above 1 the model was too sure.

    Where hardly any decision is wrong, the likelihood alone would run off to a limit, so the logarithm of the
    temperature has a normal prior around 0 with deviation 1.
    """
    from scipy.optimize import minimize_scalar

    def cost(log: float) -> float:
        return surprise(decided, math.exp(log)) * len(decided) + log * log / 2

    found = minimize_scalar(cost, bounds=(math.log(LOWEST), math.log(HIGHEST)), method="bounded")
    return math.exp(float(found.x))


def temperature_helps(decided: Decisions, seed: int = 0, folds: int = 5) -> bool:
    """Whether temperatures fitted on the other patients make those of each fold less surprising, all together."""
    people = np.random.default_rng(seed).permutation(sorted(set(decided.patients))).tolist()
    gained = 0.0
    for fold in range(folds):
        judged = decided.of_patients(set(people[fold::folds]))
        learnt = decided.of_patients(set(people) - set(people[fold::folds]))
        if not len(judged) or not len(learnt):
            return False
        gained += (surprise(judged) - surprise(judged, fitted_temperature(learnt))) * len(judged)
    return gained > 0


def set_threshold(chances: Numbers, truth: NDArray[np.int64], coverage: float = COVERAGE) -> float:
    """The least probability with which a class belongs to the set, so that sets hold the truth in `coverage` of cases.

    0 where there are too few decisions to promise that: then every class belongs to it.
    """
    scores = np.sort(1 - chances[np.arange(len(truth)), truth])
    rank = math.ceil((len(scores) + 1) * coverage)
    return float(1 - scores[rank - 1]) if rank <= len(scores) else 0.0


def sets_measured(chances: Numbers, truth: NDArray[np.int64], threshold: float) -> Json:
    """How often sets hold the truth, and how large they are: {"coverage", "size", "sizes": how many of each size}.

    The likeliest class always belongs to its set, so that no set is empty.
    """
    held = chances >= threshold
    held[np.arange(len(truth)), chances.argmax(axis=1)] = True
    sizes = held.sum(axis=1)
    return {
        "coverage": round(float(held[np.arange(len(truth)), truth].mean()), 5),
        "size": round(float(sizes.mean()), 5),
        "sizes": np.bincount(sizes, minlength=chances.shape[1] + 1).tolist(),
    }
