"""The gate: what the evidence says of a model that is to be approved, in one word and with its reasons.

Nothing here forbids. What speaks against a model is told, and a person who approves it all the same writes down why.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from medstation.actions.comparing import NO_DIFFERENCE, word_of
from medstation.actions.subgroups import Group, within
from medstation.api import Json, MetricSpec
from medstation.learning.combining import Cases, difference, rows_of
from medstation.learning.intervals import LEVEL, Interval

LEAST_PATIENTS = 10
"""Fewer test patients can show a great difference, but not that it holds for others."""
LEAST_IN_GROUP = 5
"""Patients of a subgroup that is judged for itself."""
GREATEST_GAP = 0.1
"""A score may be this much better on the training cases than on the test cases before it looks learnt by heart."""
GREATEST_RATIO = 2.0
"""And an error this many times smaller."""

ORDER = (
    "leaking", "not measured", "worse", "worse for a subgroup", "few patients", "overfitted", "equal", "better",
)  # fmt: skip
"""All verdicts, the gravest first. Only "better" needs no reason."""


@dataclass(frozen=True)
class Evidence:
    """What is known of a model beside its rival: the approved version, the base, or the untrained network.

    `before` and `after` are the rival's and the model's cases on the same frozen test part; `training` is the deciding
    metric on cases it learnt from, `tested` the same on the test part. `leaked` are test patients that the model or
    what it was made from had learnt from; `rival_leaked` the same for the rival. `caveats` are further remarks.
    """

    metric: MetricSpec
    rival: str
    before: Cases
    after: Cases
    patients: Mapping[str, str]
    groups: Sequence[Group] = ()
    training: float | None = None
    tested: float | None = None
    leaked: Sequence[str] = ()
    rival_leaked: Sequence[str] = ()
    caveats: Sequence[str] = ()


@dataclass(frozen=True)
class Finding:
    """One thing that was found; `grave` when it needs a reason."""

    word: str
    says: str
    grave: bool = True


@dataclass(frozen=True)
class Verdict:
    """`word` is the gravest of the findings' words; `difference` the deciding metric's, None where not measured."""

    word: str
    needs_reason: bool
    metric: str
    rival: str
    patients: int
    difference: Json | None
    findings: tuple[Finding, ...] = field(default=())

    def to_json(self) -> Json:
        return asdict(self)


def judge(evidence: Evidence) -> Verdict:
    """The verdict on a model, from the evidence alone."""
    measured = _difference(evidence, evidence.before, evidence.after)
    findings = [*_leaks(evidence), *_comparison(evidence, measured), *_doubts(evidence, measured)]
    findings.sort(key=lambda one: ORDER.index(one.word) if one.word in ORDER else len(ORDER))
    return Verdict(
        word=findings[0].word,
        needs_reason=any(one.grave for one in findings),
        metric=evidence.metric.title,
        rival=evidence.rival,
        patients=_patients(evidence, rows_of(evidence.metric, evidence.after)),
        difference=asdict(measured) if measured else None,
        findings=tuple(findings),
    )


def _leaks(evidence: Evidence) -> Iterator[Finding]:
    if count := len(evidence.leaked):
        whose = "one test patient" if count == 1 else f"{count} test patients"
        yield Finding("leaking", f"it had learnt from {whose}, so the test is none")
    if count := len(evidence.rival_leaked):
        whose = "one of these patients" if count == 1 else f"{count} of these patients"
        yield Finding("note", f"{evidence.rival} had learnt from {whose}, which favours it", grave=False)


def _comparison(evidence: Evidence, measured: Interval | None) -> Iterator[Finding]:
    metric, rival = evidence.metric, evidence.rival
    if measured is None:
        yield Finding("not measured", f"it was not measured against {rival} on a frozen test set")
        return
    told = f"{metric.title} {measured.value:+.3g} [{measured.low:+.3g}, {measured.high:+.3g}]"
    word = _word(metric, measured)
    if word == NO_DIFFERENCE:
        yield Finding("equal", f"no difference to {rival} is shown: {told}")
    elif word == "worse":
        yield Finding("worse", f"worse than {rival}: {told}")
    else:
        yield Finding("better", f"better than {rival}: {told}", grave=False)


def _doubts(evidence: Evidence, measured: Interval | None) -> Iterator[Finding]:
    if measured is not None:
        yield from _subgroups(evidence)
        count = _patients(evidence, rows_of(evidence.metric, evidence.after))
        if count < LEAST_PATIENTS:
            yield Finding("few patients", f"measured on {count} patients, fewer than {LEAST_PATIENTS}")
    if evidence.training is not None and evidence.tested is not None:
        yield from _overfitting(evidence.metric, evidence.training, evidence.tested)
    yield from (Finding("note", caveat, grave=False) for caveat in evidence.caveats)


def _subgroups(evidence: Evidence) -> Iterator[Finding]:
    """With many groups one would look worse by chance: their intervals are widened (Bonferroni), so that all of them
    together err once in twenty models.
    """
    judged = [group for group in evidence.groups if _counts(evidence, group)]
    for group in judged:
        before, after = within(group, evidence.before), within(group, evidence.after)
        measured = _difference(evidence, before, after, 1 - (1 - LEVEL) / len(judged))
        if measured is not None and _word(evidence.metric, measured) == "worse":
            ends = f"[{measured.low:+.3g}, {measured.high:+.3g}]"
            says = f"worse for {group.name}, {group.patients} patients: {measured.value:+.3g} {ends}"
            yield Finding("worse for a subgroup", says)


def _counts(evidence: Evidence, group: Group) -> bool:
    """Whether enough of the group's patients were measured with both models."""
    both = set(rows_of(evidence.metric, within(group, evidence.before))) & set(
        rows_of(evidence.metric, within(group, evidence.after))
    )
    return _patients(evidence, both) >= LEAST_IN_GROUP


def _overfitting(metric: MetricSpec, training: float, tested: float) -> Iterator[Finding]:
    if metric.higher_is_better:
        far = training - tested > GREATEST_GAP * max(1.0, abs(training))
    else:
        far = tested > GREATEST_RATIO * max(training, 1e-9)
    if far:
        told = f"{metric.title} {training:.3g} on cases it learnt from, {tested:.3g} on the test"
        yield Finding("overfitted", f"it learnt its cases by heart: {told}")


def _word(metric: MetricSpec, measured: Interval) -> str:
    return word_of(measured.low, measured.high, metric.higher_is_better)


def _difference(evidence: Evidence, before: Cases, after: Cases, level: float = LEVEL) -> Interval | None:
    shared = set(rows_of(evidence.metric, before)) & set(rows_of(evidence.metric, after))
    return difference(evidence.metric, before, after, evidence.patients, level=level) if shared else None


def _patients(evidence: Evidence, records: Iterable[str]) -> int:
    return len({evidence.patients.get(record, record) for record in records})
