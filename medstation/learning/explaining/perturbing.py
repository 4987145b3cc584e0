"""Methods that take parts of the record away: occlusion, LIME (Ribeiro 2016), Kernel SHAP (Lundberg 2017); by Captum.

They see the model from outside and work for every network. A part that is taken away looks like `Asked.absent`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import torch
from captum.attr import FeatureAblation, KernelShap, Lime

from medstation.learning.explaining.question import Question

LEAST, PER_PART, MOST = 200, 8, 600
"""Samples that LIME and SHAP draw: eight per part, within bounds."""
AT_ONCE = 64


def occlusion(question: Question) -> torch.Tensor:
    """How much the answer falls when each part alone is taken away: (parts,)."""
    everything, nothing = torch.ones(1, question.asked.count), torch.zeros(1, question.asked.count)
    found: torch.Tensor = FeatureAblation(_asked(question)).attribute(
        everything, baselines=nothing, perturbations_per_eval=AT_ONCE
    )
    return found[0]


def lime(question: Question) -> torch.Tensor:
    """The weights of a sparse linear model of the answer, fitted near the record: (parts,)."""
    return _fitted(question, Lime)


def shap(question: Question) -> torch.Tensor:
    """Estimated Shapley values: each part's share of the answer, averaged over the company it may be in: (parts,)."""
    return _fitted(question, KernelShap)


def _fitted(question: Question, kind: Callable[[Any], Any]) -> torch.Tensor:
    count, scale = question.asked.count, abs(question.full - question.empty) or 1.0
    samples = min(max(PER_PART * count, LEAST), MOST)
    everything, nothing = torch.ones(1, count), torch.zeros(1, count)
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn on solvers, in every fit
        torch.manual_seed(0)
        found: torch.Tensor = kind(_asked(question, scale)).attribute(
            everything, baselines=nothing, n_samples=samples, perturbations_per_eval=AT_ONCE
        )
    return found[0] * scale


def _asked(question: Question, scale: float = 1.0) -> Callable[[torch.Tensor], torch.Tensor]:
    """The answer (rows,) in units of `scale` for rows of switches (rows, parts), 1 where a part is there.

    LIME's penalty is an absolute number: answers must be of about the same size, whatever their unit.
    """
    return lambda switches: question.answers(switches > 0.5) / scale
