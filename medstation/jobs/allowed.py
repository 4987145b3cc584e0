"""Where a connector may connect to: a few hosts and ports, their names looked up while it is not sealed yet."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping, Sequence
from typing import Any

Address = tuple[str, int]
"""A host (a name or an IP address) and a TCP port."""


class Allowed:
    """`found` are the IP addresses of each host; a host that was not found has none, and cannot be reached."""

    def __init__(self, found: Mapping[Address, Sequence[str]]) -> None:
        self._found = found
        self._places = {(ip, port) for (_, port), ips in found.items() for ip in ips} | set(found)
        self._hosts = {host for host, _ in self._places}

    @classmethod
    def looked_up(cls, connections: Sequence[Address]) -> Allowed:
        """Look the names up, and answer from that in this process from now on."""
        made = cls({(host, port): _look_up(host, port) for host, port in connections})
        made.answer()
        return made

    def reaches(self, host: str, port: object) -> bool:
        return (host, port) in self._places

    def answers(self, host: str) -> bool:
        """True for what needs no question to the network: an allowed host, an IP address, this machine by no name."""
        return host == "" or host in self._hosts or _is_address(host)

    def answer(self) -> None:
        """Have Python's look-ups of the allowed names answered without the network, which the seal shuts for them."""
        asked = socket.getaddrinfo

        def getaddrinfo(host: Any, port: Any, *rest: Any, **named: Any) -> Any:
            name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
            ips = [ip for (known, _), found in self._found.items() if known == name for ip in found]
            if not ips:
                return asked(host, port, *rest, **named)
            return [answer for ip in dict.fromkeys(ips) for answer in asked(ip, port, *rest, **named)]

        socket.getaddrinfo = getaddrinfo


def _look_up(host: str, port: int) -> list[str]:
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:  # told by the connection, which will fail
        return []
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
