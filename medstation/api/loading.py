"""One plugin, loaded alone: what its hook registers. What goes wrong is the caller's to catch, for this plugin only."""

from __future__ import annotations

from typing import Any

import pluggy

from medstation.api import hooks


def tasks_of(plugin: Any) -> list[Any]:
    """What `plugin` (a module or object with the hook) registers; nothing if it has no `register_tasks` hook.

    Each plugin gets a plugin manager of its own: in a shared one, the first exception would end the call for all.
    """
    loader = pluggy.PluginManager("medstation")
    loader.add_hookspecs(hooks)
    loader.register(plugin)
    loader.check_pending()
    tasks: list[Any] = []
    loader.hook.register_tasks(register=tasks.append)
    return tasks
