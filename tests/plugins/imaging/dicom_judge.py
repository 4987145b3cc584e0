"""`dciodvfy` of David Clunie's dicom3tools as the judge of what MedStation writes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


def faults(path: Path) -> list[str]:
    """The errors that dciodvfy finds in a DICOM file; skips the test where it is not installed."""
    tool = shutil.which("dciodvfy")
    if tool is None:
        pytest.skip("dciodvfy is not here; it comes with the package dicom3tools")
    done = subprocess.run([tool, str(path)], capture_output=True, text=True, timeout=60, check=False)
    return [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("Error")]
