"""How work ended badly, in words: an exception of the worker's function, or the death of its process."""

from __future__ import annotations

import errno
import signal
import traceback
from pathlib import Path

from medstation.api import Json, MedStationError, Refused, StorageFull
from medstation.api.errors import Bug, WorkerDied

AGAIN = "Start it again; a fine-tuning run can be resumed from its last checkpoint."
NO_MEMORY = "Close other programs, or choose smaller batches, smaller patches or fewer files at once."


def fault_of(error: BaseException) -> Json:
    """An exception as a message: code, message, hint, traceback, and whether the process may serve on."""
    known = error if isinstance(error, MedStationError) else _translated(error)
    text = "".join(traceback.format_exception(error))
    return {
        "code": known.code,
        "message": known.message,
        "hint": known.hint,
        "traceback": text,
        "healthy": isinstance(error, MedStationError),
    }


def _translated(error: BaseException) -> MedStationError:
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return Refused("there is not enough memory for this work", NO_MEMORY)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFull("the disk is full", "Free some space, then start the work again.")
    return Bug(
        f"the work ended with a fault of the program: {type(error).__name__}: {error}",
        "Report it together with the details; nothing that was stored before is touched.",
    )


def death_of(exit_code: int, memory_ran_out: bool) -> WorkerDied:
    """The death of a worker in the middle of its work. A negative `exit_code` is the signal that ended it."""
    if exit_code == -signal.SIGTERM or (exit_code == -_KILL and not memory_ran_out):
        return WorkerDied(f"the worker was ended from outside ({_name(exit_code)})", AGAIN)
    if exit_code == -_KILL:
        return WorkerDied("the system ran out of memory and ended the worker", f"{NO_MEMORY} {AGAIN}")
    if exit_code < 0:
        return WorkerDied(f"the worker crashed ({_name(exit_code)})", f"A damaged file may be the cause. {AGAIN}")
    return WorkerDied(f"the worker ended by itself (exit code {exit_code})", AGAIN)


def memory_kills() -> int:
    """How many processes this system has ended for lack of memory since it started; 0 where it does not say."""
    try:
        lines = Path("/proc/vmstat").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)


_KILL = 9  # signal.SIGKILL does not exist on Windows


def _name(exit_code: int) -> str:
    try:
        return signal.Signals(-exit_code).name
    except ValueError:
        return f"signal {-exit_code}"
