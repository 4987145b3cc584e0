"""Folders are walked here, once, for every task."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from medstation.api import Found, Importer, NotFound, ReportProgress, Skipped
from medstation.api.work import Importer as ImporterProtocol

NOBODYS = Skipped(Path(), "no task can read this kind of file", harmless=True)


def walk(paths: Iterable[Path]) -> Iterator[Path | Skipped]:
    """Every file under `paths` in a stable order; unreadable folders and links that lead out come as `Skipped`."""
    for path in paths:
        if path.is_dir():
            yield from _walk_folder(path)
        elif path.exists():
            yield path
        else:
            raise NotFound(f"{path} does not exist", "Check the path; removable media may have been unplugged.")


def _walk_folder(folder: Path) -> Iterator[Path | Skipped]:
    refused: list[OSError] = []
    for current, folders, names in os.walk(folder, onerror=refused.append):
        folders.sort()
        while refused:
            yield _refusal(refused.pop())
        for name in sorted(names):
            path = Path(current) / name
            yield _odd(path, folder) or path
    for error in refused:
        yield _refusal(error)


def _odd(path: Path, folder: Path) -> Skipped | None:
    """What is no file of this folder: nobody chose what a link out of it names, and a pipe is waited for for ever."""
    if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
        return Skipped(path, "is a link to a place outside this folder", "Give the file itself.")
    if path.exists() and not path.is_file():
        return Skipped(path, "is no file but a pipe, socket or device", harmless=True)
    return None


def _refusal(error: OSError) -> Skipped:
    return Skipped(Path(error.filename or ""), f"the folder cannot be read: {error.strerror}", "Check its permissions.")


def sort_by_task(
    paths: Iterable[Path], importers: Mapping[str, ImporterProtocol]
) -> tuple[dict[str, list[Path]], list[Skipped]]:
    """Each file goes to the first task whose importer wants it."""
    wanted: dict[str, list[Path]] = {task: [] for task in importers}
    skipped: list[Skipped] = []
    for item in walk(paths):
        if isinstance(item, Skipped):
            skipped.append(item)
            continue
        task = _first_taker(item, importers, skipped)
        if task:
            wanted[task].append(item)
    return wanted, skipped


def _first_taker(path: Path, importers: Mapping[str, ImporterProtocol], skipped: list[Skipped]) -> str:
    try:
        for task, importer in importers.items():
            if importer.wants(path):
                return task
        skipped.append(Skipped(path, NOBODYS.reason, NOBODYS.hint, NOBODYS.harmless))
    except OSError as error:
        skipped.append(Skipped(path, f"cannot be read: {error.strerror}", "Check its permissions and the medium."))
    return ""


def scan(importer: Importer, paths: list[Path], report: ReportProgress, skipped: list[Skipped]) -> list[list[Found]]:
    """What an importer finds in `paths`, grouped by person and group in order of appearance."""
    groups: dict[tuple[str, str], list[Found]] = {}
    for count, item in enumerate(importer.scan(paths)):
        if isinstance(item, Skipped):
            skipped.append(item)
        else:
            groups.setdefault((item.person.key, item.group), []).append(item)
        report(min(count / max(len(paths), 1), 1.0), f"reading headers, {count + 1} of {len(paths)}")
    return list(groups.values())
