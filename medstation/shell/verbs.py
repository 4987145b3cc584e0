"""What a person does in the window, one coroutine each, over the same actions that the command line uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from medstation.actions import carrying, datasets, exporting, importing, labelling, opening, packages, predicting
from medstation.api import BadInput, Json, LabelDraft, Layer, NotFound, TaskSpec
from medstation.api.encoding import record_from_json
from medstation.shell.items import Item
from medstation.shell.session import Session
from medstation.shell.wording import model_title

if TYPE_CHECKING:
    from medstation.library import Prediction


class Verbs(QObject):
    """Signals: `layer_shown(Layer)`, `layer_hidden(id)` for the data view; `skipped(list)` after an import;
    `model_imported(model id)`.
    """

    layer_shown = Signal(object)
    layer_hidden = Signal(str)
    skipped = Signal(list)
    model_imported = Signal(str)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session

    async def import_paths(self, paths: Sequence[Path]) -> None:
        """Files and folders into the vault; shows what came in, and tells what did not."""
        session = self._session
        done = await session.job(lambda: importing.start(session.ws, paths), self.tr("Import"))
        records, skipped = done.result["records"], _worth_telling(done.result["skipped"])
        await self._show_task_of(records)
        await session.refresh_items()
        if records:
            await session.open_item(records[0]["id"])
        self._tell_import(len(records), len(skipped))
        if skipped:
            self.skipped.emit(skipped)

    def _tell_import(self, records: int, skipped: int) -> None:
        text = self.tr("{0} records imported").format(records)
        self._session.said.emit(text + (self.tr(", {0} files skipped").format(skipped) if skipped else ""))

    async def open_paths(self, paths: Sequence[Path]) -> None:
        """Show files without importing them: nothing is kept."""
        session = self._session
        done = await session.job(lambda: opening.start(session.ws, paths), self.tr("Open"))
        fresh = [
            Item(f"open-{len(session.opened) + index}", record_from_json(one["record"]), tuple(one["files"]))
            for index, one in enumerate(done.result["items"])
        ]
        session.opened.extend(fresh)
        await self._show_task_of([{"task": item.record.task} for item in fresh])
        await session.refresh_items()
        if fresh:
            await session.open_item(fresh[0].key)
        if skipped := _worth_telling(done.result["skipped"]):
            self.skipped.emit(skipped)

    async def _show_task_of(self, records: Sequence[Json]) -> None:
        tasks = [record["task"] for record in records]
        if tasks and (self._session.shown.task is None or self._session.shown.task.id not in tasks):
            await self._session.choose_task(tasks[0])

    async def attach_label(self, path: Path) -> None:
        """A label from a file for the record that is shown."""
        session, item = self._session, self._imported()
        await session.job(lambda: labelling.start(session.ws, item.record.id, path), self.tr("Label"))
        await self._labelled()

    async def attach_labels(self, paths: Sequence[Path]) -> None:
        """A folder of label files, each for the record it belongs to."""
        session, task = self._session, self._task()
        done = await session.job(lambda: labelling.start_many(session.ws, task.id, paths), self.tr("Labels"))
        await self._labelled()
        await session.refresh_items()
        session.said.emit(self.tr("{0} labels attached").format(len(done.result["labels"])))
        if skipped := done.result["skipped"]:
            self.skipped.emit(skipped)

    async def save_label(self, draft: LabelDraft) -> None:
        """What was drawn or typed in the view, as a new version."""
        library, item = self._session.ws.library, self._imported()
        await self._session.awaiting.off_thread(lambda: library.add_label(item.record.id, draft))
        await self._labelled()

    async def _labelled(self) -> None:
        """A new label also ends a correction that was begun."""
        session = self._session
        prediction, session.shown.correcting = session.shown.correcting, ""
        await session.refresh_item()
        if prediction and session.shown.labels:
            label = session.shown.labels[0]
            await self._store_verdict(prediction, "corrected", label.id)

    async def run_model(self, model_id: str) -> None:
        """Run a model on the record that is shown, and show what it says."""
        session, item = self._session, self._imported()
        model = next(model for model in session.shown.models if model.id == model_id)
        title = self.tr("Run {0}").format(model_title(model))
        done = await session.job(lambda: predicting.start(session.ws, model_id, [item.record.id]), title)
        if session.shown.item is item:
            await session.refresh_item()
            for prediction in done.result["predictions"]:
                await self.show_layer(prediction["id"], True)
        await session.refresh_items()

    async def show_layer(self, layer_id: str, shown: bool) -> None:
        """A label or prediction on the data, or off again."""
        session = self._session
        if not shown:
            session.shown.layers.discard(layer_id)
            self.layer_hidden.emit(layer_id)
            return
        item, layer = session.shown.item, await self._layer(layer_id)
        if session.shown.item is item:
            session.shown.layers.add(layer_id)
            self.layer_shown.emit(layer)
            session.labels_changed.emit()
            session.predictions_changed.emit()

    async def show_newest_labels(self) -> None:
        """What was said last of the record that was opened, one label of each kind: views go on from there."""
        shown = self._session.shown
        item, newest = shown.item, {label.kind: label.id for label in reversed(shown.labels)}
        for label_id in newest.values():
            if shown.item is item:  # a person may have gone on to the next record meanwhile
                await self.show_layer(label_id, True)

    async def _layer(self, layer_id: str) -> Layer:
        session, library = self._session, self._session.ws.library
        for label in session.shown.labels:
            if label.id == layer_id:
                payload = await session.awaiting.off_thread(lambda: library.label_payload(layer_id))
                return Layer(layer_id, label.kind, "label", f"{label.kind} v{label.version}", payload)
        prediction = self._prediction(layer_id)
        payload = await session.awaiting.off_thread(lambda: library.prediction_payload(layer_id))
        title = next((model_title(model) for model in session.shown.models if model.id == prediction.model), "")
        return Layer(layer_id, prediction.kind, "prediction", title, payload, tuple(prediction.findings))

    async def give_verdict(self, prediction_id: str, verdict: str) -> None:
        """Accepted: the prediction becomes a label. Corrected: the next label that is drawn or attached counts."""
        session, library = self._session, self._session.ws.library
        if verdict == "corrected":
            session.shown.correcting = prediction_id
            session.predictions_changed.emit()
            return
        prediction, label_id = self._prediction(prediction_id), ""
        if verdict == "accepted":
            payload = await session.awaiting.off_thread(lambda: library.prediction_payload(prediction_id))
            draft = LabelDraft(prediction.kind, payload, dict(prediction.summary) | {"accepted": prediction_id})
            label = await session.awaiting.off_thread(lambda: library.add_label(prediction.record, draft))
            label_id = label.id
        await self._store_verdict(prediction_id, verdict, label_id)

    async def _store_verdict(self, prediction_id: str, verdict: str, label_id: str) -> None:
        library = self._session.ws.library
        await self._session.awaiting.off_thread(lambda: library.add_verdict(prediction_id, verdict, label_id=label_id))
        self._session.shown.correcting = ""
        await self._session.refresh_item()
        await self._session.refresh_items()

    async def export(self, item_id: str, format: str, out: Path, reason: str = "") -> None:
        """The one way out of the vault."""
        session = self._session
        done = await session.job(lambda: exporting.start(session.ws, item_id, format, out, reason), self.tr("Export"))
        session.said.emit(self.tr("Written to {0}").format(", ".join(done.result["files"])))

    async def create_dataset(self, name: str, recipe_id: str, seed: int = 0) -> None:
        """All records that the recipe can learn from, split by patient; the test part is frozen."""
        session = self._session
        spec, recipe = session.ws.registry.recipe(recipe_id, task=self._task().id)
        await session.awaiting.off_thread(lambda: datasets.make_for(session.ws, name, spec, recipe, seed=seed))
        await session.refresh_catalogue()
        session.said.emit(self.tr("Data set {0} made").format(name))

    async def set_policy(self, name: str, on: bool) -> None:
        """Switch something on or off for everybody."""
        policies = self._session.ws.vault.policies
        await self._session.awaiting.off_thread(lambda: policies.set(name, on))

    async def export_model(self, model_id: str, out: Path, reason: str = "") -> None:
        """A model with its card, as a package another vault can take in."""
        session = self._session
        file = await session.awaiting.off_thread(lambda: packages.export_model(session.ws, model_id, out, reason))
        session.said.emit(self.tr("Written to {0}").format(file))

    async def import_model(self, path: Path) -> None:
        """A model from a package or a folder, as a candidate; then it is shown."""
        session = self._session
        done = await session.job(lambda: carrying.start_import(session.ws, path), self.tr("Import a model"))
        brought = done.result
        await self._show_task_of([brought])
        await session.refresh_catalogue()
        session.said.emit(self.tr("{0} v{1} imported").format(brought["name"], brought["version"]))
        self.model_imported.emit(brought["model"])

    def _task(self) -> TaskSpec:
        if (task := self._session.shown.task) is None:
            raise BadInput(self.tr("no task is chosen"), self.tr("Choose one at the left edge."))
        return task

    def _imported(self) -> Item:
        """The record that is shown, which must be in the vault."""
        item = self._session.shown.item
        if item is None:
            raise BadInput(self.tr("no record is open"), self.tr("Choose one in the library."))
        if not item.imported:
            title = item.record.title
            raise BadInput(self.tr("{0} is not in the vault").format(title), self.tr("Import it first."))
        return item

    def _prediction(self, prediction_id: str) -> Prediction:
        for prediction in self._session.shown.predictions:
            if prediction.id == prediction_id:
                return prediction
        raise NotFound(self.tr("{0} is no longer shown").format(prediction_id), self.tr("Open its record again."))


def _worth_telling(skipped: Sequence[Mapping[str, object]]) -> list[Json]:
    return [dict(one) for one in skipped if not one.get("harmless")]
