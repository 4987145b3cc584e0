"""Ten prepared candidates, and what the gate says of each."""

from __future__ import annotations

import numpy as np
import pytest

from medstation.actions.judging import Evidence, Verdict, judge
from medstation.actions.subgroups import Group, gaps, groups_of
from medstation.api import MetricSpec, Person, Record
from medstation.learning.combining import Cases

DICE = MetricSpec("dice", "Dice")
ERROR = MetricSpec("error", "Error", higher_is_better=False)
COUNT = 40
RECORDS = [f"r-{number}" for number in range(COUNT)]
PATIENTS = {record: f"P{number // 2}" for number, record in enumerate(RECORDS)}
WOMEN = Group("sex", "sex F", tuple(RECORDS[:16]), 8)
MEN = Group("sex", "sex M", tuple(RECORDS[16:]), 12)


def cases(metric: MetricSpec, mean: float, seed: int = 0, count: int = COUNT) -> dict[str, dict[str, float]]:
    noise = np.random.default_rng(seed).normal(0, 0.05, count)
    return {record: {metric.name: mean + float(one)} for record, one in zip(RECORDS, noise, strict=False)}


def shifted(base: Cases, by: float, only: tuple[str, ...] = ()) -> dict[str, dict[str, float]]:
    return {
        record: {name: value + (by if not only or record in only else 0.0) for name, value in one.items()}
        for record, one in base.items()
    }


def evidence(metric: MetricSpec, before: object, after: object, **more: object) -> Evidence:
    given = {"groups": (WOMEN, MEN), **more}
    return Evidence(metric, "net@1", before, after, PATIENTS, **given)  # type: ignore[arg-type]


OLD, OLD_ERROR = cases(DICE, 0.70), cases(ERROR, 0.70)
FEW = {record: OLD[record] for record in RECORDS[:10]}
BOTH = {**shifted(OLD, 0.1, only=MEN.records), **shifted({r: OLD[r] for r in WOMEN.records}, -0.05)}

CANDIDATES: dict[str, tuple[Evidence, str, bool]] = {
    "better": (evidence(DICE, OLD, shifted(OLD, 0.06)), "better", False),
    "better where less is more": (evidence(ERROR, OLD_ERROR, shifted(OLD_ERROR, -0.1)), "better", False),
    "equal: other noise, same mean": (evidence(DICE, OLD, cases(DICE, 0.70, seed=9)), "equal", True),
    "a little higher, but not more than chance gives": (evidence(DICE, OLD, cases(DICE, 0.712, seed=6)), "equal", True),
    "worse": (evidence(DICE, OLD, shifted(OLD, -0.04)), "worse", True),
    "worse where less is more": (evidence(ERROR, OLD_ERROR, shifted(OLD_ERROR, 0.1)), "worse", True),
    "better for men, worse for women": (evidence(DICE, OLD, BOTH), "worse for a subgroup", True),
    "overfitted": (evidence(DICE, OLD, shifted(OLD, 0.05), training=0.99, tested=0.75), "overfitted", True),
    "leaking patients": (evidence(DICE, OLD, shifted(OLD, 0.2), leaked=("P3", "P4")), "leaking", True),
    "never measured": (evidence(DICE, {}, {}), "not measured", True),
    "better on five patients": (evidence(DICE, FEW, shifted(FEW, 0.1)), "few patients", True),
    "learnt well, not by heart": (evidence(DICE, OLD, shifted(OLD, 0.1), training=0.85, tested=0.80), "better", False),
}


@pytest.mark.parametrize("name", CANDIDATES)
def test_each_candidate_is_judged_rightly(name: str) -> None:
    given, word, needs_reason = CANDIDATES[name]
    verdict = judge(given)
    assert (verdict.word, verdict.needs_reason) == (word, needs_reason), verdict
    assert verdict.to_json()["findings"][0]["word"] == word


def says(verdict: Verdict) -> str:
    return "; ".join(one.says for one in verdict.findings)


def test_a_verdict_says_why() -> None:
    assert "worse for sex F, 8 patients: -0.05" in says(judge(CANDIDATES["better for men, worse for women"][0]))
    assert "had learnt from 2 test patients" in says(judge(CANDIDATES["leaking patients"][0]))
    assert "0.99 on cases it learnt from, 0.75 on the test" in says(judge(CANDIDATES["overfitted"][0]))
    assert "measured on 5 patients, fewer than 10" in says(judge(CANDIDATES["better on five patients"][0]))
    assert "better than net@1: Dice +0.06" in says(judge(CANDIDATES["better"][0]))


def test_everything_that_is_wrong_is_said_and_the_gravest_gives_the_word() -> None:
    verdict = judge(evidence(DICE, OLD, shifted(OLD, -0.1), leaked=("P1",), training=0.95, tested=0.6))
    words = [one.word for one in verdict.findings]
    assert verdict.word == "leaking" and {"worse", "worse for a subgroup", "overfitted"} <= set(words)


def test_a_rival_that_knew_the_patients_is_said_and_asks_for_nothing() -> None:
    verdict = judge(evidence(DICE, OLD, shifted(OLD, 0.1), rival_leaked=("P1",)))
    assert verdict.word == "better" and not verdict.needs_reason and "favours it" in says(verdict)


def person(number: int, sex: str = "", born: str = "") -> Person:
    return Person(f"P{number}", sex=sex, birth_date=born)


def record(number: int, who: Person, when: str = "", **meta: object) -> Record:
    return Record(f"r-{number}", "toy", "point", who, "", "", when, meta)


def test_groups_are_made_of_sex_age_device_and_site_where_they_are_known() -> None:
    born = ["1950-06-01", "2010-01-31", "", "1951-01-01", "1952-02-02", "not a date"]
    records = [
        record(
            n, person(n, "FM"[n % 2], born[n]), "2020-05-31T10:00", manufacturer="ACME", model="One", institution="A"
        )
        for n in range(6)
    ]
    found = {group.name: group.records for group in groups_of(records)}
    assert found == {
        "age 60 to 79": ("r-0", "r-3", "r-4"),
        "device ACME One": tuple(f"r-{n}" for n in range(6)),
        "sex F": ("r-0", "r-2", "r-4"),
        "sex M": ("r-1", "r-3", "r-5"),
        "site A": tuple(f"r-{n}" for n in range(6)),
    }


def test_one_patient_is_no_group() -> None:
    same = person(1, "F")
    assert groups_of([record(1, same), record(2, same)]) == []


def test_a_fairness_gap_names_the_groups_and_has_an_interval() -> None:
    unequal = {**OLD, **shifted({r: OLD[r] for r in MEN.records}, 0.1)}
    (gap,) = gaps(DICE, unequal, (WOMEN, MEN), PATIENTS)
    assert (gap.axis, gap.high, gap.low, gap.shown) == ("sex", "sex M", "sex F", True)
    assert gap.difference["low"] < 0.1 < gap.difference["high"]
    (same,) = gaps(DICE, OLD, (WOMEN, MEN), PATIENTS)
    assert not same.shown
    assert gaps(DICE, OLD, (WOMEN,), PATIENTS) == []
