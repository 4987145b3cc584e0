"""Running a command under strace, and reading what it noted: every file written and every word to the network."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

CALLS = "%network,openat,open,creat,write,pwrite64,writev,pwritev,pwritev2"
LONGEST = 1 << 22
_OPENED = re.compile(r'(?:openat\([^"]*|open\(|creat\()"((?:[^"\\]|\\.)*)"(?:, ([A-Z_|0-9a-z]+))?.*= (-?\d+)')
_WRITTEN = re.compile(r"(?:p?writev?2?|pwrite64)\(\d+<([^>]*)>, ")
_SPOKEN = re.compile(r"(connect|sendto|sendmsg|sendmmsg|bind|listen|accept4?|recvfrom|recvmsg)\(")
_WRITING = ("O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_TMPFILE")


def missing() -> str:
    """Why nothing can be traced here; "" when it can."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    tried = subprocess.run(["strace", "-f", "-o", "/dev/null", "true"], capture_output=True, text=True, check=False)
    return f"strace may not trace here: {tried.stderr.strip()}" if tried.returncode else ""


@dataclass
class Trace:
    """The lines of a trace."""

    lines: list[str]

    def written_files(self) -> set[str]:
        """Paths opened in a way that could write to them, where that succeeded."""
        found = set()
        for line in self.lines:
            match = _OPENED.search(line)
            if match and int(match[3]) >= 0 and ("creat(" in line or any(one in (match[2] or "") for one in _WRITING)):
                found.add(match[1])
        return found

    def opened(self, name: str) -> list[str]:
        """Lines that open a file whose path ends so."""
        return [line for line in self.lines if (match := _OPENED.search(line)) and match[1].endswith(name)]

    def writes(self) -> Iterator[tuple[str, str]]:
        """(path, line) of every write to a file of the disk; pipes, sockets and memory are none."""
        for line in self.lines:
            match = _WRITTEN.search(line)
            if match and match[1].startswith("/") and not match[1].startswith(("/memfd:", "/dev/", "/proc/")):
                yield match[1], line

    def internet(self) -> list[str]:
        """Lines that name an address of the internet, or anything but a socket of this machine."""
        spoken = [line for line in self.lines if _SPOKEN.search(line)]
        return [line for line in spoken if re.search(r"AF_INET|AF_PACKET|<(TCP|UDP|RAW)|htons\(", line)]

    def internet_sockets(self) -> list[str]:
        return [line for line in self.lines if re.search(r" socket\(AF_(INET|INET6|PACKET)", line)]

    def processes(self) -> int:
        return len({line.split(maxsplit=1)[0] for line in self.lines})


def run(command: Sequence[str], log: Path, env: Mapping[str, str]) -> tuple[subprocess.CompletedProcess[str], Trace]:
    """The command under strace with all its children; its output and what was seen."""
    tracer = ["strace", "-f", "-y", "-qq", "--seccomp-bpf", "-s", str(LONGEST), "-e", f"trace={CALLS}", "-o", str(log)]
    done = subprocess.run([*tracer, *command], capture_output=True, text=True, env=dict(env), check=False)
    return done, Trace(log.read_text("utf-8", "replace").splitlines() if log.exists() else [])
