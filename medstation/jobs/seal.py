"""Shuts the network for a process and everything it starts, before foreign code is loaded.

Two layers. The system call filter (Linux) holds against any code. The audit hook sees Python's own calls on every
system, refuses what leaves the machine, and names who tried: what the status line counts. Neither closes the sockets
of the machine itself (AF_UNIX: display, printing), nor what a program at their other end does.

A connector, a worker started for one job that needs an exception which an administrator has made, is sealed otherwise.
The filter lets it make TCP sockets but none that listens, and still no others; it cannot look at addresses, so *where*
the connector connects is kept by the audit hook alone, which binds Python code and not what native code does by itself.
So a connector runs nothing but the job it was started for, and ends with it. Names are looked up before the seal; the
job is answered from that, and looks up nothing itself.
"""

from __future__ import annotations

import errno
import ipaddress
import os
import platform
import socket
import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

from medstation.jobs import seccomp
from medstation.jobs.allowed import Address, Allowed

OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "DO_NOT_TRACK": "1",
    "FLWR_TELEMETRY_ENABLED": "0",
    "FLWR_DISABLE_UPDATE_CHECK": "1",
    "WANDB_MODE": "offline",
}
"""Said to libraries that would ask; the seal holds without it."""


class Seal:
    """`active` is what a trial showed; `how` says by what, or why not."""

    def __init__(self, active: bool, how: str, attempts: list[str], connections: list[str]) -> None:
        self.active = active
        self.how = how
        self._attempts = attempts
        self._connections = connections

    def attempts(self) -> list[str]:
        """What tried to leave the machine, in order: "module → host:port", or "module → socket" for a bare one."""
        return list(self._attempts)

    def connections(self) -> list[str]:
        """What a connector has connected to, named alike."""
        return list(self._connections)


def seal_network(connections: Sequence[Address] = ()) -> Seal:
    """Seal this process, for good, but for TCP to `connections`. Call it before anything foreign is imported."""
    os.environ.update(OFFLINE)
    allowed = Allowed.looked_up(connections) if connections else None
    how = _filter(bool(connections))
    active = sys.platform == "linux" and seccomp.shut()
    attempts: list[str] = []
    made: list[str] = []
    sys.addaudithook(_connector_hook(attempts, made, allowed) if allowed else _hook(attempts, active))
    return Seal(active, how, attempts, made)


def _filter(connects: bool) -> str:
    machine = seccomp.MACHINES.get(platform.machine())
    if sys.platform != "linux" or machine is None:
        return f"no system call filter for {platform.system()} on {platform.machine()}; Python's own calls are refused"
    if seccomp.shut():
        return "seccomp, set by a parent process"
    try:
        seccomp.install(machine, connects)
    except OSError as error:
        return f"the system refused the filter ({error.strerror}); Python's own calls are refused"
    return "seccomp, but for TCP" if connects else "seccomp"


def _hook(attempts: list[str], active: bool) -> Callable[[str, tuple[Any, ...]], None]:
    def on_event(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _DESTINATIONS and (where := _DESTINATIONS[event](arguments)):
            attempts.append(f"{_culprit(sys._getframe(1))} → {where}")
            raise PermissionError(errno.EACCES, "MedStation works offline; this was not contacted", where)
        if event == "socket.__new__" and active and arguments[1] in _INTERNET:
            attempts.append(f"{_culprit(sys._getframe(1))} → socket")  # the filter is about to refuse it

    return on_event


def _connector_hook(attempts: list[str], made: list[str], allowed: Allowed) -> Callable[[str, tuple[Any, ...]], None]:
    """Also refuses other ports of this machine itself, every sending without a connection, and listening."""

    def on_event(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in _OUTWARD:
            return
        by_name = event in _LOOK_UPS
        where = arguments[:2] if by_name else arguments[1]
        if not isinstance(where, tuple):  # AF_UNIX
            return
        host, port = _text(where[0]), where[1] if len(where) > 1 else None
        if allowed.answers(host) if by_name else event == "socket.connect" and allowed.reaches(host, port):
            if not by_name:
                made.append(f"{_culprit(sys._getframe(1))} → {host}:{port}")
            return
        attempts.append(f"{_culprit(sys._getframe(1))} → {host}:{port}")
        raise PermissionError(errno.EACCES, "MedStation connects to what was allowed only", f"{host}:{port}")

    return on_event


def _of_name(arguments: tuple[Any, ...]) -> str:
    return _foreign(arguments[0], arguments[1] if len(arguments) > 1 else None)


def _of_address(arguments: tuple[Any, ...]) -> str:
    address = arguments[1]
    return _foreign(*address[:2]) if isinstance(address, tuple) and len(address) >= 2 else ""


def _foreign(host: object, port: object) -> str:
    """ "host:port" when that is another machine, else ""."""
    name = _text(host)
    if name in ("", "localhost") or name == platform.node():
        return ""
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
        local = address.is_loopback or address.is_unspecified
    except ValueError:
        local = False
    return "" if local else f"{name}:{port}" if port is not None else name


def _text(host: object) -> str:
    return host.decode("ascii", "replace") if isinstance(host, bytes) else str(host or "")


_INTERNET = (socket.AF_INET, socket.AF_INET6)
_DESTINATIONS: dict[str, Callable[[tuple[Any, ...]], str]] = {
    "socket.connect": _of_address,
    "socket.sendto": _of_address,
    "socket.sendmsg": _of_address,
    "socket.getaddrinfo": _of_name,
    "socket.gethostbyname": _of_name,
    "socket.gethostbyaddr": _of_name,
}
_LOOK_UPS = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")
_OUTWARD = (*_DESTINATIONS, "socket.bind")


def _culprit(frame: FrameType | None) -> str:
    """The innermost module on the stack that is not Python's own library."""
    while frame:
        name = str(frame.f_globals.get("__name__", "?"))
        if name.partition(".")[0] not in sys.stdlib_module_names:
            return name
        frame = frame.f_back
    return "python"
