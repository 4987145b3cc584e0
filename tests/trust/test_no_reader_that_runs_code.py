"""No line of the product loads what can carry code, or parses XML, whose entities reach for files and the network."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted(
    path
    for folder in ("medstation", "plugins", "resources")
    for path in (ROOT / folder).rglob("*.py")
    if path.is_file()
)
FORBIDDEN = {
    "pickle",
    "cPickle",
    "dill",
    "joblib",
    "cloudpickle",
    "shelve",
    "marshal",
    "xml",
    "lxml",
    "yaml",
    "tarfile",
}
SWITCHES = {"allow_pickle", "trust_remote_code", "shell"}
CALLS = {"eval", "exec", "compile", "__import__"}
LOADERS = {("torch", "load"), ("torch", "jit"), ("os", "system"), ("os", "popen"), ("np", "load"), ("numpy", "load")}


def faults(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names if one.name.partition(".")[0] in FORBIDDEN)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in FORBIDDEN:
            yield node.module or ""
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
            yield node.func.id
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if (node.value.id, node.attr) in LOADERS:
                yield f"{node.value.id}.{node.attr}"
        elif isinstance(node, ast.keyword) and node.arg in SWITCHES and not _is_off(node.value):
            yield str(node.arg)


def _is_off(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is False


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_nothing_loads_code_from_data(path: Path) -> None:
    assert list(faults(ast.parse(path.read_text("utf-8")))) == []


def test_the_look_sees_what_it_looks_for() -> None:
    text = (
        "import pickle, xml.sax\nfrom yaml import load\neval('1')\ntorch.load(x)\nf(allow_pickle=True)\nf(shell=False)"
    )
    assert len(list(faults(ast.parse(text)))) == 6
