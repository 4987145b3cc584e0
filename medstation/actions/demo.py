"""The demo: every task walks the whole circle on samples made by code, and a report with pictures says how it went."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from medstation.actions import datasets, exporting, fetching, finetuning, importing, labelling, predicting
from medstation.actions.charts import run_chart
from medstation.actions.report import Report
from medstation.actions.workstation import Workstation
from medstation.api import Demo, Json, MedStationError, Record, TaskSpec, resolve_ref
from medstation.jobs import Done, Failed, Job

PASSPHRASE = "medstation demo"
SEED = 7
Say = Callable[[str], None]


def run_demo(out: Path, say: Say) -> Json:
    """Walk all tasks headless in a throw-away vault. Result: {"tasks": [{"task", "steps": [...]}], "report": path}."""
    out.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix="medstation-demo-"))
    try:
        ws = Workstation.open(scratch / "vault", PASSPHRASE, create=True)
        ws.pool.warm_up()
        report = Report(out)
        try:
            tasks = [_Walk(ws, spec, spec.demo, scratch, report, say).all() for spec in _with_demo(ws)]
        finally:
            ws.close()
        return report.write(tasks)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def prepare(ws: Workstation, scratch: Path, say: Say) -> None:
    """Samples, labels and data sets of every task, so that the window opens on something."""
    for spec in _with_demo(ws):
        assert spec.demo is not None
        walk = _Walk(ws, spec, spec.demo, scratch, None, say)
        for step in (walk.make_samples, walk.import_files, walk.label, walk.make_dataset):
            step()


def _with_demo(ws: Workstation) -> list[TaskSpec]:
    return [spec for spec in ws.registry.tasks.values() if spec.demo and not ws.registry.missing(spec.id)]


def wait(job: Job) -> Done:
    """The job's result; its error is raised."""
    for message in job.messages():
        if isinstance(message, Failed):
            raise message.error
        if isinstance(message, Done):
            return message
    raise RuntimeError(f"{job.title} ended without a result")


class _Walk:
    """One task's way around the circle. Each step returns (what it says in a line, its result as JSON)."""

    def __init__(
        self, ws: Workstation, spec: TaskSpec, demo: Demo | None, scratch: Path, report: Report | None, say: Say
    ) -> None:
        assert demo is not None
        self.ws, self.spec, self.demo, self.report, self.say = ws, spec, demo, report, say
        self.folder = scratch / spec.id
        self.dataset = f"demo-{demo.recipe}"
        self.samples: Json = {}
        self.test_record: Record | None = None
        self.result: Json = {}
        self.prediction: Json = {}

    def all(self) -> Json:
        steps = [
            ("samples", self.make_samples),
            ("import", self.import_files),
            ("label", self.label),
            ("look", self.look),
            ("data set", self.make_dataset),
            ("fine-tune", self.finetune),
            ("predict", self.predict),
            ("export", self.export),
        ]
        return {"task": self.spec.id, "title": self.spec.title, "steps": self._walk(steps)}

    def _walk(self, steps: list[tuple[str, Callable[[], tuple[str, Json]]]]) -> list[Json]:
        done: list[Json] = []
        for name, step in steps:
            begun = time.monotonic()
            try:
                says, result, ok = *step(), True
            except MedStationError as error:
                says, result, ok = f"{error.message} {error.hint}", {}, False
            seconds = round(time.monotonic() - begun, 2)
            self.say(f"{self.spec.title}: {name}: {says} ({seconds} s)")
            done.append({"step": name, "seconds": seconds, "ok": ok, "says": says, "result": result})
            if not ok:
                break
        return done

    def make_samples(self) -> tuple[str, Json]:
        self.samples = resolve_ref(self.demo.samples)(self.folder, SEED)
        files = len([path for given in self.samples["import"] for path in _files(Path(given))])
        return f"{files} files made by code", {"files": files}

    def import_files(self) -> tuple[str, Json]:
        paths = [Path(path) for path in self.samples["import"]]
        result = wait(importing.start(self.ws, paths, self.spec.id)).result
        return f"{len(result['records'])} records from {result['added']} files", {"records": len(result["records"])}

    def label(self) -> tuple[str, Json]:
        paths = [Path(path) for path in self.samples["labels"]]
        result = wait(labelling.start_many(self.ws, self.spec.id, paths)).result
        if result["skipped"]:
            raise MedStationError(f"{result['skipped'][0]['path']}: {result['skipped'][0]['reason']}")
        return f"{len(result['labels'])} labels attached", {"labels": len(result["labels"])}

    def look(self) -> tuple[str, Json]:
        """The first record with its newest label."""
        library = self.ws.library
        record = library.records(task=self.spec.id)[0]
        label = next(iter(library.labels(record.id)), None)
        arguments = {"picture": self.spec.picture}
        if label:
            arguments |= {"kind": label.kind, "payload": library.label_payload(label.id).hex()}
        image = self._draw(record, arguments, "record")
        shown = self.spec.label_kind(label.kind) if label else None
        return record.title + (f", {shown.title.lower()}" if shown else ""), {"record": record.id, "image": image}

    def _draw(self, record: Record, arguments: Json, name: str) -> str:
        assert self.report is not None
        done = wait(fetching.start(self.ws, "medstation.actions.demo:draw", record, arguments))
        return self.report.keep(f"{self.spec.id}-{name}.png", done.arrays["png"].tobytes())

    def make_dataset(self) -> tuple[str, Json]:
        recipe = self.spec.recipe(self.demo.recipe)
        assert recipe is not None
        dataset = datasets.make_for(self.ws, self.dataset, self.spec, recipe, seed=SEED)
        test = [item.record_id for item in dataset.items if item.part == "test"]
        self.test_record = self.ws.library.record(test[0])
        patients = len({item.patient for item in dataset.items})
        return f"{patients} patients, {len(test)} test cases frozen", {"patients": patients, "test": len(test)}

    def finetune(self) -> tuple[str, Json]:
        run, job = finetuning.start(
            self.ws, self.spec.id, self.demo.recipe, self.dataset, settings=self.demo.settings, seed=SEED
        )
        self.result = wait(job).result
        assert self.report is not None
        recipe = self.spec.recipe(self.demo.recipe)
        assert recipe is not None
        metric = recipe.metrics[0].name
        chart = run_chart(self.ws.library.run_events(run.id), metric, self.result)
        image = self.report.keep(f"{self.spec.id}-curves.png", chart)
        before, after = self.result["before"][metric], self.result["after"][metric]
        says = f"{metric} {before['value']:.2f} before, {after['value']:.2f} after"
        rising = recipe.metrics[0].higher_is_better
        difference = self.result["difference"][metric]["value"]
        if not (difference > 0 if rising else difference < 0):
            raise MedStationError(f"the model did not get better: {says}")
        return says, {**self.result, "image": image, "metric": metric, "higher_is_better": rising}

    def predict(self) -> tuple[str, Json]:
        record = self.test_record
        assert record is not None and self.report is not None
        job = predicting.start(self.ws, self.result["model_id"], [record.id])
        self.prediction = wait(job).result["predictions"][0]
        arguments = {"picture": self.spec.picture, "prediction": self.prediction["id"]}
        image = self._draw(record, self._payload(arguments), "prediction")
        says = f"{len(self.prediction['findings'])} findings in a test case"
        return says, {**self.prediction, "image": image}

    def _payload(self, arguments: Json) -> Json:
        payload = self.ws.library.prediction_payload(arguments["prediction"])
        return {**arguments, "kind": self.prediction["kind"], "payload": payload.hex()}

    def export(self) -> tuple[str, Json]:
        assert self.report is not None
        exporter = exporting.choose_exporter(self.spec, "prediction", self.prediction["kind"], "")
        target = predicting.free_name(self.report.folder, f"{self.spec.id}-prediction", exporter.suffix)
        files = wait(exporting.start(self.ws, self.prediction["id"], exporter.format, target)).result["files"]
        return f"{exporter.title}: {Path(files[0]).name}", {"files": files}


def _files(path: Path) -> list[Path]:
    return [one for one in path.rglob("*") if one.is_file()] if path.is_dir() else [path]


def draw(record: Record, files: Any, arguments: Json, report: Any) -> Any:
    """A `Fetch` that draws a task's picture in a worker, where its decoders may run."""
    import numpy as np

    from medstation.api import Fetched

    payload = bytes.fromhex(arguments["payload"]) if "payload" in arguments else None
    png = resolve_ref(arguments["picture"])(record, files, arguments.get("kind", record.kind), payload)
    return Fetched({"png": np.frombuffer(png, np.uint8)})
