"""What the workers of these tests are asked to do."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from medstation.api import BadInput, Json
from medstation.jobs import Desk

FOREVER = threading.Event()


def echo(request: Json, desk: Desk) -> Json:
    return {"request": request, "pid": os.getpid(), "folder": str(desk.folder), "key": (desk.key or b"").hex()}


def arrays(request: Json, desk: Desk) -> tuple[Json, Mapping[str, np.ndarray]]:
    volume = np.arange(60 * 64 * 64, dtype=np.int16).reshape(60, 64, 64)
    return {}, {
        "volume": volume,
        "turned": volume.T,
        "empty": np.zeros((0, 3), np.float32),
        "mask": volume % 2 == 0,
        "one": np.array(2.5),
    }


def object_array(request: Json, desk: Desk) -> tuple[Json, Mapping[str, np.ndarray]]:
    return {}, {"names": np.array(["a", None], dtype=object)}


def chatter(request: Json, desk: Desk) -> Json:
    print('{"done": {"forged": true}, "arrays": []}')  # noqa: T201 (what libraries do)
    sys.stdout.write("no end of line")
    os.write(1, b"straight to descriptor 1\n")
    os.system("echo from a shell")
    return {"read": sys.stdin.read()}


def progress(request: Json, desk: Desk) -> Json:
    for step in range(request["steps"]):
        desk.report(step / request["steps"], f"step {step}")
    return {}


def events(request: Json, desk: Desk) -> Json:
    for number in range(request["events"]):
        desk.event({"number": np.int64(number)})
    return {"loss": float("nan")}


def wait_politely(request: Json, desk: Desk) -> Json:
    desk.event({"pid": os.getpid()})
    while not desk.stop_requested():
        desk.report(0.5, "waiting")
        desk.cancel_asked.wait(0.01)
    return {"stopped": "early"}


def wait_deaf(request: Json, desk: Desk) -> Json:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    desk.event({"pid": os.getpid()})
    FOREVER.wait()
    return {}


def bad_input(request: Json, desk: Desk) -> Json:
    raise BadInput("lung.dcm has no pixels", "Choose another file.")


def bug(request: Json, desk: Desk) -> Json:
    raise ZeroDivisionError("of a sudden")


def no_memory(request: Json, desk: Desk) -> Json:
    raise MemoryError


def leave(request: Json, desk: Desk) -> Json:
    sys.exit("a library's idea")


def crash(request: Json, desk: Desk) -> Json:
    sys.stdout.write("last words\n")
    os.abort()


def not_json(request: Json, desk: Desk) -> Json:
    return {"path": Path("x")}


def thread_left_behind(request: Json, desk: Desk) -> Json:
    def talk() -> None:
        while True:
            desk.event({"from": "the last job"})

    threading.Thread(target=talk, daemon=True).start()
    return {}


def grandchild(request: Json, desk: Desk) -> Json:
    pid = os.fork()
    if pid == 0:
        FOREVER.wait()
    desk.event({"pid": os.getpid(), "grandchild": pid})
    FOREVER.wait()
    return {}


def escaped_grandchild(request: Json, desk: Desk) -> Json:
    """A process that Python does not know of, in a session of its own, with copies of every descriptor."""
    pid = ctypes.CDLL(None).fork()
    if pid == 0:
        os.setsid()
        signal.pause()
    desk.event({"pid": os.getpid(), "grandchild": pid})
    FOREVER.wait()
    return {}


def connect(request: Json, desk: Desk) -> Json:
    import socket

    try:
        socket.create_connection(("192.0.2.1", 80))
    except OSError as error:
        return {"refused": str(error)}
    return {}


def reach(request: Json, desk: Desk) -> Json:
    """What comes of each way to reach a place; and of the network's other ways."""
    import socket

    def trial(act: Callable[[], object]) -> str:
        try:
            answer = act()
        except OSError as error:
            return type(error).__name__
        return str(answer)

    def greet(host: str, port: int) -> str:
        with socket.create_connection((host, port), timeout=10) as link:
            return link.recv(100).decode()

    return {
        "greetings": [trial(lambda host=host, port=port: greet(host, port)) for host, port in request["places"]],
        "udp": trial(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)),
        "packets": trial(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW)),
        "native listening": trial(lambda: ctypes.CDLL(None).listen(socket.socket().fileno(), 1)),
        "binding": trial(lambda: socket.socket().bind(("127.0.0.1", 0))),
        "look-up": trial(lambda: socket.getaddrinfo("example.org", 443)),
        "pid": os.getpid(),
    }


def spy(request: Json, desk: Desk) -> Json:
    """What any other process of this user could read of this one."""
    own = Path("/proc/self")
    return {
        "arguments": own.joinpath("cmdline").read_bytes().hex(),
        "environment": own.joinpath("environ").read_bytes().hex(),
        "later": json.dumps(dict(os.environ)),
        "modules": sorted(sys.modules),
        "nice": os.nice(0),
    }
