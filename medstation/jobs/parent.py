"""A worker's manners towards the process that started it: it goes when that one goes, and lets the window go first."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

NICE = 5
"""Every worker steps back behind the window, from its start on: a raised priority cannot be asked for again later."""
BACKGROUND_NICE = 10
"""Long work steps back behind what a person is waiting for."""
_PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """Have the kernel kill this process when the thread that started it ends (Linux); elsewhere the end of stdin does.

    The end of stdin alone would not reach a process that hangs inside a library.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def lower_priority(nice: int = NICE) -> None:
    """Raise this process's niceness to `nice`; on Windows its parent starts it with a lower priority class."""
    if hasattr(os, "nice"):
        os.nice(max(0, nice - os.nice(0)))
