"""Learn together with other sites over a medium that is carried or shared: plan, agree, take turns, keep the model."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medstation.actions.finetuning import cases_for
from medstation.actions.workstation import Bench, Workstation, at_work
from medstation.api import (
    BadInput,
    Case,
    Event,
    FileSource,
    Json,
    Progress,
    Record,
    TrainRequest,
    resolve,
    resolve_ref,
)
from medstation.api.writing import must_be_new
from medstation.jobs import Desk, Job
from medstation.learning.federated.letters import Letter, opened, peek
from medstation.learning.federated.plan import LEAST, Keys, Plan, Site
from medstation.learning.federated.rounds import PLAN, Medium

if TYPE_CHECKING:
    from medstation.learning.recipe import Recipe

WORK = "medstation.actions.federating:work"


def identity(ws: Workstation, name: str, out: Path) -> Json:
    """This site's public keys as a file, made at the first call. Returns {"site", "fingerprint", "file"}."""
    ws.vault.need("federation.key")
    must_be_new(out)
    kept = ws.library.site_keys()
    keys = Keys.from_json(kept) if kept else Keys.make(name)
    if kept is None:
        ws.library.keep_site_keys(keys.to_json(), keys.site.fingerprint)
    elif name not in ("", keys.name):
        raise BadInput(f"this site is known as {keys.name}", "Leave the name out.")
    site = keys.site
    head = {"kind": "site", "from": site.name, "signs": site.signs, "exchanges": site.exchanges}
    Letter(head).write(out, keys.signs)
    return {"site": site.name, "fingerprint": site.fingerprint, "file": str(out)}


def read_identity(path: Path) -> Site:
    """A site's public keys; `Refused` when the file was changed."""
    data = path.read_bytes()
    head = peek(data, path.name)
    if head.get("kind") != "site":
        raise BadInput(f"{path.name} is no identity of a site", "It is made by `medstation federate identity`.")
    opened(data, path.name, bytes.fromhex(head["signs"]))
    return Site(head["from"], head["signs"], head["exchanges"])


def start_plan(
    ws: Workstation,
    name: str,
    recipe: str,
    dataset: str,
    sites: Sequence[Path],
    medium: Path,
    base: str = "",
    settings: Mapping[str, object] | None = None,
    rounds: int = 10,
    least: int = LEAST,
    seed: int = 0,
) -> Job:
    """A new federation on `medium`, with this site as its coordinator. Result: see `status`."""
    spec, chosen = ws.registry.recipe(recipe)
    if not chosen.engine:
        raise BadInput(f"{chosen.title} does not learn by steps", "Choose a recipe that trains a network.")
    cases_for(ws, spec, chosen, dataset)
    model = ws.library.model(base).id if base else ""
    named = [read_identity(path) for path in sites]
    request = {
        "act": "plan", "name": name, "task": spec.id, "recipe": chosen.id, "dataset": dataset, "base": model,
        "settings": resolve(chosen.settings, settings or {}), "rounds": rounds, "least": least, "seed": seed,
        "sites": [one.__dict__ for one in named], "medium": str(medium.absolute()),
    }  # fmt: skip
    return ws.submit("federation.plan", WORK, {"turn": request}, title=f"Plan {name}")


def join(ws: Workstation, medium: Path, dataset: str) -> Json:
    """Agree to take part with a data set. {"federation", "dataset", "sites": [{"name", "fingerprint"}]}."""
    plan = Medium(medium).plan
    keys = _keys(ws)
    if plan.site(keys.name) != keys.site:
        raise BadInput(
            f"{plan.name} has other keys for {keys.name}", "Give the coordinator this site's identity again."
        )
    spec, recipe = ws.registry.recipe(plan.recipe, task=plan.task)
    cases_for(ws, spec, recipe, dataset)
    digest = hashlib.sha256((medium / PLAN).read_bytes()).hexdigest()
    ws.library.join_federation(plan.id, plan.name, dataset, digest)
    sites = [{"name": site.name, "fingerprint": site.fingerprint} for site in plan.sites]
    return {"federation": plan.name, "dataset": dataset, "sites": sites}


def start_turn(ws: Workstation, medium: Path, leave_out_missing: bool = False) -> Job:
    """Whatever is this site's turn: train, show keys, close the round, keep the model. Result: see `status`."""
    ws.library.federation(Medium(medium).plan.id)
    request = {"act": "turn", "medium": str(medium.absolute()), "leave_out": leave_out_missing}
    return ws.submit("federation.turn", WORK, {"turn": request}, title="Learn together", background=True)


def status(medium: Path) -> Json:
    """{"federation", "round", "rounds", "done", "coordinator", "waits_for": [...], "cases"}."""
    found = Medium(medium)
    finished = found.done >= found.plan.rounds
    return {
        "federation": found.plan.name,
        "round": found.done if finished else found.current,
        "rounds": found.plan.rounds,
        "done": finished,
        "coordinator": found.plan.coordinator,
        "waits_for": [] if finished else found.awaited() or [found.plan.coordinator],
        "cases": found.cases(),
    }


def _keys(ws: Workstation | Bench) -> Keys:
    kept = ws.library.site_keys()
    if kept is None:
        raise BadInput("this site has no keys yet", "Make them: `medstation federate identity NAME --out FILE`.")
    return Keys.from_json(kept)


def work(request: Json, desk: Desk) -> Json:
    """The worker's side."""
    with at_work(request, desk) as bench:
        turn = request["turn"]
        member = _Member(bench, desk)
        if turn["act"] == "plan":
            member.plan(turn)
            return status(Path(turn["medium"]))
        did, model = member.take_turn(Medium(Path(turn["medium"])), bool(turn["leave_out"]))
        return {**status(Path(turn["medium"])), "did": did, "model": model}


class _Member:
    """This site at work. It is the `Workbench` of its own trainings, too."""

    def __init__(self, bench: Bench, desk: Desk) -> None:
        self._library = bench.library
        self._registry = bench.registry
        self._desk = desk
        self._keys = _keys(bench)

    def plan(self, asked: Json) -> Medium:
        from medstation.learning.federated.local import begun

        base = self._library.model(asked["base"]) if asked["base"] else None
        cases = self._cases(asked["dataset"])
        request = TrainRequest("", asked["recipe"], asked["settings"], cases, asked["seed"], base)
        start = self._through(begun(self._engine(asked["task"], asked["recipe"]), request, self))
        sites = tuple(Site(**one) for one in asked["sites"])
        plan = Plan(
            uuid.uuid4().hex, asked["name"], self._keys.name, asked["task"], asked["recipe"], start.config,
            asked["settings"], start.shared, asked["rounds"], asked["least"], asked["seed"], sites,
        )  # fmt: skip
        medium = Medium.begin(Path(asked["medium"]), plan, start.weights, self._keys)
        self._library.note_round(plan.id, 0, "plan", {"name": plan.name, "sites": [site.name for site in sites]})
        return medium

    def take_turn(self, medium: Medium, leave_out: bool) -> tuple[list[str], str]:
        """What was done, and the model that was kept ("" before the last round is closed)."""
        did: list[str] = []
        while medium.done < medium.plan.rounds:
            number = medium.current
            did_before = len(did)
            if self._keys.name not in medium.delivered() and not medium.absent()[1]:
                self._train(medium)
                did.append(f"trained for round {number}")
            if medium.show(self._keys):
                self._library.note_round(medium.plan.id, number, "show", {"missing": medium.absent()[1]})
                did.append(f"showed the keys of round {number} with those who are missing")
            if self._keys.name == medium.plan.coordinator:
                did += self._coordinate(medium, leave_out)
            if len(did) == did_before or medium.current == number:
                return did, ""
        return [*did, "kept the common model"], self._keep(medium)

    def _coordinate(self, medium: Medium, leave_out: bool) -> list[str]:
        number, did = medium.current, []
        if leave_out and not medium.absent()[1] and (missing := medium.say_absent(self._keys)):
            self._library.note_round(medium.plan.id, number, "absent", {"missing": missing})
            did.append(f"left {', '.join(missing)} out of round {number}")
            medium.show(self._keys)
        if medium.awaited():
            return did
        medium.close(self._keys)
        self._library.note_round(medium.plan.id, number, "close", {"cases": medium.cases()})
        return [*did, f"closed round {number}"]

    def _train(self, medium: Medium) -> None:
        from medstation.learning.federated.local import Start, trained

        plan = medium.plan
        cases = self._cases(self._library.federation(plan.id).dataset)
        request = TrainRequest("", plan.recipe, plan.settings, cases, plan.seed + medium.current)
        start = Start(plan.config, medium.weights(), plan.shared)
        changes, count = self._through(trained(self._engine(plan.task, plan.recipe), request, self, start))
        path = medium.deliver(self._keys, changes, count)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        self._library.note_round(plan.id, medium.current, "deliver", {"cases": count, "sha256": digest})

    def _keep(self, medium: Medium) -> str:
        """The common model as a candidate of this vault; judged here like any other, on this site's test patients."""
        from medstation.learning.federated.local import Start, plain
        from medstation.learning.weights import pack

        plan = medium.plan
        dataset = self._library.federation(plan.id).dataset
        request = TrainRequest("", plan.recipe, plan.settings, self._cases(dataset), plan.seed)
        start = Start(plan.config, medium.weights(), plan.shared)
        weights = self._through(plain(self._engine(plan.task, plan.recipe), request, self, start))
        card = {
            "federation": plan.name, "sites": [site.name for site in plan.sites], "rounds": plan.rounds,
            "cases": {"train": medium.cases()}, "settings": plan.settings, "seed": plan.seed, "dataset": dataset,
        }  # fmt: skip
        model = self._library.add_model(plan.name, plan.task, plan.recipe, pack(weights), plan.config, card, "")
        return f"{model.name}@{model.version}"

    def _engine(self, task: str, recipe: str) -> Recipe[Any]:
        _, declared = self._registry.recipe(recipe, task=task)
        made: Recipe[Any] = resolve_ref(declared.engine)()
        return made

    def _cases(self, dataset: str) -> list[Case]:
        items = self._library.dataset(dataset).items
        return [Case(self._library.record(item.record_id), item.label_id, item.part) for item in items]

    def _through(self, made: Generator[Event, None, Any]) -> Any:
        """What the generator returns; its progress goes to whoever waits."""
        try:
            while True:
                event = next(made)
                if isinstance(event, Progress):
                    self._desk.report(event.done, event.text)
        except StopIteration as end:
            return end.value

    def files(self, record: Record) -> FileSource:
        return self._library.files(record.id)

    def label(self, label_id: str) -> bytes:
        return self._library.label_payload(label_id)

    def weights(self, model_id: str) -> bytes:
        return self._library.weights(model_id)

    def checkpoint(self) -> bytes | None:
        return None

    def stop_requested(self) -> bool:
        return self._desk.stop_requested()
