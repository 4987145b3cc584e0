"""The house looks the same in every room."""

from __future__ import annotations

import ast
import re
import statistics
from pathlib import Path

import pytest
from source import ROOT, modules, name_of, packages, shown, text_files

LONGEST = 600
MEDIAN = 150
FORBIDDEN_NAMES = {"manager", "managers", "utils", "util", "misc", "helper", "helpers", "common"}
# Folders of somebody's machine. Split, so that this line is none of them.
MACHINE_PATH = re.compile(r"(?<![\w.$}/])/(?:" + "work|home|root|Users|mnt" + r")/[A-Za-z0-9_]")


def length(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def words(name: str) -> set[str]:
    """The words of a name: `DataView_list` -> data, view, list."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+", name)}


@pytest.mark.parametrize("package", list(packages()), ids=shown)
def test_each_package_says_in_one_line_what_it_is(package: Path) -> None:
    docstring = ast.get_docstring(ast.parse((package / "__init__.py").read_text("utf-8")))
    assert docstring, "no docstring"
    assert len(docstring.splitlines()) == 1, "more than one line"


@pytest.mark.parametrize("module", modules("medstation", "plugins"), ids=shown)
def test_each_module_says_what_it_holds(module: Path) -> None:
    assert ast.get_docstring(ast.parse(module.read_text("utf-8")))


def test_modules_are_small() -> None:
    lengths = {shown(path): length(path) for path in modules()}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST} == {}
    assert statistics.median(lengths.values()) <= MEDIAN


def test_names_say_what_a_thing_is() -> None:
    named = {name_of(path): words(name_of(path)) for path in modules()}
    for path in modules():
        classes = [node.name for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.ClassDef)]
        named.update({f"{name_of(path)}:{name}": words(name) for name in classes})
    assert [name for name, parts in named.items() if parts & FORBIDDEN_NAMES] == []


def test_no_file_names_a_folder_of_one_machine() -> None:
    found = [
        f"{shown(path)}:{number}: {line.strip()}"
        for path in text_files()
        for number, line in enumerate(path.read_text("utf-8", errors="replace").splitlines(), 1)
        if MACHINE_PATH.search(line)
    ]
    assert found == []


def test_the_top_level_holds_only_what_belongs_there() -> None:
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and (path / "__init__.py").exists()}
    assert folders - {"tests"} == {"medstation"}
