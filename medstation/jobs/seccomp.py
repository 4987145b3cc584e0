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

_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NR, _ARCH, _FIRST_ARGUMENT = 0, 4, 16
_KILL, _ERRNO, _ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
_X32 = 0x40000000
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP = 38, 22
_SET_MODE_FILTER, _ALL_THREADS = 1, 1
_AF_UNIX, _AF_NETLINK = 1, 16


@dataclass(frozen=True)
class Machine:
    """The numbers of an architecture: its audit name, and its calls."""

    arch: int
    socket: int
    seccomp: int
    io_uring_setup: int = 425


MACHINES = {
    "x86_64": Machine(0xC000003E, 41, 317),
    "aarch64": Machine(0xC00000B7, 198, 277),
}


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def program(machine: Machine) -> bytes:
    """Refuses socket(2) for every family but AF_UNIX and AF_NETLINK, and io_uring, which would go around it.

    A call by another architecture's numbers (32-bit code in a 64-bit process) ends the process; the x32 numbers of
    x86-64 do not exist.
    """
    return b"".join(
        struct.pack("=HBBI", *instruction)
        for instruction in (
            (_LOAD, 0, 0, _ARCH),
            (_EQUAL, 0, 10, machine.arch),  # else: kill
            (_LOAD, 0, 0, _NR),
            (_AT_LEAST, 7, 0, _X32),  # does not exist
            (_EQUAL, 5, 0, machine.io_uring_setup),  # refuse
            (_EQUAL, 0, 3, machine.socket),  # else: allow
            (_LOAD, 0, 0, _FIRST_ARGUMENT),
            (_EQUAL, 1, 0, _AF_UNIX),  # allow
            (_EQUAL, 0, 1, _AF_NETLINK),  # else: refuse
            (_RETURN, 0, 0, _ALLOW),
            (_RETURN, 0, 0, _ERRNO | errno.EACCES),
            (_RETURN, 0, 0, _ERRNO | errno.ENOSYS),
            (_RETURN, 0, 0, _KILL),
        )
    )


def install(machine: Machine) -> None:
    """Filter this process, all its threads and every process it will start, for good. `OSError` when refused."""
    libc = ctypes.CDLL(None, use_errno=True)
    code = program(machine)
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
