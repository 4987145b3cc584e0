"""Errors a person can act on. Anything else that is raised is a bug and is reported as one."""

from __future__ import annotations


class MedStationError(Exception):
    """A fault of the input, the user or the machine: `message` says what is wrong with which input, `hint` what to do.

    `code` is a stable word for scripts; `exit_code` is what the command line ends with.
    """

    code = "failed"
    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[type[MedStationError], tuple[str, str]]:
        return type(self), (self.message, self.hint)


class BadInput(MedStationError):
    """A file, a label or a value that cannot be used as it is."""

    code = "bad_input"


class NotFound(MedStationError):
    """Something was named that does not exist."""

    code = "not_found"


class Unavailable(MedStationError):
    """A part that needs something which is not installed or not present on this machine."""

    code = "unavailable"


class StorageFull(MedStationError):
    """The disk has no room; nothing of what was stored before is touched."""

    code = "storage_full"


class Stopped(MedStationError):
    """The user stopped the work; what was done is kept."""

    code = "stopped"


class WrongUsage(MedStationError):
    """The command or its values are wrong."""

    code = "usage"
    exit_code = 2


class VaultLocked(MedStationError):
    """The vault is missing, locked, or the passphrase is wrong."""

    code = "vault_locked"
    exit_code = 3


class Refused(MedStationError):
    """Refused for safety: untrusted code or model, damaged data, not enough memory."""

    code = "refused"
    exit_code = 4


class WorkerDied(MedStationError):
    """A worker process ended in the middle of its work; the work can be started again or resumed."""

    code = "worker_died"


class Bug(MedStationError):
    """A fault of the program, not of the input: told with its traceback."""

    code = "bug"


BY_CODE: dict[str, type[MedStationError]] = {
    kind.code: kind
    for kind in (
        MedStationError, BadInput, NotFound, Unavailable, StorageFull, Stopped, WrongUsage, VaultLocked, Refused,
        WorkerDied, Bug,
    )
}  # fmt: skip


def from_code(code: str, message: str, hint: str = "") -> MedStationError:
    """The error that another process described by its code."""
    return BY_CODE.get(code, MedStationError)(message, hint)
