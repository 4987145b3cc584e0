"""Who may import whom: the contracts of .importlinter are kept."""

from __future__ import annotations

import subprocess
import sys

from source import ROOT


def test_the_floors_are_kept_and_there_is_no_circle() -> None:
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    command = [sys.executable, "-c", program, "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
