"""Learning together against learning from everything in one place: PneumoniaMNIST over simulated sites, masks and all.

`python tests/bench/learning/together.py [SITES] [ROUNDS]`: a folder as the medium; the last site falls out of round 2.
Sites differ in their share of normal images (Dirichlet 1.0), as hospitals do. Pooled: the same number of passes.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ground import Ground, outcome, pneumonia
from sklearn.metrics import roc_auc_score
from small_network import small

from medstation.api import Case, TrainRequest
from medstation.learning.federated.local import Start, begun, plain, trained
from medstation.learning.federated.plan import Keys, Plan
from medstation.learning.federated.rounds import Medium
from medstation.learning.network import changed
from medstation.learning.weights import unpack

SETTINGS = {"epochs": 1, "batch_size": 32, "learning_rate": 1e-3, "schedule": "constant", "warmup": 0.0, "threads": 1,
            "augmentation": False, "patience": 0}  # fmt: skip


def ended(made: Any) -> Any:
    try:
        while True:
            next(made)
    except StopIteration as end:
        return end.value


def shares(ground: Ground, count: int, seed: int) -> list[list[Case]]:
    """The training cases over sites, every class by its own Dirichlet draw."""
    rng, sites = np.random.default_rng(seed), [[] for _ in range(count)]
    mine = [case for case in ground.cases if case.part == "train"]
    for label in sorted({ground.bench.label(case.label) for case in mine}):
        some = [case for case in mine if ground.bench.label(case.label) == label]
        cuts = (np.cumsum(rng.dirichlet(np.full(count, 1.0)))[:-1] * len(some)).astype(int)
        for place, part in enumerate(np.split(np.array(some, object), cuts)):
            sites[place] += part.tolist()
    return sites


def judged(ground: Ground, config: Any, weights: Any) -> dict[str, float]:
    recipe = ground.recipe
    network = changed(recipe.build(config), config)
    network.load_state_dict(weights)
    network.eval()
    cases = [case for case in ground.cases if case.part == "test"]
    samples = [recipe.prepare(case, config, ground.bench) for case in cases]
    plainly = {**config, "training": {"augmentation": False, "mirror": False}}
    with torch.inference_mode():
        batch = recipe.batch(samples, plainly, np.random.default_rng(0))
        chances = torch.softmax(recipe.outputs(network, batch), 1)[:, 1].numpy()
    truth = batch["target"].numpy()
    right = (chances > 0.5) == truth
    balanced = (right[truth == 0].mean() + right[truth == 1].mean()) / 2
    return {"auc": round(float(roc_auc_score(truth, chances)), 4), "accuracy": round(float(right.mean()), 4),
            "balanced": round(float(balanced), 4)}  # fmt: skip


def request(cases: list[Case], seed: int) -> TrainRequest:
    return TrainRequest("", "bench", SETTINGS, cases, seed)


def together(ground: Ground, sites: list[list[Case]], rounds: int, folder: Path) -> tuple[Any, Any, dict[str, float]]:
    names = [f"site {place:03d}" for place in range(len(sites))]
    keys = {name: Keys.make(name) for name in names}
    start = ended(begun(ground.recipe, request([case for some in sites for case in some][:200], 0), ground.bench))
    plan = Plan("bench", "bench", names[0], "t", "r", start.config, SETTINGS, start.shared, rounds, 3, 0,
                tuple(one.site for one in keys.values()))  # fmt: skip
    medium = Medium.begin(folder, plan, start.weights, keys[names[0]])
    costs = {"learning": 0.0, "masking": 0.0, "adding": 0.0}
    while medium.done < rounds:
        for name, cases in zip(names, sites, strict=True):
            if medium.current == 2 and name == names[-1]:
                continue
            begun_at = time.process_time()
            common = Start(plan.config, medium.weights(), plan.shared)
            changes, count = ended(trained(ground.recipe, request(cases, medium.current), ground.bench, common))
            then = time.process_time()
            medium.deliver(keys[name], changes, count)
            costs["learning"] += then - begun_at
            costs["masking"] += time.process_time() - then
        then = time.process_time()
        if medium.awaited():
            medium.say_absent(keys[names[0]])
            for name in names[:-1]:
                medium.show(keys[name])
        medium.close(keys[names[0]])
        costs["adding"] += time.process_time() - then
    common = Start(plan.config, medium.weights(), plan.shared)
    bytes_sent = next(folder.glob("round-0001/*.update.medfed")).stat().st_size
    per = {name: round(value / rounds, 2) for name, value in costs.items()}
    told = {**per, "update_mb": round(bytes_sent / 1e6, 2)}
    return plan.config, ended(plain(ground.recipe, request(sites[0], 0), ground.bench, common)), told


def main() -> None:
    torch.set_num_threads(1)
    count, rounds = (int(word) for word in (sys.argv[1:] + ["5", "6"][len(sys.argv) - 1 :])[:2])
    ground = small(pneumonia(train=3000, validation=0))
    with tempfile.TemporaryDirectory() as folder:
        config, weights, costs = together(ground, shares(ground, count, 0), rounds, Path(folder) / "medium")
    pooled = replace(ground, cases=[case for case in ground.cases if case.part != "validation"])
    finished, _ = outcome(list(pooled.fit(seed=0, **{**SETTINGS, "epochs": rounds})))
    found = {"sites": count, "rounds": rounds, "together": judged(ground, config, weights),
             "pooled": judged(ground, finished.config, unpack(finished.weights)), "cpu_s_a_round": costs}  # fmt: skip
    print(json.dumps(found))


if __name__ == "__main__":
    main()
