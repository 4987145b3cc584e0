"""Shuts the network for a process and everything it starts, before foreign code is loaded.

Two layers. The system call filter (Linux) holds against any code. The audit hook sees Python's own calls on every
system, refuses what leaves the machine, and names who tried: what the status line counts. Neither closes the sockets
of the machine itself (AF_UNIX: display, printing), nor what a program at their other end does.
"""

from __future__ import annotations

import errno
import ipaddress
import os
import platform
import socket
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from medstation.jobs import seccomp

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

    def __init__(self, active: bool, how: str, attempts: list[str]) -> None:
        self.active = active
        self.how = how
        self._attempts = attempts

    def attempts(self) -> list[str]:
        """What tried to leave the machine, in order: "module → host:port", or "module → socket" for a bare one."""
        return list(self._attempts)


def seal_network() -> Seal:
    """Seal this process, for good. Call it at the start, before anything foreign is imported."""
    os.environ.update(OFFLINE)
    how = _filter()
    active = sys.platform == "linux" and seccomp.shut()
    attempts: list[str] = []
    sys.addaudithook(_hook(attempts, active))
    return Seal(active, how, attempts)


def _filter() -> str:
    machine = seccomp.MACHINES.get(platform.machine())
    if sys.platform != "linux" or machine is None:
        return f"no system call filter for {platform.system()} on {platform.machine()}; Python's own calls are refused"
    if seccomp.shut():
        return "seccomp, set by a parent process"
    try:
        seccomp.install(machine)
    except OSError as error:
        return f"the system refused the filter ({error.strerror}); Python's own calls are refused"
    return "seccomp"


def _hook(attempts: list[str], active: bool) -> Callable[[str, tuple[Any, ...]], None]:
    def on_event(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _DESTINATIONS and (where := _DESTINATIONS[event](arguments)):
            attempts.append(f"{_culprit(sys._getframe(1))} → {where}")
            raise PermissionError(errno.EACCES, "MedStation works offline; this was not contacted", where)
        if event == "socket.__new__" and active and arguments[1] in _INTERNET:
            attempts.append(f"{_culprit(sys._getframe(1))} → socket")  # the filter is about to refuse it

    return on_event


def _of_name(arguments: tuple[Any, ...]) -> str:
    return _foreign(arguments[0], arguments[1] if len(arguments) > 1 else None)


def _of_address(arguments: tuple[Any, ...]) -> str:
    address = arguments[1]
    return _foreign(*address[:2]) if isinstance(address, tuple) and len(address) >= 2 else ""


def _foreign(host: object, port: object) -> str:
    """ "host:port" when that is another machine, else ""."""
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host or "")
    if name in ("", "localhost") or name == platform.node():
        return ""
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
        local = address.is_loopback or address.is_unspecified
    except ValueError:
        local = False
    return "" if local else f"{name}:{port}" if port is not None else name


_INTERNET = (socket.AF_INET, socket.AF_INET6)
_DESTINATIONS: dict[str, Callable[[tuple[Any, ...]], str]] = {
    "socket.connect": _of_address,
    "socket.sendto": _of_address,
    "socket.sendmsg": _of_address,
    "socket.getaddrinfo": _of_name,
    "socket.gethostbyname": _of_name,
    "socket.gethostbyaddr": _of_name,
}


def _culprit(frame: FrameType | None) -> str:
    """The innermost module on the stack that is not Python's own library."""
    while frame:
        name = str(frame.f_globals.get("__name__", "?"))
        if name.partition(".")[0] not in sys.stdlib_module_names:
            return name
        frame = frame.f_back
    return "python"
