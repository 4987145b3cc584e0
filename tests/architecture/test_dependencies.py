"""What MedStation depends on is pinned, free to use, and named with its licence."""

from __future__ import annotations

import importlib.util
import re
from importlib import metadata

import pytest
from source import ROOT, shown

SCRIPT = ROOT / "resources" / "setup" / "licences.py"
specification = importlib.util.spec_from_file_location("licences", SCRIPT)
assert specification
assert specification.loader
licences = importlib.util.module_from_spec(specification)
specification.loader.exec_module(licences)

ROW = re.compile(r"^\| (?P<name>[\w.-]+) \| (?P<version>\d\S*) \| (?P<licence>.+?) \| (?P<home>\S*) \|$")


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def entries() -> dict[str, re.Match[str]]:
    """Package -> its row in THIRD_PARTY_LICENSES.md."""
    rows = map(ROW.match, licences.TARGET.read_text("utf-8").splitlines())
    return {plain(row["name"]): row for row in rows if row}


def requirements() -> list[str]:
    """The packages that pyproject.toml names, core and extras."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    names = [re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in lines]
    return sorted({plain(name) for name in names} - {"medstation"})


def test_every_dependency_is_pinned_to_a_tested_version() -> None:
    pinned = {plain(name) for name in licences.pins()}
    assert [name for name in requirements() if name not in pinned] == []


def test_pins_name_versions_and_nothing_else() -> None:
    lines = [line for line in licences.CONSTRAINTS.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    assert [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []


def test_every_pin_has_its_licence_on_the_page() -> None:
    there = {name: row["version"] for name, row in entries().items()}
    assert there == {plain(name): version for name, version in licences.pins().items()}, "run `make licences`"


@pytest.mark.parametrize("name", sorted(licences.pins()))
def test_nothing_is_needed_that_is_under_the_gpl_alone(name: str) -> None:
    assert not licences.needs_gpl(entries()[plain(name)]["licence"])


def test_what_is_installed_says_the_licence_that_stands_on_the_page() -> None:
    installed = {plain(one.name) for one in metadata.distributions() if one.name}
    differing = {
        name: (row["licence"], licences.licence(name))
        for name, row in entries().items()
        if name in installed and metadata.version(name).partition("+")[0] == row["version"]
        if row["licence"] != licences.licence(name)
    }
    assert differing == {}


@pytest.mark.parametrize(
    ("licence", "gpl_only"),
    [
        ("MIT", False),
        ("LGPL-3.0-only OR GPL-2.0-only OR GPL-3.0-only", False),
        ("LGPL-2.1", False),
        ("GPL-3.0-only", True),
        ("GPL V3.0", True),
        ("GNU General Public License v3 (GPLv3)", True),
        ("GNU Lesser General Public License v3", False),
        ("AGPL-3.0", True),
    ],
)
def test_the_gpl_is_told_from_its_gentler_sisters(licence: str, gpl_only: bool) -> None:
    assert licences.needs_gpl(licence) is gpl_only


def test_qt_stays_below_the_version_that_aborts() -> None:
    major, minor = map(int, licences.pins()["PySide6_Essentials"].split(".")[:2])
    assert (major, minor) < (6, 12)


def test_the_page_is_shipped_with_the_package() -> None:
    assert shown(licences.TARGET) in (ROOT / "pyproject.toml").read_text("utf-8")
