"""A sealed process, and what it starts, reaches nothing; who tried is named."""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
from typing import Any

import pytest

from medstation.jobs import seccomp

linux = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in seccomp.MACHINES,
    reason="the system call filter is for Linux on x86-64 and ARM64",
)

SETUP = """
import ctypes, json, multiprocessing, os, socket, subprocess, sys, threading
from medstation.jobs.seal import seal_network
def trial(act):
    try:
        act()
    except OSError as error:
        return type(error).__name__
    return "allowed"
"""


def sealed(code: str) -> Any:
    """What `code` prints as JSON in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
    command = [sys.executable, "-c", SETUP + code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@linux
def test_no_internet_socket_can_be_made_by_python_or_by_native_code() -> None:
    seen = sealed("""
seal = seal_network()
libc = ctypes.CDLL(None, use_errno=True)
native = {family: libc.socket(family, 1, 0) for family in (2, 10, 17, 38, 40)}
print(json.dumps([seal.active, seal.how, trial(lambda: socket.create_connection(("192.0.2.1", 80))),
    trial(socket.socket), trial(lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)), list(native.values())]))
""")
    assert seen == [True, "seccomp", "PermissionError", "PermissionError", "PermissionError", [-1] * 5]


@linux
def test_the_machines_own_sockets_still_work() -> None:
    seen = sealed("""
seal_network()
ends = socket.socketpair()
print(json.dumps([trial(lambda: socket.socket(socket.AF_UNIX)), trial(lambda: multiprocessing.Pipe()),
    trial(lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)), trial(lambda: os.memfd_create("x"))]))
""")
    assert seen == ["allowed"] * 4


@linux
def test_io_uring_is_no_way_around_it() -> None:
    assert sealed("""
seal_network()
libc = ctypes.CDLL(None, use_errno=True)
answer = libc.syscall(425, 8, ctypes.create_string_buffer(120))
print(json.dumps([answer, ctypes.get_errno()]))
""") == [-1, 13]


@linux
@pytest.mark.skipif(platform.machine() != "x86_64", reason="x32 numbers are of x86-64")
def test_the_second_set_of_call_numbers_is_no_way_around_it() -> None:
    seen = sealed("""
seal_network()
libc = ctypes.CDLL(None, use_errno=True)
answer = libc.syscall(0x40000000 + 41, 2, 1, 0)
print(json.dumps([answer, ctypes.get_errno()]))
""")
    assert seen == [-1, 38]


@linux
@pytest.mark.skipif(platform.machine() != "x86_64", reason="machine code of x86-64")
def test_a_call_by_32_bit_numbers_ends_the_process() -> None:
    """socket(2) is 359 there: `mov eax, 359; int 0x80; ret`."""
    with pytest.raises(subprocess.CalledProcessError) as ended:
        sealed("""
import mmap
page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
page.write(bytes.fromhex("b867010000cd80c3"))
seal_network()
ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
""")
    assert -ended.value.returncode in (signal.SIGSYS, signal.SIGSEGV)  # the latter where the kernel has no 32-bit calls


@linux
def test_what_it_starts_and_threads_it_had_are_sealed_too() -> None:
    seen = sealed("""
go, answers = threading.Event(), []
thread = threading.Thread(target=lambda: (go.wait(), answers.append(trial(socket.socket))))
thread.start()
seal_network()
go.set()
thread.join()
code = "import socket, subprocess, sys; a = [sys.executable, '-c', 'import socket; socket.socket()'];"
code += "print(subprocess.run(a, stderr=subprocess.DEVNULL).returncode); socket.socket()"
child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
print(json.dumps([answers, child.returncode, child.stdout.strip(), "PermissionError" in child.stderr]))
""")
    assert seen == [["PermissionError"], 1, "1", True]


@linux
def test_a_second_seal_finds_the_first() -> None:
    assert sealed("seal_network(); s = seal_network(); print(json.dumps([s.active, s.how]))") == [
        True,
        "seccomp, set by a parent process",
    ]


def test_attempts_are_counted_and_name_who_and_where() -> None:
    seen = sealed("""
seal = seal_network()
before = seal.attempts()
trials = [trial(lambda: socket.create_connection(("example.org", 443))),
    trial(lambda: socket.gethostbyname("example.org"))]
trial(lambda: socket.getaddrinfo("127.0.0.1", 80))
trial(lambda: socket.getaddrinfo("localhost", 80))
print(json.dumps([before, trials, seal.attempts()]))
""")
    assert seen == [[], ["PermissionError"] * 2, ["__main__ → example.org:443", "__main__ → example.org"]]


def test_libraries_are_told_that_there_is_no_network() -> None:
    wanted = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE", "DO_NOT_TRACK")
    assert sealed(f"seal_network(); print(json.dumps([os.environ[name] for name in {wanted}]))") == ["1"] * 4


@linux
@pytest.mark.gui
def test_qt_draws_in_a_sealed_process() -> None:
    assert sealed("""
seal = seal_network()
from PySide6.QtWidgets import QApplication, QLabel
app = QApplication([])
label = QLabel("x")
label.show()
app.processEvents()
print(json.dumps([label.grab().isNull(), seal.attempts()]))
""") == [False, []]
