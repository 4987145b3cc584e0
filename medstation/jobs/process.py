"""One child process with its pipes: birth, death, and nothing of jobs."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from typing import Any, BinaryIO, cast

from medstation.api import Json
from medstation.jobs.messages import encode
from medstation.jobs.porter import COMMAND, Ported, Porter

TAIL = 64 * 1024
"""Bytes of the error output that are kept, in memory only: they may quote a record."""
LAST_WORDS = 2.0
"""Seconds that a dead process's own children get to end, before they are killed."""


class Process:
    """`python -m medstation.jobs.child`, in a process group of its own.

    Start it in a thread that lives as long as it should: on Linux the kernel ends a child with the *thread* that
    started it. `link` is the socket that memory is handed over (None where the system has no such memory). A `porter`
    starts it where this process is sealed and the child is to be sealed otherwise.
    """

    def __init__(self, name: str, handshake: Json, porter: Porter | None = None) -> None:
        self.link, child_link = _link()
        number = child_link.fileno() if child_link else None
        self._child: subprocess.Popen[bytes] | Ported
        try:
            if porter and child_link:
                self._child = ported = porter.start(_environment(), child_link)
                number = ported.link
            else:
                self._child = _start(child_link)
        finally:
            if child_link:
                child_link.close()
        self.pid = self._child.pid
        self.answers = cast(BinaryIO, self._child.stdout)
        self._orders = cast(BinaryIO, self._child.stdin)
        self._sending = threading.Lock()
        self._reaping = threading.Lock()
        self._reaped = False
        self._tail = bytearray()
        self._collector = threading.Thread(target=self._collect, name=f"{name} errors", daemon=True)
        self._collector.start()
        self.send({**handshake, "link": number})

    def send(self, message: Json) -> None:
        self.send_line(encode(message))

    def send_line(self, line: bytes) -> None:
        """An order; a process that has died does not hear it, which `wait` tells better than an error here."""
        with self._sending, contextlib.suppress(OSError, ValueError):
            self._orders.write(line)
            self._orders.flush()

    def tail(self) -> str:
        """The end of what the process wrote to stderr (and printed)."""
        return bytes(self._tail).decode("utf-8", "replace")

    def wait(self) -> int:
        """Wait for the end; what the process started itself ends too. The exit code, or minus the signal."""
        if hasattr(os, "waitid") and isinstance(self._child, subprocess.Popen):  # else the porter does that
            self._outlive_group()
        else:
            self._child.wait()
        with self._reaping:
            code = self._child.wait()
            self._reaped = True
        self._collector.join(LAST_WORDS)
        return code

    def _outlive_group(self) -> None:
        """The dead leader is not reaped here, so that the number of its group cannot be another's yet."""
        with contextlib.suppress(ChildProcessError):
            os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        self._signal_group(signal.SIGTERM)
        self._collector.join(LAST_WORDS)
        self._signal_group(signal.SIGKILL)

    def end(self) -> None:
        """No more orders: an idle process leaves, a busy one stops at once."""
        with self._sending, contextlib.suppress(OSError):
            self._orders.close()

    def terminate(self) -> None:
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        self._signal(getattr(signal, "SIGKILL", signal.SIGTERM))

    def close(self) -> None:
        """Give back the pipes, after `wait` and after the last reading of `answers`."""
        self.end()
        self.answers.close()
        if not self._collector.is_alive():
            cast(BinaryIO, self._child.stderr).close()
        if self.link:
            self.link.close()

    def _collect(self) -> None:
        errors = cast(BinaryIO, self._child.stderr)
        while chunk := os.read(errors.fileno(), TAIL):
            self._tail += chunk
            del self._tail[:-TAIL]

    def _signal(self, number: signal.Signals) -> None:
        """Not with Popen's methods: they reap a process that has just died, ahead of `wait`."""
        with self._reaping:
            if not self._reaped:
                with contextlib.suppress(OSError):
                    os.kill(self.pid, number)

    def _signal_group(self, number: int) -> None:
        with contextlib.suppress(OSError):
            os.killpg(self.pid, number)


def _link() -> tuple[socket.socket | None, socket.socket | None]:
    return socket.socketpair() if hasattr(os, "memfd_create") else (None, None)


def _start(child_link: socket.socket | None) -> subprocess.Popen[bytes]:
    options: dict[str, Any] = {"pass_fds": [child_link.fileno()]} if child_link else {}
    if sys.platform == "win32":
        options["creationflags"] = subprocess.BELOW_NORMAL_PRIORITY_CLASS | subprocess.CREATE_NO_WINDOW
    else:
        options["process_group"] = 0  # Ctrl-C in the terminal is the parent's; not a new session, where nice is void
    return subprocess.Popen(
        COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=_environment(),
        **options,
    )


def _environment() -> dict[str, str]:
    """The search path goes along, so that the child finds what its parent finds; the current folder does not."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
