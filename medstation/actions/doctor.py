"""What is installed, what this machine can do, what is missing and how to get it. Imports neither Qt nor torch."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

import psutil

from medstation.actions.system_libraries import install_command, missing
from medstation.jobs import seccomp
from medstation.paths import resources

State = Literal["ok", "warn", "bad"]
GIB = 1024**3
LEAST_PYTHON = (3, 11)


@dataclass(frozen=True)
class Check:
    """One thing looked at: "ok", "warn" (something will be slow or not work) or "bad" (MedStation cannot run)."""

    name: str
    state: State
    detail: str
    hint: str = ""


def examine(vault: Path | None = None) -> list[Check]:
    """Every check, in the order they are shown. `vault` is where the data are kept (its disk is the one measured)."""
    return [
        python_version(),
        *packages(),
        qt_libraries(),
        display(),
        cores(),
        memory(),
        disk(vault or Path.home()),
        gpu(),
        network_seal(),
    ]


def python_version(version: tuple[int, ...] = tuple(sys.version_info[:3])) -> Check:
    shown = (
        f"{platform.python_implementation()} {'.'.join(map(str, version))} on {platform.system()} {platform.machine()}"
    )
    if version[:2] < LEAST_PYTHON:
        return Check("Python", "bad", shown, "Install Python 3.11 or newer and set MedStation up with it.")
    return Check("Python", "ok", shown)


# --- packages


def packages() -> list[Check]:
    """One check for each package MedStation names itself: its version beside the tested one."""
    try:
        requirements = metadata.requires("medstation") or []
    except metadata.PackageNotFoundError:
        hint = 'Install it: `pip install -c constraints.txt -e ".[tasks]"`, or `make run`.'
        return [Check("MedStation", "bad", "not installed, so that its plugins cannot be found", hint)]
    tested = tested_versions()
    return [package(name, extra, tested) for name, extra in named_packages(requirements).items()]


def named_packages(requirements: Iterable[str]) -> dict[str, str]:
    """Package name -> the extra that brings it ("" for the core). What only developers need is left out."""
    named: dict[str, str] = {}
    for requirement in requirements:
        name = re.split(r"[^A-Za-z0-9_.-]", requirement, maxsplit=1)[0]
        extra = re.search(r"extra\s*==\s*['\"]([^'\"]+)", requirement)
        group = extra.group(1) if extra else ""
        if group not in ("dev", "bench") and name != "medstation":
            named.setdefault(name, group)
    return named


def package(name: str, extra: str, tested: Mapping[str, str]) -> Check:
    expected = tested.get(plain_name(name), "")
    version = _version(name)
    if not version:
        state: State = "warn" if extra else "bad"
        return Check(name, state, "not installed", f'Install it: `pip install "medstation[{extra or "imaging"}]"`.')
    if plain_name(name) == "pyside6-essentials" and _numbers(version) >= (6, 12):
        return Check(name, "bad", f"{version} can end the program without warning", f"Install version {expected}.")
    if expected and version.partition("+")[0] != expected:
        return Check(name, "warn", f"{version}; tested with {expected}", f"`pip install {name}=={expected}`")
    return Check(name, "ok", version)


def tested_versions() -> dict[str, str]:
    """Package -> tested version, from the constraints file; empty where it was not shipped."""
    places = (resources() / "constraints.txt", resources().parent / "constraints.txt")
    path = next((place for place in places if place.is_file()), None)
    lines = path.read_text("utf-8").splitlines() if path else []
    pins = (line.split("==") for line in lines if "==" in line and not line.startswith("#"))
    return {plain_name(name): version.strip() for name, version in pins}


def plain_name(name: str) -> str:
    """A package's name as registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


# --- the machine


def qt_libraries() -> Check:
    absent = missing()
    if absent:
        return Check(
            "window libraries", "bad", "missing: " + ", ".join(one.name for one in absent), install_command(absent)
        )
    return Check("window libraries", "ok", "all there")


def display(environment: Mapping[str, str] = os.environ, system: str = sys.platform) -> Check:
    screen = environment.get("WAYLAND_DISPLAY") or environment.get("DISPLAY")
    if system != "linux" or screen:
        return Check("screen", "ok", screen or "the system's own")
    hint = "Start MedStation in a desktop session; the command line works without one."
    return Check("screen", "warn", "none (DISPLAY and WAYLAND_DISPLAY are empty)", hint)


def cores() -> Check:
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if count < 2:
        return Check(
            "processor", "warn", "1 core", "Fine-tuning slows everything else down; two cores or more are better."
        )
    return Check("processor", "ok", f"{count} cores")


def memory() -> Check:
    now = psutil.virtual_memory()
    detail = f"{now.total / GIB:.1f} GiB, {now.available / GIB:.1f} GiB free"
    if now.available < 2 * GIB:
        return Check("memory", "warn", detail, "Close other programs: fine-tuning needs 2 GiB and more.")
    return Check("memory", "ok", detail)


def disk(folder: Path) -> Check:
    """Free room where `folder` is, or where it will be."""
    existing = next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())
    free = shutil.disk_usage(existing).free
    detail = f"{free / GIB:.1f} GiB free at {existing}"
    if free < 5 * GIB:
        return Check("disk", "warn", detail, "Make room, or keep the vault on a larger disk.")
    return Check("disk", "ok", detail)


def gpu() -> Check:
    """What the NVIDIA driver says; torch is not asked, for it would have to be imported."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return Check("GPU", "ok", "none found; the processor computes")
    command = [tool, "--query-gpu=name,memory.total", "--format=csv,noheader"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout
    except (subprocess.SubprocessError, OSError) as error:
        return Check(
            "GPU", "warn", f"the NVIDIA driver does not answer: {error}", "Install its driver again, or restart."
        )
    found = "; ".join(answer.splitlines())
    if found and _version("torch").endswith("+cpu"):
        hint = "Install a CUDA build of the same torch version to use it."
        return Check("GPU", "warn", f"{found}, but torch is built for the processor only", hint)
    return Check("GPU", "ok", found or "none")


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def network_seal(system: str = sys.platform) -> Check:
    """Whether the operating system refuses this process a network socket. Nothing is connected to find out."""
    if system == "linux" and seccomp.shut():
        return Check("network", "ok", "sealed by the operating system: nothing here can connect to anything")
    if system == "linux":
        hint = "Start MedStation in a network namespace: `unshare --net --map-root-user medstation`."
        return Check("network", "warn", "the operating system does not seal this process", hint)
    hint = "Forbid it the network in this system's firewall."
    return Check("network", "warn", "MedStation makes no connections, but this system does not enforce it", hint)
