"""Which page stands in the data view's place, and what the breadcrumb says of it."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from medstation.shell.run_page import RunFacts
from medstation.shell.session import Session
from medstation.shell.wording import model_title
from medstation.shell.workplace import Workplace

LOOK_AGAIN_MS = 3000


class Pages(QObject):
    """Opens runs and models, and keeps what is open up to date."""

    def __init__(self, session: Session, place: Workplace) -> None:
        super().__init__(place)
        self._session = session
        self._place = place
        self.record_steps: tuple[str, ...] = ()
        self._look_again = QTimer(self)
        self._look_again.setInterval(LOOK_AGAIN_MS)
        self._look_again.timeout.connect(lambda: session.do(session.refresh_catalogue()))

    def open_run(self, run_id: str) -> None:
        """Show a run, by its id."""
        if self._facts(run_id) is None:
            return
        self._place.stage.run.run_id = run_id
        self._place.stage.show_page(self._place.stage.run)
        self._session.do(self._show_run(run_id))

    def open_model(self, model_id: str) -> None:
        """Show a model, by its id."""
        shown = self._session.shown
        model = next((one for one in shown.models if one.id == model_id), None)
        if model and shown.task:
            self._place.stage.model.show_model(model, shown.task.recipe(model.recipe))
            self._place.stage.show_page(self._place.stage.model)
            self._place.inspector.review.choose(model_id)

    def on_run_told(self, run_id: str) -> None:
        """A run said something: draw it if it is on the screen."""
        stage = self._place.stage
        if stage.pages.currentWidget() is stage.run and stage.run.run_id == run_id:
            self._session.do(self._show_run(run_id))

    def refresh(self) -> None:
        """Runs and models were read anew."""
        stage = self._place.stage
        if stage.pages.currentWidget() is stage.run and stage.run.run_id:
            self._session.do(self._show_run(stage.run.run_id))
        elif stage.pages.currentWidget() is stage.model:
            self.open_model(stage.model.model_id)

    async def _show_run(self, run_id: str) -> None:
        facts = self._facts(run_id)
        if facts is None:
            return
        story = await self._session.story(run_id)
        if self._place.stage.run.run_id == run_id:
            self._place.stage.run.show_run(facts, story)
        self._watch(facts)

    def _watch(self, facts: RunFacts) -> None:
        """A run at work in another program does not call: look again now and then while it is on the screen."""
        stage = self._place.stage
        foreign = facts.run.state in ("waiting", "running") and not facts.followed
        if foreign and stage.pages.currentWidget() is stage.run:
            self._look_again.start()
        else:
            self._look_again.stop()

    def _facts(self, run_id: str) -> RunFacts | None:
        shown = self._session.shown
        run = next((one for one in shown.runs if one.id == run_id), None)
        if run is None or shown.task is None:
            return None
        dataset = next((one for one in shown.datasets if one.name == run.dataset), None)
        base = next((one for one in shown.models if one.id == run.base), None)
        return RunFacts(run, shown.task.recipe(run.recipe), dataset, base, run_id in self._session.running)

    def show_empty(self) -> None:
        """What to do next, by what is there."""
        shown, empty = self._session.shown, self._place.stage.empty
        task = shown.task
        if task is None:
            return
        missing = self._session.ws.registry.missing(task.id)
        if missing:
            needs = ", ".join(need.module for need in missing)
            empty.say(self.tr("{0} needs {1}").format(task.title, needs), missing[0].install)
        elif shown.items:
            empty.say(self.tr("Choose a record"), self.tr("Pick one in the library, or find it with Ctrl K."))
        elif shown.query:
            empty.say(self.tr("Nothing found"), self.tr("No record fits “{0}”.").format(shown.query))
        else:
            accepts = ", ".join(task.accepts)
            told = self.tr(
                "Bring in files or a whole folder ({0}); originals are kept bit for bit. You can drop them too."
            )
            empty.say(self.tr("Your library is empty"), told.format(accepts), self.tr("Import files…"))
        library = self._place.library.empty
        library.say("", self.tr("No record fits the filter.") if shown.query else self.tr("No records yet."))

    def on_page_changed(self) -> None:
        stage, shown = self._place.stage, self._session.shown
        task = shown.task.title if shown.task else ""
        page = stage.pages.currentWidget()
        if page is not stage.run:
            self._look_again.stop()
        if page is stage.run:
            self._place.top.show_place(task, self.tr("Runs"), stage.run.run_id.replace("-", " "))
            self._place.catalogue.mark(stage.run.run_id)
        elif page is stage.model:
            model = next((one for one in shown.models if one.id == stage.model.model_id), None)
            self._place.top.show_place(task, self.tr("Models"), model_title(model) if model else "")
            self._place.catalogue.mark(stage.model.model_id)
        else:
            self._place.top.show_place(task, *self.record_steps)
            self._place.catalogue.mark("")
