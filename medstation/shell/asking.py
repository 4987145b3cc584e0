"""Questions that need a dialog: which files, where to, and what the settings are. None of them blocks the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDialog, QFileDialog

from medstation.shell.look import Look
from medstation.shell.session import Session
from medstation.shell.verbs import Verbs
from medstation.shell.workplace import Workplace

Paths = Callable[[list[Path]], None]


class Asking(QObject):
    """Opens dialogs over the workplace, and does what was answered."""

    def __init__(self, session: Session, verbs: Verbs, place: Workplace) -> None:
        super().__init__(place)
        self._session = session
        self._verbs = verbs
        self._place = place

    def import_files(self) -> None:
        self._files(self.tr("Import files"), lambda paths: self._session.do(self._verbs.import_paths(paths)))

    def import_folder(self) -> None:
        self._folder(self.tr("Import a folder"), lambda paths: self._session.do(self._verbs.import_paths(paths)))

    def open_folder(self) -> None:
        title = self.tr("Open a folder without importing it")
        self._folder(title, lambda paths: self._session.do(self._verbs.open_paths(paths)))

    def import_opened(self) -> None:
        """The files of the record that was opened without importing."""
        item = self._session.shown.item
        if item and item.files:
            paths = [Path(found["path"]) for found in item.files]
            self._session.do(self._verbs.import_paths(paths))

    def attach_label(self) -> None:
        title = self.tr("Attach a label from a file")
        self._files(title, lambda paths: self._session.do(self._verbs.attach_label(paths[0])), several=False)

    def attach_labels(self) -> None:
        title = self.tr("Attach labels from a folder")
        self._folder(title, lambda paths: self._session.do(self._verbs.attach_labels(paths)))

    def export(self, item_id: str, format: str) -> None:
        """Where to write a record, label or prediction."""
        task = self._session.shown.task
        exporter = next((one for one in task.exporters if one.format == format), None) if task else None
        if exporter:
            name = f"{item_id}{exporter.suffix}"
            self._save(
                self.tr("Export as {0}").format(exporter.title),
                name,
                lambda out: self._session.do(self._verbs.export(item_id, format, out)),
            )

    def export_model(self, model_id: str) -> None:
        """Where to write a model with its card."""
        model = next((one for one in self._session.shown.models if one.id == model_id), None)
        if model:
            name = f"{model.name}-v{model.version}.medmodel"
            self._save(
                self.tr("Export the model"), name, lambda out: self._session.do(self._verbs.export_model(model_id, out))
            )

    def import_model(self) -> None:
        """A model package."""
        self._files(self.tr("Import a model package"), self._import_model, several=False)

    def import_model_folder(self) -> None:
        """A model of another program, as the folder it was published as."""
        self._folder(self.tr("Import a model folder"), self._import_model)

    def _import_model(self, paths: list[Path]) -> None:
        self._session.do(self._verbs.import_model(paths[0]))

    def settings(self, look: Look) -> None:
        from medstation.shell.settings_dialog import SettingsDialog

        ws = self._session.ws
        vault = {self.tr("Folder"): ws.vault.folder, self.tr("User"): ws.library.user}
        memory = self._session.memory
        dialog = SettingsDialog(look, memory, vault, ws.registry.plugins, self._place)
        dialog.changed.connect(look.apply)
        dialog.locking_changed.connect(memory.keep_locking)
        self.open(dialog)

    def open(self, dialog: QDialog) -> None:
        """Show a dialog that deletes itself when it is closed."""
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _files(self, title: str, then: Paths, several: bool = True) -> None:
        dialog = QFileDialog(self._place, title)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles if several else QFileDialog.FileMode.ExistingFile)
        self._ask(dialog, then)

    def _folder(self, title: str, then: Paths) -> None:
        dialog = QFileDialog(self._place, title)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        self._ask(dialog, then)

    def _save(self, title: str, name: str, then: Callable[[Path], None]) -> None:
        dialog = QFileDialog(self._place, title)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.selectFile(name)
        self._ask(dialog, lambda paths: then(paths[0]))

    def _ask(self, dialog: QFileDialog, then: Paths) -> None:
        dialog.filesSelected.connect(lambda chosen: then([Path(one) for one in chosen]) if chosen else None)
        self.open(dialog)
