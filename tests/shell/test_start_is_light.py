"""The window opens before anything heavy is loaded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

HEAVY = ("torch", "monai", "transformers", "pydicom", "numpy", "pyqtgraph", "scipy", "matplotlib")
SCRIPT = """
import json, sys
from pathlib import Path
import qasync
from PySide6.QtWidgets import QApplication
from medstation.shell.run import Shell

app = QApplication([])
with qasync.QEventLoop(app) as loop:
    def make(folder, passphrase, create, user):
        from medstation.actions.workstation import Workstation
        return Workstation.open(folder, passphrase, create, user)

    shell = Shell(app, loop, Path(sys.argv[1]) / "vault", make, Path(sys.argv[1]) / "config", lambda: (True, 0))
    shell.open()
    gate = sorted(sys.modules)
    shell.window.painted.connect(shell.window.leave)
    shell.gate.entered.emit("a long enough passphrase")
    loop.run_until_complete(shell.ended)
    loop.run_until_complete(shell.awaiting.settle())
print(json.dumps({"gate": gate, "work": sorted(sys.modules)}))
"""


def test_neither_the_gate_nor_the_workplace_loads_a_framework(tmp_path: Path) -> None:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", SCRIPT, str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120)
    loaded = json.loads(done.stdout.splitlines()[-1])
    assert [name for name in HEAVY if name in loaded["gate"]] == []
    work = [name for name in HEAVY if name in loaded["work"] and name != "numpy"]
    assert work == []
