"""All commands of the window, and everything the search box can find."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject

from medstation.shell.commands import Command
from medstation.shell.finder import Entry
from medstation.shell.inspector import FINETUNE, INFER, RECORD, REVIEW
from medstation.shell.permissions import Permissions
from medstation.shell.wiring import Wiring
from medstation.shell.wording import model_title, person_title, states
from medstation.vault import rights


class Menu(QObject):
    """`lock` and `leave` belong to the window."""

    def __init__(
        self, wiring: Wiring, permissions: Permissions, lock: Callable[[], None], leave: Callable[[], None]
    ) -> None:
        super().__init__(wiring)
        self._wiring = wiring
        self._permissions = permissions
        self._lock = lock
        self._leave = leave

    def commands(self) -> list[Command]:
        """In the order of the keyboard map."""
        return [self._permitted(command) for command in (*self._data(), *self._places(), *self._window())]

    def _permitted(self, command: Command) -> Command:
        """What the person may not do stays in the lists, and says why."""
        reason = self._permissions.reason(command.right) if command.right else ""
        return replace(command, act=lambda: self._wiring.session.said.emit(reason)) if reason else command

    def _data(self) -> list[Command]:
        asking, session, group = self._wiring.asking, self._wiring.session, self.tr("Data")
        library = self._wiring.place.library
        return [
            Command(self.tr("Import files…"), group, asking.import_files, "Ctrl+O", rights.IMPORT),
            Command(self.tr("Import a folder…"), group, asking.import_folder, "Ctrl+Shift+O", rights.IMPORT),
            Command(self.tr("Open a folder without importing…"), group, asking.open_folder, "Ctrl+Alt+O"),
            Command(self.tr("Attach labels from a folder…"), group, asking.attach_labels, right=rights.LABEL),
            Command(self.tr("Import a model package…"), group, asking.import_model, right=rights.ADD_MODEL),
            Command(self.tr("Import a model folder…"), group, asking.import_model_folder, right=rights.ADD_MODEL),
            Command(self.tr("Next record"), group, lambda: library.step(1), "Ctrl+Down"),
            Command(self.tr("Previous record"), group, lambda: library.step(-1), "Ctrl+Up"),
            Command(
                self.tr("Run the model on this record"), group, self._wiring.place.inspector.infer.run.click, "Ctrl+R"
            ),
            Command(self.tr("Read the library anew"), group, lambda: session.do(self._refresh()), "F5"),
        ]

    def _places(self) -> list[Command]:
        place, group = self._wiring.place, self.tr("Places")
        tabs = (
            (RECORD, self.tr("Record")),
            (INFER, self.tr("Infer")),
            (FINETUNE, self.tr("Fine-tune")),
            (REVIEW, self.tr("Review")),
        )
        made = [
            Command(self.tr("Search or run a command"), group, self.search, "Ctrl+K"),
            Command(self.tr("Filter the library"), group, self._focus_filter, "Ctrl+F"),
            Command(self.tr("Back to the record"), group, place.stage.show_record, "Escape"),
        ]
        for index, title in tabs:
            act = self._tab(index)
            made.append(Command(self.tr("Show {0}").format(title), group, act, f"Alt+{index + 1}"))
        for number, task in enumerate(self._wiring.session.ws.registry.tasks.values(), start=1):
            act = self._task(task.id)
            made.append(
                Command(self.tr("Task: {0}").format(task.title), group, act, f"Ctrl+{number}" if number < 10 else "")
            )
        return made

    def _window(self) -> list[Command]:
        group = self.tr("Window")
        return [
            Command(self.tr("Keyboard map"), group, self.keys, "F1"),
            Command(self.tr("Settings"), group, lambda: self._wiring.asking.settings(self._wiring.look), "Ctrl+,"),
            Command(self.tr("Dark or light theme"), group, self._other_theme, "Ctrl+Shift+T"),
            Command(self.tr("About MedStation"), group, self._about),
            Command(self.tr("Lock the vault"), group, self._lock, "Ctrl+L"),
            Command(self.tr("Leave MedStation"), group, self._leave, "Ctrl+Q"),
        ]

    def search(self) -> None:
        """Open the search box."""
        self._wiring.place.palette_box.open_with(self.entries())

    def entries(self) -> list[Entry]:
        """Patients and records that are listed, models, runs, and commands."""
        wiring, shown = self._wiring, self._wiring.session.shown
        found = [command.entry(self.tr("command")) for command in self.commands()]
        for item in shown.items:
            person = person_title(item.record.person)
            found.append(
                Entry(
                    item.record.title, f"{person} · {item.record.subtitle}", self.tr("record"), self._record(item.key)
                )
            )
        patients = {item.record.person.key: item for item in reversed(shown.items)}
        for item in patients.values():
            found.append(Entry(person_title(item.record.person), "", self.tr("patient"), self._record(item.key)))
        for model in shown.models:
            act = self._call(wiring.pages.open_model, model.id)
            found.append(Entry(model_title(model), states(model.state)[0], self.tr("model"), act))
        for run in shown.runs:
            act = self._call(wiring.pages.open_run, run.id)
            found.append(Entry(f"{run.id.replace('-', ' ')} · {run.name}", states(run.state)[0], self.tr("run"), act))
        return found

    def keys(self) -> None:
        """Open the keyboard map."""
        from medstation.shell.keys_dialog import KeysDialog

        view_keys = getattr(self._wiring.place.stage.view, "keys", None)
        listed = view_keys() if callable(view_keys) else ()
        self._wiring.asking.open(KeysDialog(self.commands(), listed, self._wiring.place))

    def _about(self) -> None:
        from medstation.shell.about_dialog import AboutDialog

        self._wiring.asking.open(AboutDialog(self._wiring.place))

    def _other_theme(self) -> None:
        look = self._wiring.look
        look.apply("light" if look.theme == "dark" else "dark", look.text_size)

    def _focus_filter(self) -> None:
        self._wiring.place.library.show_page(0)
        self._wiring.place.library.filter.setFocus()

    async def _refresh(self) -> None:
        await self._wiring.session.refresh_items()
        await self._wiring.session.refresh_catalogue()

    def _tab(self, index: int) -> Callable[[], None]:
        return lambda: self._wiring.place.inspector.show_tab(index)

    def _task(self, task_id: str) -> Callable[[], None]:
        return lambda: self._wiring.session.do(self._wiring.session.choose_task(task_id))

    def _call(self, act: Callable[[str], None], key: str) -> Callable[[], None]:
        return lambda: act(key)

    def _record(self, key: str) -> Callable[[], None]:
        def open_record() -> None:
            self._wiring.session.do(self._wiring.session.open_item(key))
            self._wiring.place.stage.show_record()

        return open_record
