"""How far confidence can be believed on PneumoniaMNIST, before and after the temperature: `python .../calibration.py`.

Two kinds of training, three seeds each: as the recipe comes, and too long without augmentation, which makes a model
that is too sure of itself.
"""

from __future__ import annotations

import json

from ground import outcome, pneumonia

KINDS = {
    "as it comes": {"epochs": 5},
    "too long, without augmentation": {"epochs": 10, "augmentation": False, "weight_decay": 0.0, "patience": 0},
}


def main() -> None:
    found = []
    for kind, settings in KINDS.items():
        for seed in range(3):
            ground = pneumonia(train=500, validation=200, test=524, seed=seed)
            finished, _ = outcome(list(ground.fit(seed=seed, threads=1, batch_size=16, **settings)))
            told = finished.facts["examined"]["calibration"]
            found.append(
                {
                    "kind": kind,
                    "seed": seed,
                    "temperature": told["temperature"],
                    "ece": [told[side]["error"] for side in ("before", "after")],
                    "surprise": [told[side]["surprise"] for side in ("before", "after")],
                    "sets": told["sets"],
                    "area": finished.facts["examined"]["per_class"]["curves"][0]["area"],
                }
            )
            print(json.dumps(found[-1]), flush=True)
    print(json.dumps({"runs": found}))


if __name__ == "__main__":
    main()
