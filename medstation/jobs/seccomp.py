"""The system call filter that shuts the network: a BPF program written by hand, for Linux on x86-64 and ARM64.

The layout of `struct seccomp_data` (nr at 0, arch at 4, args at 16) and the numbers are those of the kernel's headers
linux/seccomp.h, linux/filter.h, linux/audit.h and asm/unistd.h. See seccomp(2).
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import struct
from dataclasses import dataclass

_LOAD, _AND, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x06
_NR, _ARCH, _FIRST_ARGUMENT, _SECOND_ARGUMENT = 0, 4, 16, 24
_KILL, _ERRNO, _ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
_X32 = 0x40000000
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP = 38, 22
_SET_MODE_FILTER, _ALL_THREADS = 1, 1
_AF_UNIX, _AF_INET, _AF_INET6, _AF_NETLINK = 1, 2, 10, 16
_TYPE, _STREAM = 0xF, 1
"""The bits of socket(2)'s second argument that name the type, and TCP's."""


@dataclass(frozen=True)
class Machine:
    """The numbers of an architecture: its audit name, and its calls."""

    arch: int
    socket: int
    listen: int
    seccomp: int
    io_uring_setup: int = 425


MACHINES = {
    "x86_64": Machine(0xC000003E, 41, 50, 317),
    "aarch64": Machine(0xC00000B7, 198, 201, 277),
}


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


Step = tuple[int, int, str, str]
"""Of a filter: what to do, with which number, and where to go on if it is so and if not ("": at the next step)."""
_ENDS = {"allow": _ALLOW, "refuse": _ERRNO | errno.EACCES, "absent": _ERRNO | errno.ENOSYS, "kill": _KILL}


def program(machine: Machine, connects: bool = False) -> bytes:
    """Refuses socket(2) for every family but AF_UNIX and AF_NETLINK, and io_uring, which would go around it.

    Where the process `connects`, TCP sockets are made as well, but none of any kind listens. To where they connect is
    in memory that a filter cannot read. A call by another architecture's numbers (32-bit code in a 64-bit process) ends
    the process; the x32 numbers of x86-64 do not exist.
    """
    begin: list[Step] = [
        (_LOAD, _ARCH, "", ""),
        (_EQUAL, machine.arch, "", "kill"),
        (_LOAD, _NR, "", ""),
        (_AT_LEAST, _X32, "absent", ""),
        (_EQUAL, machine.io_uring_setup, "refuse", ""),
    ]
    families: list[Step] = [
        (_EQUAL, machine.socket, "", "allow"),
        (_LOAD, _FIRST_ARGUMENT, "", ""),
        (_EQUAL, _AF_UNIX, "allow", ""),
    ]
    if not connects:
        return _assembled([*begin, *families, (_EQUAL, _AF_NETLINK, "allow", "refuse")])
    tcp: list[Step] = [
        (_EQUAL, _AF_NETLINK, "allow", ""),
        (_EQUAL, _AF_INET, "type", ""),
        (_EQUAL, _AF_INET6, "type", "refuse"),
        (_LOAD, _SECOND_ARGUMENT, "", ""),
        (_AND, _TYPE, "", ""),
        (_EQUAL, _STREAM, "allow", "refuse"),
    ]
    return _assembled([*begin, (_EQUAL, machine.listen, "refuse", ""), *families, *tcp], type=-3)


def _assembled(steps: list[Step], **places: int) -> bytes:
    """The steps, then the ends they go to. `places` names a step by its number from the end."""
    at = {name: len(steps) + end for end, name in enumerate(_ENDS)}
    at |= {name: len(steps) + back for name, back in places.items()}
    lines = [
        (what, *(at[name] - number - 1 if name else 0 for name in (yes, no)), value)
        for number, (what, value, yes, no) in enumerate(steps)
    ]
    lines += [(_RETURN, 0, 0, value) for value in _ENDS.values()]
    return b"".join(struct.pack("=HBBI", *line) for line in lines)


def install(machine: Machine, connects: bool = False) -> None:
    """Filter this process, all its threads and every process it will start, for good. `OSError` when refused."""
    libc = ctypes.CDLL(None, use_errno=True)
    code = program(machine, connects)
    filter_program = _Program(len(code) // 8, code)
    _check(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    _check(libc.syscall(machine.seccomp, _SET_MODE_FILTER, _ALL_THREADS, ctypes.byref(filter_program)))


def shut() -> bool:
    """Try it: True when the system refuses to make an internet socket (by a filter of ours or of a parent)."""
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.socket(socket.AF_INET, socket.SOCK_STREAM, 0)
    if descriptor >= 0:
        os.close(descriptor)
    return bool(descriptor < 0 and ctypes.get_errno() == errno.EACCES)


def _check(answer: int) -> None:
    if answer != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number) if answer < 0 else "a thread cannot be filtered")
