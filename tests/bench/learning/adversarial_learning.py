"""What adversarial training brings: accuracy under PGD and on images as they are, on PneumoniaMNIST.

    python tests/bench/learning/adversarial_learning.py 1200 3

Training images (first argument) and seeds (second). The attack that judges is stronger than those learnt from: PGD of
20 steps on the test images, by someone who has the model. Classes are unequal, so the mean over both classes counts.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import numpy as np
import torch
from ground import Ground, outcome, pneumonia
from small_network import small

from medstation.learning.attacks import under_attack
from medstation.learning.network import ready

ALWAYS = {"size": 28, "augmentation": False, "patience": 0, "threads": 1, "precision": "fp32", "batch_size": 32,
          "learning_rate": 1e-3}  # fmt: skip
SIZES = (0.05, 0.1, 0.2)
STEPS = 20
AT_ONCE = 128


def judged(ground: Ground, config: dict[str, Any], weights: bytes) -> dict[str, float]:
    """Balanced accuracy of the test images as they are ("clean") and under PGD of each size."""
    recipe = ground.recipe
    model = ready(recipe.build(config), config, weights)
    config = {**config, "training": {"augmentation": False, "mirror": False}}
    cases = [case for case in ground.cases if case.part == "test"]
    samples = [recipe.prepare(case, config, ground.bench) for case in cases]
    right: dict[str, list[np.ndarray]] = {"clean": [], **{str(size): [] for size in SIZES}}
    truths = []
    torch.manual_seed(0)
    for begin in range(0, len(samples), AT_ONCE):
        batch = recipe.batch(samples[begin : begin + AT_ONCE], config, np.random.default_rng(0))
        truth = recipe.truth(batch)
        truths.append(truth.numpy())
        with torch.no_grad():
            right["clean"].append((recipe.outputs(model, batch).argmax(1) == truth).numpy())
            for size in SIZES:
                said = under_attack(recipe, model, batch, (size, STEPS), recipe.loss, recipe.outputs)
                right[str(size)].append((said.argmax(1) == truth).numpy())
    truth = np.concatenate(truths)
    return {
        name: round(float(np.mean([np.concatenate(some)[truth == kind].mean() for kind in (0, 1)])), 3)
        for name, some in right.items()
    }


def main(count: int, seeds: int) -> None:
    torch.set_num_threads(1)
    variants: dict[str, dict[str, Any]] = {
        "plain": {"epochs": 10},
        "fgsm": {"epochs": 10, "adversarial": "fgsm", "adversarial_size": 0.1},
        "pgd": {"epochs": 10, "adversarial": "pgd", "adversarial_size": 0.1, "adversarial_steps": 3},
    }
    rows: dict[str, list[Any]] = {name: [] for name in variants}
    for seed in range(seeds):
        ground = small(pneumonia(train=count, validation=200, seed=seed))
        for name, settings in variants.items():
            begun = time.process_time()
            finished, _ = outcome(list(ground.fit(seed, **{**ALWAYS, **settings})))
            spent = time.process_time() - begun
            rows[name].append({**judged(ground, finished.config, finished.weights), "cpu_s": round(spent, 1)})
            print(name, seed, rows[name][-1], file=sys.stderr, flush=True)
    print(json.dumps(rows))


if __name__ == "__main__":
    main(*(int(one) for one in sys.argv[1:3]))
