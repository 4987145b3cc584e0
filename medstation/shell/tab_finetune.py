"""Inspector, third tab: a recipe, a data set, where to start, the settings, and start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, SignalInstance
from PySide6.QtWidgets import QComboBox, QLineEdit, QVBoxLayout, QWidget

from medstation.actions.datasets import fits
from medstation.api import ModelInfo, Recipe, Setting, TaskSpec
from medstation.shell.dataset_section import DataSetSection
from medstation.shell.training_plan import Plan
from medstation.shell.wording import model_title, states
from medstation.widgets.forms import SettingsForm
from medstation.widgets.panels import ButtonRow, Section, button, label

if TYPE_CHECKING:
    from medstation.library import DataSet, Run

SEED = Setting(
    "seed", "integer", 0, "Seed", "The same seed gives the same run", minimum=0, maximum=2**31, advanced=True
)


class FinetuneTab(QWidget):
    """Signals: `start_asked(Plan)`, `search_asked(Plan)`, `stop_asked(run id)`, `run_asked(run id)`."""

    start_asked = Signal(object)
    search_asked = Signal(object)
    stop_asked = Signal(str)
    run_asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._task: TaskSpec | None = None
        self._models: Sequence[ModelInfo] = ()
        self._datasets: Sequence[DataSet] = ()
        self._running: list[Run] = []
        self.form = SettingsForm(())
        self.recipes = self._box(self.tr("Recipe"))
        self.summary = label("", "small", wrap=True)
        self.bases = self._box(self.tr("Start from"))
        self.name = QLineEdit()
        self.name.setAccessibleName(self.tr("Name of the new model"))
        self.name.setPlaceholderText(self.tr("Name of the model (or leave empty)"))
        self.kind = self._box(self.tr("What to do"))
        for title, kind in (
            (self.tr("Make a model"), ""),
            (self.tr("Cross-validate in 5 folds"), "folds"),
            (self.tr("Learning curve: what more labels bring"), "curve"),
        ):
            self.kind.addItem(title, kind)
        self.start = button(self.tr("Start fine-tuning"), "primary")
        self.search = button(self.tr("Search settings…"))
        self.fault = label("", "error", wrap=True)
        self.data = DataSetSection()
        self._build()
        self.recipes.currentIndexChanged.connect(self.on_recipe_changed)
        self.data.changed.connect(self.check)
        self.start.clicked.connect(lambda: self._ask(self.start_asked))
        self.search.clicked.connect(lambda: self._ask(self.search_asked))

    def _box(self, name: str) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(name)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        return box

    def _build(self) -> None:
        self.method, self.begin = Section(self.tr("Recipe")), Section(self.tr("Start from"))
        self.settings, self.go = Section(self.tr("Settings")), Section(self.tr("Run"))
        self.waiting = label("", tone="caution", wrap=True)
        self.waiting.hide()
        self.method.add(self.waiting, self.recipes, self.summary)
        self.begin.add(self.bases)
        self.settings.add(self.form)
        self.stop = button(self.tr("Stop and keep best"))
        self.show_run = button(self.tr("Show the run"))
        self.stop.clicked.connect(lambda: self.stop_asked.emit(self._running[0].id))
        self.show_run.clicked.connect(lambda: self.run_asked.emit(self._running[0].id))
        self.at_work = label("", "muted", wrap=True)
        self.go.add(self.kind, self.name, self.fault, ButtonRow(self.start, self.search))
        self.go.add(self.at_work, ButtonRow(self.show_run, self.stop))
        self.promise = label(
            self.tr("It works in a process of its own. Before and after are measured on the same patients."),
            "small",
            wrap=True,
        )
        self.go.add(self.promise)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for section in (self.method, self.data, self.begin, self.settings, self.go):
            layout.addWidget(section)
        layout.addStretch(1)

    def show_task(self, task: TaskSpec | None) -> None:
        """The recipes of a task."""
        self._task = task
        self.recipes.blockSignals(True)
        self.recipes.clear()
        for recipe in task.recipes if task else ():
            self.recipes.addItem(recipe.title, recipe.id)
        self.recipes.blockSignals(False)
        self.on_recipe_changed()

    def show_catalogue(self, models: Sequence[ModelInfo], datasets: Sequence[DataSet], running: Sequence[Run]) -> None:
        """What there is to choose from, and which runs this window stands by."""
        self._models, self._datasets, self._running = models, datasets, list(running)
        self._show_choices()
        busy = bool(running)
        self.at_work.setText(self.tr("At work: {0}").format(", ".join(run.name for run in running)))
        for widget in (self.at_work, self.stop, self.show_run):
            widget.setVisible(busy)

    def show_waiting(self, name: str, count: int) -> None:
        """How many corrected cases of a model wait to be learnt from; 0 to say nothing."""
        self.waiting.setText(
            self.tr("{0} corrected cases of {1} wait: a new data set would learn from them.").format(count, name)
        )
        self.waiting.setVisible(count > 0)

    @property
    def recipe(self) -> Recipe | None:
        return self._task.recipe(self.recipes.currentData() or "") if self._task else None

    def on_recipe_changed(self) -> None:
        recipe = self.recipe
        self.summary.setText(recipe.summary if recipe else self.tr("This task has no recipe."))
        declared = recipe.settings if recipe else ()
        seeded = any(setting.name == SEED.name for setting in declared)
        fresh = SettingsForm(declared if seeded or recipe is None else (*declared, SEED))
        self.settings.body.replaceWidget(self.form, fresh)
        self.form.deleteLater()
        self.form = fresh
        self.form.changed.connect(self.check)
        self._show_choices()

    def _show_choices(self) -> None:
        recipe = self.recipe
        kept = self.bases.currentData()
        self.bases.clear()
        self.bases.addItem(self.tr("From scratch"), "")
        for model in self._models:
            if recipe and model.recipe in (recipe.id, *recipe.bases) and model.state != "retired":
                self.bases.addItem(f"{model_title(model)} · {states(model.state)[0]}", model.id)
        self.bases.setCurrentIndex(max(0, self.bases.findData(kept)))
        task = self._task
        fitting = [one for one in self._datasets if task and recipe and fits(one, task, recipe)]
        self.data.show_choices(fitting, recipe)
        self.check()

    def check(self) -> None:
        """Whether it can start, and if not, why."""
        faults = self.form.faults()
        self.fault.setText(self.tr("Put the marked settings right first.") if faults else "")
        self.fault.setVisible(bool(faults))
        ready = self.recipe is not None and bool(self.data.chosen) and not faults
        self.start.setEnabled(ready)
        self.search.setEnabled(ready)

    def _ask(self, asked: SignalInstance) -> None:
        """Emit what the form says."""
        recipe = self.recipe
        if recipe is None or self.form.faults():
            return
        values = self.form.values()
        declared = {setting.name for setting in recipe.settings}
        seed = int(values["seed"])
        settings = {name: value for name, value in values.items() if name in declared}
        base, name = self.bases.currentData(), self.name.text().strip()
        asked.emit(Plan(recipe.id, self.data.chosen, base, settings, name, seed, self.kind.currentData()))
