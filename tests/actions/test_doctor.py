"""The doctor says what is wrong with which part, and what to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from medstation.actions import doctor, system_libraries
from medstation.actions.system_libraries import SystemLibrary

REQUIREMENTS = [
    "pluggy>=1.5",
    "PySide6-Essentials<6.12,>=6.8",
    'monai>=1.5.2; extra == "imaging"',
    'medstation[learning]; extra == "imaging"',
    "pytest>=8; extra == 'dev'",
]


def test_every_check_has_a_name_and_a_detail_and_what_is_wrong_has_a_hint(tmp_path: Path) -> None:
    for check in doctor.examine(tmp_path / "vault that is not there yet"):
        assert check.name
        assert check.detail
        assert check.state == "ok" or check.hint, check


def test_packages_are_those_that_medstation_itself_names() -> None:
    assert doctor.named_packages(REQUIREMENTS) == {"pluggy": "", "PySide6-Essentials": "", "monai": "imaging"}


def test_a_missing_core_package_is_bad_and_a_missing_extra_a_warning() -> None:
    assert doctor.package("no-such-package", "", {}).state == "bad"
    assert doctor.package("no-such-package", "imaging", {}).state == "warn"


def test_another_version_than_the_tested_one_is_told() -> None:
    check = doctor.package("pluggy", "", {"pluggy": "0.1"})
    assert check.state == "warn"
    assert "tested with 0.1" in check.detail


def test_the_build_of_a_package_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.metadata, "version", lambda name: "2.13.0+cpu")
    assert doctor.package("torch", "learning", {"torch": "2.13.0"}).state == "ok"


def test_a_qt_that_can_abort_is_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.metadata, "version", lambda name: "6.12.0")
    assert doctor.package("PySide6_Essentials", "", {"pyside6-essentials": "6.11.3"}).state == "bad"


def test_the_tested_versions_are_those_of_the_constraints_file() -> None:
    tested = doctor.tested_versions()
    assert tested["torch"]
    assert tested["pyside6-essentials"].startswith("6.11")


def test_an_old_python_is_bad() -> None:
    assert doctor.python_version((3, 10, 9)).state == "bad"
    assert doctor.python_version((3, 11, 0)).state == "ok"


def test_a_machine_without_a_screen_is_told_so() -> None:
    assert doctor.display({}, "linux").state == "warn"
    assert doctor.display({"DISPLAY": ":0"}, "linux").state == "ok"
    assert doctor.display({}, "darwin").state == "ok"


def test_a_missing_library_comes_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    absent = system_libraries.missing([SystemLibrary("libNoSuchThing.so.9", "libnosuchthing9")])
    assert SystemLibrary("libNoSuchThing.so.9", "libnosuchthing9") in absent
    assert "libnosuchthing9" in system_libraries.install_command(absent)


def test_a_machine_without_fonts_is_noticed(tmp_path: Path) -> None:
    assert not system_libraries.has_font([str(tmp_path), str(tmp_path / "absent")])
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.TTF").touch()
    assert system_libraries.has_font([str(tmp_path)])


def test_a_gpu_that_torch_cannot_use_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = subprocess.CompletedProcess("nvidia-smi", 0, stdout="A GPU, 80000 MiB\n")
    monkeypatch.setattr(doctor.shutil, "which", lambda name: "nvidia-smi")
    monkeypatch.setattr(doctor.subprocess, "run", lambda *arguments, **options: answer)
    monkeypatch.setattr(doctor.metadata, "version", lambda name: "2.13.0+cpu")
    assert doctor.gpu().state == "warn"
    monkeypatch.setattr(doctor.metadata, "version", lambda name: "2.13.0")
    assert doctor.gpu() == doctor.Check("GPU", "ok", "A GPU, 80000 MiB")


def test_a_silent_gpu_driver_is_a_warning_not_a_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise subprocess.TimeoutExpired("nvidia-smi", 10)

    monkeypatch.setattr(doctor.shutil, "which", lambda name: "nvidia-smi")
    monkeypatch.setattr(doctor.subprocess, "run", fail)
    assert doctor.gpu().state == "warn"
