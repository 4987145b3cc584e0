"""Starts connectors for a program that has sealed itself.

What a sealed process starts is sealed as it is: the system's filter is inherited and cannot be taken off. So where a
vault has exceptions, the program begins by dividing in two (`divide`). The process that was started stays at the door:
it knows no key, opens no file, loads nothing, and starts connectors when the program asks for one over a pair of
sockets; they are talked to by the program itself, over pipes that go along with the asking. The other process goes on
as the program, seals itself, and does all the rest. Without exceptions there is no such process.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress

from medstation.jobs.parent import end_with_parent

COMMAND = (sys.executable, "-P", "-m", "medstation.jobs.child")
START_ANEW = 75
"""The exit code with which a program asks for a new one in its place."""
_LONGEST = 1 << 17
_DESCRIPTORS = 5


class Ported:
    """A process that the porter started, as far as `subprocess.Popen` would show it."""

    def __init__(self, orders: int, answers: int, errors: int, report: int) -> None:
        self.stdin = os.fdopen(orders, "wb")
        self.stdout = os.fdopen(answers, "rb")
        self.stderr = os.fdopen(errors, "rb")
        self._report = os.fdopen(report, "rb")
        self._code: int | None = None
        self.pid, self.link = (int(word) for word in self._told() or ("0", "0"))
        if not self.pid:
            raise OSError(0, "the process that starts connectors is gone")

    def wait(self) -> int:
        """The exit code, or minus the signal; may be asked again, as a Popen may."""
        if self._code is None:
            with self._report:
                words = self._told()
            self._code = int(words[0]) if words else -signal.SIGKILL
        return self._code

    def _told(self) -> list[str]:
        return self._report.readline().decode().split()


class Porter:
    """The program's end of the link. `started_anew` tells that this program has taken another one's place."""

    def __init__(self, link: socket.socket, started_anew: bool) -> None:
        self.started_anew = started_anew
        self._link = link
        self._asking = threading.Lock()

    def start(self, environment: Mapping[str, str], child_link: socket.socket) -> Ported:
        """A worker process that is not sealed yet; `Ported.link` is the number of `child_link` in it."""
        pipes = [os.pipe() for _ in range(4)]
        (orders, to_orders), *upward = pipes
        theirs = [orders, *(end for _, end in upward)]
        try:
            with self._asking:
                text = json.dumps(dict(environment)).encode()
                socket.send_fds(self._link, [text], [*theirs, child_link.fileno()])
        finally:
            _close(theirs)
        return Ported(to_orders, *(end for end, _ in upward))


def divide() -> Porter:
    """Returns in a new process, which goes on as the program. The old one serves it, and ends when it does and as it
    did; where it ended with `START_ANEW`, a new one goes on in its place."""
    code = 0
    while True:
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        pid = os.fork()
        if pid == 0:
            here.close()
            end_with_parent()
            signal.signal(signal.SIGINT, signal.default_int_handler)
            return Porter(there, code == START_ANEW)
        there.close()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal is the program's to answer
        with here:
            _serve(here)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if code != START_ANEW:
            os._exit(code if code >= 0 else 128 - code)


def _serve(link: socket.socket) -> None:
    """Until the program is gone."""
    while True:
        with suppress(ConnectionError):
            text, descriptors, _, _ = socket.recv_fds(link, _LONGEST, _DESCRIPTORS)
            if text:
                _start(json.loads(text), descriptors)
                continue
        return


def _start(environment: dict[str, str], descriptors: Sequence[int]) -> None:
    """In this thread, which lives as long as the program: the kernel ends the connector with it."""
    orders, answers, errors, report, link = descriptors
    try:
        child = subprocess.Popen(
            COMMAND, stdin=orders, stdout=answers, stderr=errors, env=environment, pass_fds=[link], process_group=0
        )
    except OSError:  # told by the end of the report, which nobody holds any more
        _close(descriptors)
        return
    _close((orders, answers, errors, link))
    os.write(report, f"{child.pid} {link}\n".encode())
    threading.Thread(target=_watch, args=(child, report), daemon=True).start()


def _watch(child: subprocess.Popen[bytes], report: int) -> None:
    """What the connector itself started ends with it; it is not reaped before, so its number is nobody else's yet."""
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    with suppress(OSError):
        os.killpg(child.pid, signal.SIGKILL)
    with suppress(OSError):  # the program may be gone
        os.write(report, f"{child.wait()}\n".encode())
    os.close(report)


def _close(descriptors: Sequence[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
