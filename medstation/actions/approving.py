"""Proposing, approving, retiring and rolling back models, with what the gate says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medstation.actions.evaluating import measure, part_of
from medstation.actions.judging import Evidence, judge
from medstation.actions.lineage import base_of, dataset_of, lineage_of, run_of
from medstation.actions.subgroups import groups_of
from medstation.actions.workstation import Bench, Workstation, at_work
from medstation.api import Json, Metrics, MetricSpec, ModelInfo, Record
from medstation.learning.combining import Cases, combined
from medstation.vault import rights

if TYPE_CHECKING:
    from medstation.jobs import Desk, Job
    from medstation.library import Run

UNTRAINED = "the untrained network"


def start_judging(ws: Workstation, model: str, dataset: str = "") -> Job:
    """What the gate says of a model, kept on its card. Result: a `judging.Verdict` as JSON.

    It is compared with the approved version of its name, else with what it started from, on the frozen test part of the
    data set it was made with (or of `dataset`).
    """
    info = ws.library.model(model)
    request = {"model": info.id, "dataset": ws.library.dataset(dataset).name if dataset else ""}
    title = f"Check {info.name} v{info.version}"
    return ws.submit(rights.EVALUATE, "medstation.actions.approving:run", request, title)


def run(request: Json, desk: Desk) -> Json:
    with at_work(request, desk) as bench:
        info = bench.library.model(request["model"])
        verdict = judge(evidence_of(bench, info, desk, request["dataset"])).to_json()
        bench.library.note_on_card(info.id, "judged", verdict)
        return verdict


def evidence_of(bench: Bench, model: ModelInfo, desk: Desk, dataset: str = "") -> Evidence:
    """Everything the gate looks at. Models are run on the test part only where their run has not measured it."""
    library = bench.library
    _, recipe = bench.registry.recipe(model.recipe, task=model.task)
    base, approved = base_of(library, model), library.approved_model(model.name)
    rival = approved if approved is not None and approved.id != model.id else base
    made_by = run_of(library, model)
    name = dataset or dataset_of(model, made_by)
    title = _title(rival) if rival else UNTRAINED
    records = part_of(bench, name, "test", must=False) if name else []
    kept = kept_cases(bench, made_by) if made_by and name == made_by.dataset else {}
    before, after = kept.get("before", {}), kept.get("after", {})
    if rival is not None and (rival != base or not before):
        before, after = measure(bench, rival, records, desk, 0.0, 0.5), measure(bench, model, records, desk, 0.5, 0.5)
    return evidence(bench, model, recipe.metrics[0], title, before, after, [record for record, _ in records], rival)


def evidence(
    bench: Bench,
    model: ModelInfo,
    metric: MetricSpec,
    rival: str,
    before: Cases,
    after: Cases,
    records: list[Record],
    against: ModelInfo | None = None,
) -> Evidence:
    """The cases that were measured, with what is known of model, rival and the test patients."""
    tested = {record.person.key for record in records}
    own = lineage_of(bench.library, model)
    caveats = [f"what {name} learnt from is not known in this vault" for name in own.unknown]
    if rival == UNTRAINED and after:
        caveats.append(f"compared with {UNTRAINED}: that says only that it learnt something")
    learnt = model.card.get("examined", {}).get("training_cases", {})
    theirs = lineage_of(bench.library, against).patients if against else frozenset()
    return Evidence(
        metric=metric,
        rival=rival,
        before=before,
        after=after,
        patients={record.id: record.person.key for record in records},
        groups=groups_of(records),
        training=learnt.get("training"),
        tested=combined(metric, after) if after else None,
        leaked=sorted(tested & own.patients),
        rival_leaked=sorted(tested & theirs),
        caveats=caveats,
    )


def kept_cases(bench: Bench, made_by: Run) -> dict[str, dict[str, Metrics]]:
    """What a run measured, case by case: "before" and "after" -> record id -> metrics."""
    return {
        event["model"]: dict(event["cases"])
        for event in bench.library.run_events(made_by.id)
        if event["event"] == "evaluation"
    }


def _title(model: ModelInfo) -> str:
    return f"{model.name}@{model.version}"
