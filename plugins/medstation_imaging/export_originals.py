"""A record's original files, bit for bit, in a new folder."""

from __future__ import annotations

import shutil
from pathlib import Path, PurePosixPath, PureWindowsPath

from medstation.api import BadInput, ExportItem, FileSource, must_be_new, new_file

CHUNK = 1 << 20
FORBIDDEN = '<>:"/\\|?*'


def write_originals(item: ExportItem, files: FileSource, out: Path) -> list[Path]:
    """Every file under the name it came with; equal names get a number before them."""
    if not (out.is_dir() and not any(out.iterdir())):
        must_be_new(out)
    if not len(files):
        raise BadInput(f"{item.record.title!r} has no files.", "Run `medstation vault check`.")
    existed = out.exists()
    written: list[Path] = []
    try:
        for index, name in enumerate(_names(files)):
            _copy(files, index, out / name)
            written.append(out / name)
    except BaseException:
        _take_back(out, written, existed)
        raise
    return written


def _copy(files: FileSource, index: int, path: Path) -> None:
    with new_file(path) as file:
        for offset in range(0, files.size(index), CHUNK):
            file.write(files.read(index, offset, min(CHUNK, files.size(index) - offset)))


def _names(files: FileSource) -> list[str]:
    """Plain, safe and different names (also where capitals do not count)."""
    plain = [_plain(files.name(index), index) for index in range(len(files))]
    seen: set[str] = set()
    names = []
    for index, name in enumerate(plain):
        unique = name if name.lower() not in seen else f"{index + 1:05}_{name}"
        seen.add(unique.lower())
        names.append(unique)
    return names


def _plain(name: str, index: int) -> str:
    """The last part of a name, without what a disk refuses or what leads out of the folder."""
    last = PureWindowsPath(PurePosixPath(name).name).name
    safe = "".join("_" if letter in FORBIDDEN or ord(letter) < 32 else letter for letter in last).strip(" .")
    return safe or f"file_{index + 1:05}"


def _take_back(out: Path, written: list[Path], existed: bool) -> None:
    if not existed:
        shutil.rmtree(out, ignore_errors=True)
        return
    for path in written:
        path.unlink(missing_ok=True)
