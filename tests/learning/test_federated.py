"""What learning together promises: the sum is right, nothing of a single site can be read, and cheats are named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from toy import MemoryBench, ToyRecipe, case

from medstation.api import BadInput, Refused, TrainRequest
from medstation.learning.federated.letters import Letter
from medstation.learning.federated.local import Start, begun, plain, trained
from medstation.learning.federated.masks import from_whole, mask, pair_key, summed, to_whole
from medstation.learning.federated.plan import Keys, Plan
from medstation.learning.federated.rounds import Medium

NAMES = ("North", "South", "East", "West", "Centre")
SETTINGS = {"epochs": 2, "learning_rate": 0.02, "schedule": "constant", "warmup": 0.0, "precision": "fp32"}


def run(made):
    """What a generator of events returns at its end."""
    try:
        while True:
            next(made)
    except StopIteration as end:
        return end.value


def request(site: int, seed: int = 0, **more: object) -> TrainRequest:
    cases = [case(100 * site + number, "train") for number in range(8)]
    return TrainRequest("f-1", "toy", {**SETTINGS, **more}, cases, seed)


@pytest.fixture
def keys() -> dict[str, Keys]:
    return {name: Keys.make(name) for name in NAMES}


def begin(folder: Path, keys: dict[str, Keys], least: int = 3, **more: object) -> Medium:
    start = run(begun(ToyRecipe(), request(0, **more), MemoryBench()))
    plan = Plan("f-1", "toys", "North", "toy", "toy", start.config, {**SETTINGS, **more}, start.shared, 2, least, 0,
                tuple(one.site for one in keys.values()))  # fmt: skip
    return Medium.begin(folder, plan, start.weights, keys["North"])


def change(medium: Medium, name: str) -> tuple[dict[str, np.ndarray], int]:
    start = Start(medium.plan.config, medium.weights(), medium.plan.shared)
    asked = request(NAMES.index(name), medium.current, **medium.plan.settings)
    return run(trained(ToyRecipe(), asked, MemoryBench(), start))


def deliver(medium: Medium, keys: dict[str, Keys], names=NAMES) -> dict[str, dict[str, np.ndarray]]:
    changes = {}
    for name in names:
        changes[name], cases = change(medium, name)
        medium.deliver(keys[name], changes[name], cases)
    return changes


def test_the_common_model_is_the_mean_of_the_sites_by_their_cases(tmp_path, keys):
    medium = begin(tmp_path, keys)
    before = medium.weights()
    changes = deliver(medium, keys)
    medium.close(keys["North"])
    assert medium.done == 1 and medium.cases() == 40
    for name in medium.plan.shared:
        mean = sum(one[name] for one in changes.values()) / len(NAMES)
        np.testing.assert_allclose(medium.weights()[name], before[name] + mean, atol=1e-6)


def test_rounds_go_on_and_the_model_learns(tmp_path, keys):
    medium = begin(tmp_path, keys, learning_rate=0.1, batch_size=2)

    def error() -> float:
        start = Start(medium.plan.config, medium.weights(), medium.plan.shared)
        weights = run(plain(ToyRecipe(), request(9), MemoryBench(), start))
        recipe, bench = ToyRecipe(), MemoryBench()
        network = recipe.build(medium.plan.config)
        network.load_state_dict(weights)
        points = [recipe.prepare(case(900 + number, "test"), {"width": 8}, bench) for number in range(20)]
        with torch.no_grad():
            return float(np.mean([recipe.score(network.eval(), one, {})["loss"] for one in points]))

    first = error()
    for _ in range(2):
        deliver(medium, keys)
        medium.close(keys["North"])
    assert medium.done == 2 and error() < 0.7 * first


def test_what_travels_of_one_site_is_noise(tmp_path, keys):
    medium = begin(tmp_path, keys)
    changes = deliver(medium, keys)
    for name in NAMES:
        masked = medium._update(name)
        own = to_whole(np.concatenate([changes[name][one].ravel() * 8 for one in medium.plan.shared]))
        top = (masked >> np.uint64(56)).astype(int)
        assert np.bincount(top, minlength=256).max() < len(top) / 8
        assert not np.isin(own[own != 0], masked).any()
        seen = from_whole(masked[:-1])
        assert abs(np.corrcoef(seen, from_whole(own))[0, 1]) < 0.25


def test_a_site_that_falls_out_costs_nothing_but_its_cases(tmp_path, keys):
    medium = begin(tmp_path, keys)
    before, there = medium.weights(), NAMES[:4]
    changes = deliver(medium, keys, there)
    assert medium.awaited() == ["Centre"]
    with pytest.raises(BadInput, match="waits for Centre"):
        medium.close(keys["North"])
    assert medium.say_absent(keys["North"]) == ["Centre"]
    assert medium.awaited() == list(there)
    for name in there:
        assert medium.show(keys[name]) is not None
        assert medium.show(keys[name]) is None, "once is enough"
    medium.close(keys["North"])
    name = medium.plan.shared[0]
    mean = sum(one[name] for one in changes.values()) / 4
    np.testing.assert_allclose(medium.weights()[name], before[name] + mean, atol=1e-6)
    deliver(medium, keys)
    medium.close(keys["North"])
    assert medium.done == 2, "it is back in the next round"


def test_too_few_sites_are_not_added_up(tmp_path, keys):
    medium = begin(tmp_path, keys, least=4)
    deliver(medium, keys, NAMES[:3])
    with pytest.raises(BadInput, match="3 sites delivered round 1; 4 must"):
        medium.say_absent(keys["North"])
    with pytest.raises(BadInput, match="too few"):
        replace(medium.plan, sites=medium.plan.sites[:2], least=2)


def test_a_statement_that_would_lay_a_site_open_is_not_followed(tmp_path, keys):
    medium = begin(tmp_path, keys)
    deliver(medium, keys)
    head = {"kind": "absent", "present": ["South"], "missing": ["North", "East", "West", "Centre"]}
    full = {**head, "from": "North", "federation": "f-1", "round": 1}
    Letter(full).write(tmp_path / "round-0001" / "absent.medfed", keys["North"].signs)
    with pytest.raises(Refused, match="does not fit the plan"):
        medium.show(keys["South"])


@pytest.mark.parametrize("fault", ["changed", "other key", "cut", "other round", "not a letter"])
def test_a_letter_that_is_not_genuine_is_refused_by_name(tmp_path, keys, fault):
    medium = begin(tmp_path, keys)
    deliver(medium, keys)
    path = tmp_path / "round-0001" / "East.update.medfed"
    data = path.read_bytes()
    if fault == "changed":
        path.write_bytes(data[:-9] + bytes([data[-9] ^ 1]) + data[-8:])
    elif fault == "other key":
        path.write_bytes(Letter({"kind": "update", "from": "East"}, {}).signed(Keys.make("East").signs))
    elif fault == "cut":
        path.write_bytes(data[: len(data) // 2])
    elif fault == "other round":
        old = {"kind": "update", "from": "East", "federation": "f-1", "round": 7}
        path.write_bytes(Letter(old, {"masked": np.zeros(3, np.uint64)}).signed(keys["East"].signs))
    else:
        path.write_bytes(b"PK\x03\x04 something else")
    with pytest.raises(Refused, match="East"):
        medium.close(keys["North"])


def test_an_update_of_another_shape_is_refused_by_name(tmp_path, keys):
    medium = begin(tmp_path, keys)
    deliver(medium, keys, NAMES[:4])
    head = {"kind": "update", "from": "Centre", "federation": "f-1", "round": 1}
    path = tmp_path / "round-0001" / "Centre.update.medfed"
    Letter(head, {"masked": np.zeros(12, np.uint64)}).write(path, keys["Centre"].signs)
    with pytest.raises(Refused, match="update of Centre in round 1 has another shape"):
        medium.close(keys["North"])


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e12])
def test_a_site_sends_nothing_that_is_no_number(tmp_path, keys, value):
    medium = begin(tmp_path, keys)
    changes, cases = change(medium, "South")
    changes[medium.plan.shared[0]].flat[0] = value
    with pytest.raises(BadInput, match="not finite"):
        medium.deliver(keys["South"], changes, cases)
    assert medium.delivered() == []


def test_a_plan_that_was_changed_is_refused(tmp_path, keys):
    begin(tmp_path, keys)
    path = tmp_path / "plan.medfed"
    data = path.read_bytes()
    path.write_bytes(data.replace(b'"rounds": 2', b'"rounds": 9'))
    with pytest.raises(Refused, match="was changed on its way"):
        Medium(tmp_path)


def test_a_turn_is_taken_once(tmp_path, keys):
    medium = begin(tmp_path, keys)
    deliver(medium, keys, ("South",))
    with pytest.raises(BadInput, match="there already"):
        deliver(medium, keys, ("South",))


def test_keys_survive_being_kept_and_have_a_fingerprint_to_read_out():
    keys = Keys.make("North")
    assert Keys.from_json(keys.to_json()).site == keys.site
    assert len(keys.site.fingerprint.split()) == 12
    assert keys.site.fingerprint != Keys.make("North").site.fingerprint
    with pytest.raises(BadInput):
        Keys.make("../North")


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(st.floats(-1e4, 1e4), min_size=3, max_size=3), min_size=3, max_size=6),
    st.integers(1, 10**6),
)
def test_masks_cancel_in_any_sum(rows, number):
    keys = {f"site {place}": Keys.make(f"site {place}") for place in range(len(rows))}
    masked = []
    for (name, own), row in zip(keys.items(), rows, strict=True):
        pairs = {
            other: pair_key(own.exchanges, bytes.fromhex(its.site.exchanges), "f", number, (name, other))
            for other, its in keys.items()
            if other != name
        }
        masked.append(to_whole(np.array(row)) + mask(pairs, name, 3))
    np.testing.assert_allclose(from_whole(summed(masked, {}, 3)), np.sum(rows, axis=0), atol=1e-6)
