"""A test within the same recordings: the beginning to learn from, the end to be tested on.

For data sets without persons of their own to test on. The learning loop sees three cases per recording with names of
their own; what it reports is turned back into the recording's name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from medstation.api import BadInput, Case, Evaluation, Event, FileSource, Record, TrainRequest, Workbench

PARTS = (("train", 0.0, 0.6), ("validation", 0.6, 0.8), ("test", 0.8, 1.0))
SPAN = "part_of_time"
"""The name in `Record.meta` of the share of time [begin, end) that a case may use."""
_MARK = "#"


def needed(cases: Sequence[Case], split: str) -> bool:
    """Whether to test within recordings: as told, or where no person is kept for testing."""
    tested = {case.patient for case in cases if case.part == "test"}
    learnt = {case.patient for case in cases if case.part != "test"}
    if split == "persons" and (not tested or tested & learnt):
        raise BadInput("the data set has no test persons of its own", "Set split=later, or import more persons.")
    return split == "later" or not tested or bool(tested & learnt)


def divided(request: TrainRequest) -> TrainRequest:
    """The request with three cases for each recording. Of other cases, those of the same persons are left out."""
    cases = [_part(case, *part) for case in request.cases for part in PARTS]
    persons = {case.patient for case in request.cases}
    earlier, unlabelled = (
        [case for case in some if case.patient not in persons] for some in (request.earlier, request.unlabelled)
    )
    return replace(request, cases=cases, earlier=earlier, unlabelled=unlabelled)


def _part(case: Case, part: str, begin: float, end: float) -> Case:
    record = case.record
    person = replace(record.person, key=f"{record.person.key}{_MARK}{part}")
    meta = {**record.meta, SPAN: [begin, end]}
    return Case(replace(record, id=f"{record.id}{_MARK}{part}", person=person, meta=meta), case.label, part)


def span_of(record: Record) -> tuple[float, float]:
    """The share of time that a case may use."""
    begin, end = record.meta.get(SPAN, (0.0, 1.0))
    return float(begin), float(end)


class LaterBench:
    """A `Workbench` that knows the recordings by their true names."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self.label, self.weights = bench.label, bench.weights
        self.checkpoint, self.stop_requested = bench.checkpoint, bench.stop_requested

    def files(self, record: Record) -> FileSource:
        return self._bench.files(replace(record, id=record.id.partition(_MARK)[0]))


def renamed(events: Iterator[Event]) -> Iterator[Event]:
    """The events with the recordings' true names."""
    for event in events:
        if isinstance(event, Evaluation):
            cases = {name.partition(_MARK)[0]: metrics for name, metrics in event.cases.items()}
            yield Evaluation(event.model, cases)
        else:
            yield event
