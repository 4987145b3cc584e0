"""Questions that need a dialog: which files, where to, and what the settings are. None of them blocks the window."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDialog, QFileDialog

from medstation.actions import explaining
from medstation.shell.look import Look
from medstation.shell.permissions import Permissions
from medstation.shell.reason_dialog import ReasonDialog
from medstation.shell.session import Session
from medstation.shell.traffic import places
from medstation.shell.verbs import Verbs
from medstation.shell.without_identity import WithoutIdentity
from medstation.shell.workplace import Workplace
from medstation.vault import EXPORT_REASON, rights

Paths = Callable[[list[Path]], None]


class Asking(QObject):
    """Opens dialogs over the workplace, and does what was answered."""

    def __init__(self, session: Session, verbs: Verbs, place: Workplace) -> None:
        super().__init__(place)
        self._session = session
        self._verbs = verbs
        self._place = place
        self._without = WithoutIdentity(session, place)

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
            title, name = self.tr("Export as {0}").format(exporter.title), f"{item_id}{exporter.suffix}"

            def write(reason: str, out: Path) -> None:
                self._session.do(self._verbs.export(item_id, format, out, reason))

            self._give_reason(lambda reason: self._save(title, name, partial(write, reason)))

    def export_without_identity(self, record_id: str) -> None:
        """Which folder to write copies without identity to."""
        title = self.tr("Folder for the files without identity")

        def begin(reason: str, paths: list[Path]) -> None:
            self._session.do(self._without.begin(record_id, paths[0], reason))

        self._give_reason(lambda reason: self._folder(title, partial(begin, reason)))

    def save_picture(self, about: str, png: bytes) -> None:
        """Where to write a picture of `about`, a record or a model."""
        ws = self._session.ws

        def write(reason: str, out: Path) -> None:
            self._session.do(self._write(lambda: explaining.save(ws, about, png, out, reason)))

        self._give_reason(
            lambda reason: self._save(self.tr("Save the picture"), f"{about}.png", partial(write, reason))
        )

    async def _write(self, act: Callable[[], list[str]]) -> None:
        written = await self._session.awaiting.off_thread(act)
        self._session.said.emit(self.tr("Written to {0}").format(", ".join(written)))

    def save_onnx(self, model_id: str, then: Callable[[Path, str], None]) -> None:
        """Where to write a model for other programs; `then` gets the place and the reason."""
        model = next((one for one in self._session.shown.models if one.id == model_id), None)
        if model:
            name = f"{model.name}-v{model.version}.onnx"

            def write(reason: str, out: Path) -> None:
                then(out, reason)

            self._give_reason(lambda reason: self._save(self.tr("Write as ONNX"), name, partial(write, reason)))

    def export_model(self, model_id: str) -> None:
        """Where to write a model with its card."""
        model = next((one for one in self._session.shown.models if one.id == model_id), None)
        if model:
            title, name = self.tr("Export the model"), f"{model.name}-v{model.version}.medmodel"

            def write(reason: str, out: Path) -> None:
                self._session.do(self._verbs.export_model(model_id, out, reason))

            self._give_reason(lambda reason: self._save(title, name, partial(write, reason)))

    def save_with_reason(self, title: str, name: str, write: Callable[[str, Path], None]) -> None:
        """Where to write something that leaves the vault; `write` gets the reason and the place."""
        self._give_reason(lambda reason: self._save(title, name, partial(write, reason)))

    def _give_reason(self, then: Callable[[str], None]) -> None:
        self._session.do(self._ask_reason(then))

    async def _ask_reason(self, then: Callable[[str], None]) -> None:
        """Why something leaves the vault, where that is wanted; "" where it is not."""
        policies = self._session.ws.vault.policies
        if not await self._session.awaiting.off_thread(lambda: policies.is_on(EXPORT_REASON)):
            then("")
            return
        dialog = ReasonDialog(self._place)
        dialog.given.connect(then)
        self.open(dialog)

    def import_model(self) -> None:
        """A model package."""
        self._files(self.tr("Import a model package"), self._import_model, several=False)

    def import_model_folder(self) -> None:
        """A model of another program, as the folder it was published as."""
        self._folder(self.tr("Import a model folder"), self._import_model)

    def _import_model(self, paths: list[Path]) -> None:
        self._session.do(self._verbs.import_model(paths[0]))

    def settings(self, look: Look) -> None:
        self._session.do(self._show_settings(look))

    async def _show_settings(self, look: Look) -> None:
        from medstation.shell.settings_dialog import SettingsDialog

        ws, memory = self._session.ws, self._session.memory
        policies = await self._session.awaiting.off_thread(ws.vault.policies.all)
        vault = {
            self.tr("Folder"): ws.vault.folder,
            self.tr("User"): f"{ws.vault.user.name} ({ws.vault.user.role})",
            self.tr("Network"): ", ".join(places(ws.pool.allowed)) or self.tr("nothing is allowed"),
        }
        dialog = SettingsDialog(look, memory, vault, policies[EXPORT_REASON], ws.registry.plugins, self._place)
        Permissions(ws.vault.user, dialog).guard(rights.SET_POLICY, dialog.reasons)
        dialog.changed.connect(look.apply)
        dialog.locking_changed.connect(memory.keep_locking)
        dialog.reasons_changed.connect(lambda on: self._session.do(self._verbs.set_policy(EXPORT_REASON, on)))
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
