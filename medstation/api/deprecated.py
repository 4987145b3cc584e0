"""What will leave the plugin API, all in this one place.

Within a major version of the API nothing is removed and nothing changes its meaning. What is to leave is listed here
first: it goes on working, says so once with a `DeprecationWarning` when it is used, and leaves at the earliest with the
next major version, at least one year after it was listed.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Deprecation:
    """`name` in `medstation.api` is on its way out since API version `since`; `instead` says what to use."""

    name: str
    since: str
    instead: str


DEPRECATED: tuple[Deprecation, ...] = ()
