"""The tested Qt survives a day's work: some of its versions lose a reference at every signal and end the program."""

from __future__ import annotations

import os
import subprocess
import sys

CALLS = 20_000

PROGRAM = f"""
import sys
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication, QCheckBox

class Sender(QObject):
    toggled = Signal(bool)
    sent = Signal(object, str)

application = QApplication([])
sender, box, heard = Sender(), QCheckBox("a"), []
sender.toggled.connect(heard.append)
sender.sent.connect(lambda value, text: heard.append(value))
box.toggled.connect(heard.append)
before = sys.getrefcount(True), sys.getrefcount(False), sys.getrefcount(None)
for count in range({CALLS}):
    sender.toggled.emit(True)
    sender.sent.emit(None, "text")
    box.setChecked(count % 2 == 0)
    box.setEnabled(box.isChecked())
    assert box.testAttribute(Qt.WidgetAttribute.WA_Disabled) is not box.isChecked()
assert len(heard) == 3 * {CALLS}, len(heard)
heard.clear()
after = sys.getrefcount(True), sys.getrefcount(False), sys.getrefcount(None)
print("alive", [now - then for now, then in zip(after, before)])
"""


def test_twenty_thousand_calls_and_signals_do_not_end_the_program() -> None:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.startswith("alive")
