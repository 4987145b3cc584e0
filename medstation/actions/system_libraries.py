"""The system libraries that Qt needs on Linux: which are missing, and which package brings them."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from medstation.paths import resources

FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")
FONT_PACKAGE = "fonts-dejavu-core"


@dataclass(frozen=True)
class SystemLibrary:
    """A shared library by its file name, and the Debian and Ubuntu package that brings it."""

    name: str
    package: str


def wanted() -> list[SystemLibrary]:
    """What Qt loads to show a window, from resources/setup/qt-libraries.txt."""
    lines = (resources() / "setup" / "qt-libraries.txt").read_text("utf-8").splitlines()
    return [SystemLibrary(*line.split()) for line in lines if line and not line.startswith("#")]


def missing(libraries: Iterable[SystemLibrary] | None = None) -> list[SystemLibrary]:
    """Those that the system's loader does not find, and a font where there is none; nothing outside Linux."""
    if sys.platform != "linux":
        return []
    absent = [library for library in (wanted() if libraries is None else libraries) if not loads(library.name)]
    return absent if has_font() else [*absent, SystemLibrary("a font", FONT_PACKAGE)]


def loads(name: str) -> bool:
    """Whether the loader finds the library: the question Qt itself will ask."""
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def has_font(folders: Iterable[str] = FONT_FOLDERS) -> bool:
    """Whether there is any font; without one Qt paints boxes for letters."""
    return any(True for folder in folders for _ in _fonts(Path(folder).expanduser()))


def _fonts(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.suffix.lower() in (".ttf", ".otf", ".ttc", ".pfb"))


def install_command(libraries: Iterable[SystemLibrary]) -> str:
    """The command that installs them on Debian and Ubuntu."""
    return "sudo apt-get install " + " ".join(library.package for library in libraries)
