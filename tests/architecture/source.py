"""The product's source files, and the plugins it declares, for the tests of this folder."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE = ("medstation", "plugins", "resources")
TEXT = {".py", ".md", ".toml", ".txt", ".sh", ".yml", ".json", ".qss", ".svg", ""}
OURS = ("medstation", "plugins", "resources", "tests", ".ci")
ROOT_FILES = ("Makefile", "constraints.txt", "pyproject.toml", ".importlinter", ".gitignore")


def modules(*folders: str) -> list[Path]:
    """The Python files of these top-level folders, sorted."""
    return sorted(path for folder in folders or CODE for path in (ROOT / folder).rglob("*.py"))


def packages() -> Iterator[Path]:
    """The folders that are packages of the product."""
    return (path.parent for path in modules() if path.name == "__init__.py")


def text_files() -> Iterator[Path]:
    """Every file of ours that people read: code, scripts, documentation, configuration."""
    for folder in OURS:
        yield from (path for path in (ROOT / folder).rglob("*") if path.suffix in TEXT and _is_ours(path))
    yield from (ROOT / name for name in ROOT_FILES)
    yield from ROOT.glob("*.md")


def _is_ours(path: Path) -> bool:
    return path.is_file() and "__pycache__" not in path.parts


def name_of(path: Path) -> str:
    """A module's dotted name as it is imported."""
    inside = path.relative_to(ROOT).with_suffix("").parts
    parts = inside[1:] if inside[0] in ("plugins", "resources") else inside
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def plugin_modules() -> list[str]:
    """The modules that pyproject.toml declares as task plugins."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return list(project["entry-points"]["medstation.tasks"].values())
