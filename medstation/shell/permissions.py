"""What the person at the window may not do is seen, but disabled, and says why. Decided here for the whole window.

This spares a refusal; what refuses is the vault's own door, whatever a widget lets through.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget

from medstation.vault import Person, rights

if TYPE_CHECKING:
    from medstation.shell.workplace import Workplace


class Permissions(QObject):
    """Of one person, with the role that the vault's header gave at the unlocking."""

    def __init__(self, person: Person, parent: QObject) -> None:
        super().__init__(parent)
        self._person = person

    def may(self, act: str) -> bool:
        return rights.may(self._person, act)

    def reason(self, act: str) -> str:
        """Why the person may not do `act` (as `medstation.vault.rights` calls it), "" where they may."""
        if self.may(act):
            return ""
        needed, _ = rights.needed(act)
        return self.tr("Needs the role {0} or a higher one; yours is {1}.").format(needed, self._person.role)

    def guard(self, act: str, *widgets: QWidget) -> None:
        """Keep `widgets` disabled where the person may not do `act`, whatever enables them later."""
        if reason := self.reason(act):
            for widget in widgets:
                widget.setToolTip(reason)
                widget.setAccessibleDescription(reason)
                widget.setEnabled(False)
                widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.EnabledChange and isinstance(watched, QWidget) and watched.isEnabled():
            watched.setEnabled(False)
        return False


def guard_workplace(place: Workplace, permissions: Permissions) -> None:
    """Every part of the workplace that leads to an act which not every role may do."""
    record, infer, finetune, review = (
        place.inspector.record,
        place.inspector.infer,
        place.inspector.finetune,
        place.inspector.review,
    )
    stage, catalogue = place.stage, place.catalogue
    permissions.guard(rights.IMPORT, place.library.empty.action, stage.empty.action, record.bring)
    permissions.guard(rights.LABEL, record.attach, record.attach_many)
    permissions.guard("verdict", infer.verdict.buttons)
    permissions.guard(rights.EXPORT, record.exports.buttons, infer.exports.buttons, stage.model.export)
    permissions.guard("dataset.create", finetune.data.fold, finetune.data.fresh)
    permissions.guard("run.create", finetune.start, finetune.search, stage.run.resume)
    permissions.guard("run.stop", finetune.stop, stage.run.stop)
    permissions.guard(rights.ADD_MODEL, catalogue.package, catalogue.folder)
    permissions.guard(rights.ADD_MODEL, stage.model.smaller.buttons["int8"], stage.model.smaller.buttons["prune"])
    permissions.guard(rights.EXPORT, stage.model.smaller.buttons["onnx"])
    permissions.guard("model.propose", review.propose, review.reason)
    permissions.guard("model.approve", review.approve)
    permissions.guard("model.retire", review.retire)
    permissions.guard("model.rollback", review.back)
    permissions.guard(rights.EVALUATE, review.check)
    permissions.guard(rights.EXPORT, stage.model.report)
    place.library.setAcceptDrops(permissions.may(rights.IMPORT))
