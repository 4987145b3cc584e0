"""Connects the session with what draws it, and what draws it with the verbs. No logic of its own beyond that."""

from __future__ import annotations

from PySide6.QtCore import QObject

from medstation.shell.asking import Asking
from medstation.shell.deciding import Deciding
from medstation.shell.explaining import Explaining
from medstation.shell.inspector import FINETUNE, REVIEW
from medstation.shell.look import Look
from medstation.shell.pages import Pages
from medstation.shell.searching import Searching
from medstation.shell.session import Session
from medstation.shell.suggesting import Suggesting
from medstation.shell.training import Training
from medstation.shell.verbs import Verbs
from medstation.shell.wording import person_title
from medstation.shell.workplace import Workplace


class Wiring(QObject):
    """Lives as long as the workplace."""

    def __init__(self, session: Session, verbs: Verbs, training: Training, place: Workplace, look: Look) -> None:
        super().__init__(place)
        self.session, self.verbs, self.training, self.place, self.look = session, verbs, training, place, look
        self.asking = Asking(session, verbs, place)
        self.pages = Pages(session, place)
        self.explaining = Explaining(session, self.asking, place, self.pages.open_model)
        self.searching = Searching(session, place.inspector.finetune)
        self.suggesting = Suggesting(session, place.stage)
        self.deciding = Deciding(session, self.asking, place)
        self._state_to_widgets()
        self._library_intentions()
        self._inspector_intentions()
        self._stage_intentions()

    def _state_to_widgets(self) -> None:
        session, place = self.session, self.place
        session.task_changed.connect(self.on_task_changed)
        session.items_changed.connect(self.on_items_changed)
        session.item_opened.connect(self.on_item_opened)
        session.item_read.connect(lambda: session.do(self.verbs.show_newest_labels()))
        session.labels_changed.connect(self.on_labels_changed)
        session.predictions_changed.connect(self.on_predictions_changed)
        session.catalogue_changed.connect(self.on_catalogue_changed)
        session.run_told.connect(self.pages.on_run_told)
        session.jobs_changed.connect(place.status.draw)
        session.said.connect(place.status.say)
        session.item_opened.connect(lambda: place.status.say(""))
        session.failed.connect(place.stage.banner.show_error)
        self.verbs.layer_shown.connect(place.stage.show_layer)
        self.verbs.layer_hidden.connect(place.stage.hide_layer)
        self.verbs.skipped.connect(place.stage.banner.show_skipped)
        self.verbs.model_imported.connect(self.on_model_imported)
        self.training.started.connect(self.pages.open_run)

    def _library_intentions(self) -> None:
        session, library, place = self.session, self.place.library, self.place
        place.rail.task_chosen.connect(lambda task: session.do(session.choose_task(task)))
        place.rail.settings_asked.connect(lambda: self.asking.settings(self.look))
        place.status.stop_asked.connect(self.on_stop_asked)
        library.record_chosen.connect(lambda key: session.do(session.open_item(key)))
        library.record_chosen.connect(lambda _: place.stage.show_record())
        library.filter_edited.connect(lambda text: session.do(session.filter(text)))
        library.more_asked.connect(lambda: session.do(session.list_more()))
        library.import_asked.connect(self.asking.import_files)
        library.paths_dropped.connect(lambda paths: session.do(self.verbs.import_paths(paths)))
        library.model.thumbnail_wanted.connect(lambda key: session.do(self._fetch_thumbnail(key)))
        place.catalogue.run_chosen.connect(self.pages.open_run)
        place.catalogue.model_chosen.connect(self.pages.open_model)
        place.catalogue.import_asked.connect(self.asking.import_model)
        place.catalogue.import_folder_asked.connect(self.asking.import_model_folder)

    def _inspector_intentions(self) -> None:
        session, verbs, inspector = self.session, self.verbs, self.place.inspector
        inspector.tabs.currentChanged.connect(self.on_tab_changed)
        record, infer = inspector.record, inspector.infer
        record.attach_asked.connect(self.asking.attach_label)
        record.attach_many_asked.connect(self.asking.attach_labels)
        record.import_asked.connect(self.asking.import_opened)
        record.layer_toggled.connect(lambda layer, on: session.do(verbs.show_layer(layer, on)))
        record.exports.asked.connect(self.asking.export)
        record.exports.asked_without_identity.connect(self.asking.export_without_identity)
        infer.run_asked.connect(lambda model: session.do(verbs.run_model(model)))
        infer.train_asked.connect(lambda: inspector.show_tab(FINETUNE))
        infer.exports.asked.connect(self.asking.export)
        infer.findings.place_asked.connect(self.place.stage.go_to)
        infer.findings.layer_toggled.connect(lambda layer, on: session.do(verbs.show_layer(layer, on)))
        infer.why.asked.connect(lambda which, method: session.do(self.explaining.why(which, method)))
        infer.verdict.given.connect(lambda which, verdict: session.do(verbs.give_verdict(which, verdict)))
        finetune, review = inspector.finetune, inspector.review
        finetune.data.create_asked.connect(lambda name, recipe: session.do(verbs.create_dataset(name, recipe)))
        finetune.start_asked.connect(lambda plan: session.do(self.training.begin(plan)))
        finetune.search_asked.connect(self.searching.ask)
        finetune.stop_asked.connect(self.training.stop)
        finetune.run_asked.connect(self.pages.open_run)
        review.run_chosen.connect(self.pages.open_run)
        review.model_chosen.connect(self.pages.open_model)

    def _stage_intentions(self) -> None:
        stage = self.place.stage
        stage.next_step_asked.connect(self.asking.import_files)
        stage.run.resume_asked.connect(lambda run: self.session.do(self.training.resume(run)))
        stage.run.stop_asked.connect(self.training.stop)
        stage.run.model_asked.connect(self.pages.open_model)
        stage.model.review_asked.connect(self.on_review_asked)
        stage.model.export_asked.connect(self.asking.export_model)
        stage.model.smaller_asked.connect(self.explaining.smaller)
        stage.page_changed.connect(self.pages.on_page_changed)

    def on_task_changed(self) -> None:
        task = self.session.shown.task
        if task is None:
            return
        self.place.rail.mark(task.id)
        self.place.library.delegate.icon = task.icon
        self.place.inspector.finetune.show_task(task)
        self.pages.show_empty()

    def on_items_changed(self) -> None:
        shown = self.session.shown
        self.place.library.show_items(shown.items, shown.item.key if shown.item else "", shown.more)
        self.pages.show_empty()

    def on_item_opened(self) -> None:
        shown, inspector = self.session.shown, self.place.inspector
        self.place.library.mark(shown.item.key if shown.item else "")
        inspector.record.show_item(shown.item, shown.task)
        inspector.infer.show_item(shown.item)
        inspector.infer.show_predictions([], set(), "")
        if shown.item:
            self.pages.record_steps = (person_title(shown.item.record.person), shown.item.record.title)
        else:
            self.pages.record_steps = ()
        self.session.do(self.place.stage.show_item(shown.item))

    def on_labels_changed(self) -> None:
        self.place.inspector.record.show_labels(self.session.shown.labels, self.session.shown.layers)

    def on_predictions_changed(self) -> None:
        shown = self.session.shown
        self.place.inspector.infer.show_predictions(shown.predictions, shown.layers, shown.correcting)

    def on_catalogue_changed(self) -> None:
        shown, inspector = self.session.shown, self.place.inspector
        if shown.task is None:
            return
        followed = [run for run in shown.runs if run.id in self.session.running]
        self.place.catalogue.show_all(shown.task, shown.runs, shown.models)
        inspector.infer.show_models(shown.models, shown.task)
        inspector.finetune.show_catalogue(shown.models, shown.datasets, followed)
        inspector.review.show_catalogue(shown.task, shown.models, shown.runs)
        self.pages.refresh()
        self.session.do(self._show_audit())

    def on_tab_changed(self, index: int) -> None:
        self.place.library.show_page(1 if index in (FINETUNE, REVIEW) else 0)
        if index == REVIEW:
            self.session.do(self._show_audit())

    def on_review_asked(self, model_id: str) -> None:
        self.place.inspector.show_tab(REVIEW)
        self.place.inspector.review.choose(model_id)

    def on_model_imported(self, model_id: str) -> None:
        self.place.library.show_page(1)
        self.pages.open_model(model_id)

    def on_stop_asked(self, key: str) -> None:
        self.session.board.stop(key)
        self.place.status.draw()

    async def _show_audit(self) -> None:
        audit = self.session.ws.vault.audit
        entries = await self.session.awaiting.off_thread(lambda: audit.entries(limit=12))
        self.place.inspector.review.show_audit(entries)

    async def _fetch_thumbnail(self, key: str) -> None:
        item = self.session.item(key)
        if item and item.imported:
            library = self.session.ws.library
            png = await self.session.awaiting.off_thread(lambda: library.thumbnail(item.record.id))
            self.place.library.model.set_thumbnail(key, png)
