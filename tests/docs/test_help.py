"""Whatever a person or a plugin author can use is described in resources/help."""

from __future__ import annotations

import importlib.util
import re
from argparse import ArgumentParser, _SubParsersAction
from collections.abc import Iterator
from pathlib import Path

import pytest

from medstation import api
from medstation.api import errors, hooks
from medstation.cli.main import build_parser
from medstation.paths import resources

HELP = resources() / "help"
ROOT = HELP.parents[1]


def page(name: str) -> str:
    return (HELP / name).read_text("utf-8")


def commands(parser: ArgumentParser, words: tuple[str, ...] = ("medstation",)) -> Iterator[tuple[str, ArgumentParser]]:
    """Every command with its own parser: "medstation vault create", ..."""
    inner = [action for action in parser._actions if isinstance(action, _SubParsersAction)]
    if not inner or len(words) == 1:
        yield " ".join(words), parser
    for action in inner:
        for name, below in action.choices.items():
            yield from commands(below, (*words, name))


def described(command: str) -> list[str]:
    """The lines of the command line's page that describe a command."""
    start = re.compile(rf"^\| `{re.escape(command)}(?![\w-])(?! [a-z]+\b)")
    return [line for line in page("command-line.md").splitlines() if start.match(line)]


@pytest.mark.parametrize("command", sorted(name for name, _ in commands(build_parser())))
def test_every_command_is_described(command: str) -> None:
    assert described(command)


def test_every_option_is_described_at_its_command() -> None:
    text = page("command-line.md")
    absent = []
    for command, parser in commands(build_parser()):
        where = "\n".join(described(command)) if command != "medstation" else text
        options = [option for action in parser._actions for option in action.option_strings if option.startswith("--")]
        absent += [f"{command} {option}" for option in options if option != "--help" and option not in where]
    assert absent == []


def test_every_error_code_is_described() -> None:
    assert [code for code in errors.BY_CODE if f"`{code}`" not in page("command-line.md")] == []


def test_every_exit_code_is_described() -> None:
    codes = {0, *(kind.exit_code for kind in errors.BY_CODE.values())}
    assert [code for code in codes if f"| {code} |" not in page("command-line.md")] == []


def test_the_settings_page_is_what_the_plugins_declare() -> None:
    script = resources() / "setup" / "settings_reference.py"
    specification = importlib.util.spec_from_file_location("settings_reference", script)
    assert specification
    assert specification.loader
    reference = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(reference)
    assert page("settings.md") == reference.page(reference.tasks()), "run `make reference`"


def test_every_hook_is_described() -> None:
    specs = [name for name, value in vars(hooks).items() if hasattr(value, "medstation_spec")]
    assert specs == ["register_tasks"]
    assert "`register_tasks(register)`" in page("plugins.md")


def test_every_public_name_of_the_sdk_is_described() -> None:
    text = page("plugins.md")
    assert [name for name in api.__all__ if not re.search(rf"\b{name}\b", text)] == []


def test_every_field_a_plugin_declares_is_one_that_exists() -> None:
    """The example of the page is run as it stands."""
    example = re.search(r"```python\n(.*?)```", page("plugins.md"), re.DOTALL)
    assert example
    names: dict[str, object] = {}
    exec(compile(example.group(1), "plugins.md", "exec"), names)
    found: list[api.TaskSpec] = []
    names["register_tasks"](found.append)  # type: ignore[operator]
    assert [task.id for task in found] == ["pulse.recording"]


def test_every_key_of_the_slice_views_is_described() -> None:
    from PySide6.QtGui import QKeySequence

    from medstation.widgets.commands import KEYS

    written = {key: QKeySequence(key).toString(QKeySequence.SequenceFormat.PortableText) for key in KEYS}
    text = page("reading.md")
    absent = [name for name in written.values() if f"`{name}`" not in text and name not in "2345678"]
    assert absent == []


@pytest.mark.parametrize("name", sorted(path.name for path in HELP.glob("*.md") if path.name != "index.md"))
def test_every_page_is_found_from_the_index(name: str) -> None:
    assert f"({name})" in page("index.md")


@pytest.mark.parametrize("name", sorted(path.name for path in (HELP / "decisions").glob("*.md")))
def test_every_decision_is_listed(name: str) -> None:
    assert name == "README.md" or f"({name})" in page("decisions/README.md")


def test_every_target_of_make_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    pages = [*ROOT.glob("*.md"), *HELP.rglob("*.md")]
    named = {word for path in pages for word in _make_words(path)}
    assert named - targets == set()


def _make_words(path: Path) -> list[str]:
    return re.findall(r"(?:^ {4}|`)make ([a-z]+)", path.read_text("utf-8"), re.MULTILINE)
