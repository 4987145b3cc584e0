"""The worker process: `python -m medstation.jobs.child`. Orders come in on stdin, messages go out on stdout.

Both are moved away from descriptors 0 and 1 at once, so that no library can read an order or break a message by
printing. The network is shut before anything foreign is imported.
"""

from __future__ import annotations

import atexit
import contextlib
import faulthandler
import importlib
import os
import queue
import signal
import socket
import sys
import threading
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from medstation.api import Json, resolve_ref
from medstation.jobs import memory
from medstation.jobs.desk import Desk
from medstation.jobs.faults import fault_of
from medstation.jobs.messages import decode
from medstation.jobs.outbox import Outbox
from medstation.jobs.parent import BACKGROUND_NICE, end_with_parent, lower_priority
from medstation.jobs.seal import Seal, seal_network
from medstation.jobs.secrecy import leave_no_core

LEAVING = 2.0
"""Seconds for libraries to tidy up at the end of an idle worker."""


def main() -> None:
    orders, answers = take_over_streams()
    end_with_parent()
    leave_no_core()
    handshake = decode(orders.readline())
    seal = seal_network([(host, port) for host, port in handshake["connect"]])
    lower_priority()
    faulthandler.enable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal is the parent's to answer
    child = Child(handshake, Outbox(answers), seal)
    threading.Thread(target=child.listen, args=(orders,), name="orders", daemon=True).start()
    child.serve()
    # What libraries registered for the end is done; taking the interpreter apart, which takes torch a second, is not.
    atexit._run_exitfuncs()
    os._exit(0)


def take_over_streams() -> tuple[BinaryIO, BinaryIO]:
    """Private copies of stdin and stdout; in their place, nothing to read, and stderr to write to."""
    orders, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=partial(_close_all, orders, answers))
    sys.stdout.reconfigure(line_buffering=True, errors="backslashreplace")  # type: ignore[union-attr]
    return os.fdopen(orders, "rb"), os.fdopen(answers, "wb", buffering=0)


def _close_all(*descriptors: int) -> None:
    for descriptor in descriptors:
        with contextlib.suppress(OSError):
            os.close(descriptor)


class Child:
    """Serves jobs one after another, and imports the `warm` modules while there is none."""

    def __init__(self, handshake: Json, outbox: Outbox, seal: Seal) -> None:
        self._folder = Path(handshake["folder"]) if handshake["folder"] else None
        self._key = bytes.fromhex(handshake["key"]) if handshake["key"] else None
        self._cold: list[str] = list(handshake["warm"])
        self._link = socket.socket(fileno=handshake["link"]) if handshake["link"] is not None else None
        self._outbox = outbox
        self._seal = seal
        self._told_attempts = self._told_connections = 0
        self._desks: dict[str, Desk] = {}
        self._jobs: queue.SimpleQueue[Json | None] = queue.SimpleQueue()

    def listen(self, orders: BinaryIO) -> None:
        """Runs in a thread of its own. The end of the orders is the end of the process, whatever it is doing."""
        for line in orders:
            order = decode(line)
            if "run" in order:
                self._desks[order["run"]] = Desk(self._folder, self._key, self._outbox)
                self._jobs.put(order)
            elif desk := self._desks.get(order["job"]):
                asked = desk.cancel_asked if order["ask"] == "cancel" else desk.stop_asked
                asked.set()
        if not self._desks:
            self._jobs.put(None)
            threading.Event().wait(LEAVING)
        os._exit(0)

    def serve(self) -> None:
        """Runs in the main thread, until there are no more orders."""
        failed: dict[str, str] = {}
        while True:
            while self._cold and self._jobs.empty():
                self._warm(self._cold.pop(0), failed)
            if self._jobs.empty():
                self._outbox.send({"warm": {"failed": failed}})
            order = self._jobs.get()
            if order is None:
                return
            self._run(order)

    def _warm(self, module: str, failed: dict[str, str]) -> None:
        try:
            importlib.import_module(module)
        except Exception as error:
            failed[module] = f"{type(error).__name__}: {error}"

    def _run(self, order: Json) -> None:
        desk = self._desks[order["run"]]
        if order["background"]:
            lower_priority(BACKGROUND_NICE)
        try:
            answer = resolve_ref(order["target"])(order["request"], desk)
            desk.clear()
            result, arrays = answer if isinstance(answer, tuple) else (answer, {})
            self._answer(result, arrays)
        except BaseException as error:  # a decoder's panic or a library's sys.exit() is an answer too
            desk.clear()
            self._say_attempts()
            self._outbox.send({"failed": fault_of(error)})
        finally:
            del self._desks[order["run"]]

    def _answer(self, result: Json, arrays: Mapping[str, Any]) -> None:
        self._say_attempts()
        described = memory.describe(arrays)
        message: Json = {"done": result, "arrays": described}
        if not described:
            self._outbox.send(message)
        elif self._link:
            memory.write_shared(arrays, described, self._link)
            self._outbox.send(message)
        else:
            self._outbox.send(message, partial(memory.write_piped, arrays, described))

    def _say_attempts(self) -> None:
        attempts = self._seal.attempts()[self._told_attempts :]
        self._told_attempts += len(attempts)
        connections = self._seal.connections()[self._told_connections :]
        self._told_connections += len(connections)
        if attempts or connections:
            self._outbox.send({"attempts": attempts, "connections": connections})


if __name__ == "__main__":
    main()
