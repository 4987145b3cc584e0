"""Several models as one: the mean of what they say, measured beside the first of them on the frozen test part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace

from medstation.actions.comparing import compare_cases, verdict_text
from medstation.actions.evaluating import by_group, judged, measure, part_of, patients_of
from medstation.actions.lineage import dataset_of, run_of
from medstation.actions.workstation import Bench, Workstation, at_work
from medstation.api import BadInput, Json, Metrics, ModelInfo, WrongUsage, resolve_ref
from medstation.jobs import Desk, Job
from medstation.vault import rights

MOST = 20
_ON_CARD = ("before", "test", "test_patients", "difference", "subgroups", "gaps")


def start(ws: Workstation, name: str, members: Sequence[str], dataset: str = "") -> Job:
    """Join models of one recipe. Result: {"model", "id", "members", "metrics": [{name, before, after, difference,
    says}], "patients"}; before is the first member alone.
    """
    infos = [ws.library.model(one) for one in members]
    if not 2 <= len({info.id for info in infos}) == len(infos) <= MOST:
        raise WrongUsage(f"{len(infos)} models were named to be joined", f"Name 2 to {MOST} different ones.")
    first = infos[0]
    for other in infos[1:]:
        if (other.task, other.recipe) != (first.task, first.recipe):
            raise BadInput(
                f"{other.name}@{other.version} was made by {other.recipe}, {first.name} by {first.recipe}",
                "Join models of one recipe.",
            )
    if not ws.registry.recipe(first.recipe, task=first.task)[1].engine:
        raise BadInput(f"models of the recipe {first.recipe} are no networks", "They cannot be joined.")
    request = {"name": name, "members": [info.id for info in infos], "dataset": dataset}
    target = "medstation.actions.ensembles:run"
    return ws.submit(rights.ADD_MODEL, target, request, f"Join {len(infos)} models")


def run(request: Json, desk: Desk) -> Json:
    from medstation.learning.ensemble import joined_config, joined_weights
    from medstation.learning.weights import pack, unpack

    with at_work(request, desk) as bench:
        members = [bench.library.model(one) for one in request["members"]]
        config = joined_config([info.config for info in members])
        weights = pack(joined_weights([unpack(bench.library.weights(info.id)) for info in members]))
        first = members[0]
        dataset = request["dataset"] or dataset_of(first, run_of(bench.library, first))
        card: Json = {
            "dataset": dataset,
            "base": _title(first),
            "members": [_title(info) for info in members],
            "cases": first.card.get("cases", {}),
            "settings": {},
        }
        draft = replace(first, id="", name=request["name"], config=config, card=card)
        results = _measured(bench, draft, weights, first, dataset, desk)
        card |= {part: results[part] for part in _ON_CARD}
        made = bench.library.add_model(request["name"], first.task, first.recipe, weights, config, card)
        return {"model": _title(made), "id": made.id, "members": card["members"], **results}


def _measured(bench: Bench, draft: ModelInfo, weights: bytes, first: ModelInfo, dataset: str, desk: Desk) -> Json:
    """The ensemble beside its first member; nothing where the data set keeps nobody for the test."""
    records = part_of(bench, dataset, "test", must=False) if dataset else []
    _, recipe = bench.registry.recipe(first.recipe, task=first.task)
    before: dict[str, Metrics] = measure(bench, first, records, desk, 0.0, 0.3)
    try:
        predictor = resolve_ref(recipe.predictor)(draft, weights)
        after = judged(bench, recipe, predictor, records, desk, 0.3, 0.7)
    except (AssertionError, AttributeError, TypeError) as error:  # a predictor that reaches into its network
        raise BadInput(
            f"{recipe.title} uses more of a network than its answers", "Its models cannot be joined."
        ) from error
    everyone = [record for record, _ in records]
    patients = patients_of(everyone)
    compared = [asdict(compare_cases(metric, before, after, patients, 0)) for metric in recipe.metrics] if after else []
    told = [{**one, "says": verdict_text(one)} for one in compared]
    return {
        "metrics": told,
        "before": {one["name"]: one["before"] for one in told},
        "test": {one["name"]: one["after"] for one in told},
        "difference": {one["name"]: {**one["difference"], "says": one["says"]} for one in told},
        "test_patients": len(set(patients.values())),
        **by_group(recipe.metrics, after, everyone),
    }


def _title(model: ModelInfo) -> str:
    return f"{model.name}@{model.version}"
