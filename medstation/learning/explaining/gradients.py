"""Integrated gradients (Sundararajan 2017), by Captum: gradients on the straight way from nothing to the record."""

from __future__ import annotations

import torch
from captum.attr import IntegratedGradients

from medstation.learning.explaining.doors import Doors
from medstation.learning.explaining.question import Question

STEPS = 24


def integrated(question: Question) -> dict[str, torch.Tensor]:
    """In the grids of the inputs. Of ids, the way goes through their vectors."""
    doors = Doors(question)
    record, nothing = doors.read(question.batch), doors.read({**question.batch, **question.absent})
    found = IntegratedGradients(lambda *numbers: doors.value(numbers)).attribute(
        record,
        baselines=nothing,
        n_steps=STEPS,
        internal_batch_size=len(record[0]),
    )
    return doors.summed([one.nan_to_num() for one in found])
