"""The one hook of a plugin."""

from __future__ import annotations

from typing import Protocol

import pluggy

from medstation.api.task import TaskSpec

ENTRY_POINT_GROUP = "medstation.tasks"
hookspec = pluggy.HookspecMarker("medstation")
hookimpl = pluggy.HookimplMarker("medstation")


class RegisterTask(Protocol):
    def __call__(self, task: TaskSpec) -> None: ...


@hookspec
def register_tasks(register: RegisterTask) -> None:
    """Call `register(task)` once for every task the plugin brings."""
