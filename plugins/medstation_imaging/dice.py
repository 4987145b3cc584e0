"""How well two masks agree."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from medstation.api import Metrics


def dice_scores(predicted: np.ndarray, label: np.ndarray, names: Sequence[str]) -> Metrics:
    """Dice per segment ("dice <name>") and their mean ("dice"); both masks hold 1 .. len(names), same shape.

    2 |A and B| / (|A| + |B|) (Dice 1945); a segment that is in neither counts as 1.
    """
    count = len(names) + 1
    pairs = np.bincount(label.ravel().astype(np.int64) * count + predicted.ravel(), minlength=count * count)
    table = pairs.reshape(count, count)
    shared, total = np.diag(table), table.sum(0) + table.sum(1)
    scores = [2 * float(shared[i]) / float(total[i]) if total[i] else 1.0 for i in range(1, count)]
    mean = sum(scores) / len(scores) if scores else 1.0
    return {"dice": mean, **{f"dice {name}": value for name, value in zip(names, scores, strict=True)}}
