"""Finds task plugins, loads each alone, and quarantines what fails."""

from medstation.registry.plugins import PluginInfo
from medstation.registry.registry import Registry

__all__ = ["PluginInfo", "Registry"]
