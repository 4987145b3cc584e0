"""Processes killed while they import, label, fine-tune, back up and migrate lose nothing that they reported."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HARNESS = Path(__file__).with_name("kill.py")
KILLS = 20

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="processes are forked and adopted as Linux does it"),
]


def test_nothing_reported_is_lost_when_processes_are_killed_at_random_moments(tmp_path: Path) -> None:
    """In a process of its own, which forks: `python tests/trust/kill.py --kills 1000` is the same at length."""
    arguments = [sys.executable, str(HARNESS), "--kills", str(KILLS), "--minutes", "4", "--folder", str(tmp_path)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    count = json.loads(done.stdout.splitlines()[-1])
    assert count["problems"] == []
    assert done.returncode == 0
    assert count["kills"] >= KILLS
    assert count["reported as stored"] > KILLS
