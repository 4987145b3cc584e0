"""The per-entity report of a model on the test notes: in the run's results, for every recipe that finds entities."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from medstation.api import Event, Finished, Json, TrainRequest, Workbench
from medstation_notes.cases import Document, labelled
from medstation_notes.scoring import Judged, entity_table, scheme_table
from medstation_notes.spans import Span

Find = Callable[[Document], list[Span]]


def report_of(notes: Sequence[Judged]) -> Json:
    """{"entities": strict rows per type, micro and macro, "schemes": strict, exact, partial and type as nervaluate}."""
    return {"entities": entity_table(notes), "schemes": scheme_table(notes), "notes": len(notes)}


def with_report(
    events: Iterator[Event], request: TrainRequest, bench: Workbench, load: Callable[[Json, bytes], Find]
) -> Iterator[Event]:
    """The events of a training, its end completed by the report. `load` makes a finder of (config, weights)."""
    for event in events:
        if isinstance(event, Finished):
            find = load(event.config, event.weights)
            test = [labelled(case, bench) for case in request.cases if case.part == "test" and case.label]
            if test:
                judged = [Judged(find(one), one.spans) for one in test]
                event = replace(event, facts={**event.facts, "report": report_of(judged)})
        yield event
