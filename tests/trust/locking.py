"""How long locking takes: from the press of the button until no process is left that knew the key.

    python tests/trust/locking.py --trials 10

The real program opens a vault in its window (offscreen unless there is a screen). Two workers are busy and deaf to
being asked, a third waits with everything imported. The button is pressed; then it is watched from outside until every
worker is gone and the window's own process has been replaced by one at the unlock page. Prints seconds as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from medstation.vault import Kdf, Vault

ROOT = Path(__file__).parents[2]
PASSPHRASE = "a long enough passphrase"
PATIENCE = 120.0
BUSY = 2


def surroundings(folder: Path) -> dict[str, str]:
    path = [ROOT, ROOT / "plugins", ROOT / "resources", Path(__file__).parent]
    own = {
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "PYTHONPATH": os.pathsep.join(map(str, path)),
    }
    return {**os.environ, "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen"), **own}


def spin(request: dict[str, Any], desk: Any) -> dict[str, Any]:
    """A worker's job that computes and listens to nobody."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    desk.event({"pid": os.getpid()})
    while True:
        sum(range(10_000))


def window(folder: Path) -> int:
    """The program, with a hand that presses the button once the workers are at work."""
    from medstation import app
    from medstation.shell.office import Office

    begin = Office.begin_background

    def begin_and_work(office: Office) -> None:
        begin(office)
        for _ in range(BUSY):
            office.session.do(_work(office))
        _press_when_ready(office)

    Office.begin_background = begin_and_work  # type: ignore[method-assign]
    return app.main(["--vault", str(folder / "vault"), "--passphrase-file", str(folder / "passphrase")])


async def _work(office: Any) -> None:
    pool = office.session.ws.pool
    await office.session.job(lambda: pool.submit("locking:spin", {}, wait_for_warm=False), "Busy")


def _press_when_ready(office: Any) -> None:
    from PySide6.QtCore import QTimer

    pool = office.session.ws.pool
    pids = [job.pid for job in pool.jobs if job.pid]
    if len(pids) < BUSY or not pool.wait_until_warm(0):
        QTimer.singleShot(50, lambda: _press_when_ready(office))
        return
    sys.stdout.write(json.dumps({"workers": [*pids, pool.spare_pid], "pressed": time.monotonic()}) + "\n")
    sys.stdout.flush()
    office.place.top.lock.click()


def trial(folder: Path) -> dict[str, float]:
    """Seconds from the press until the workers are gone, and until the program has started anew."""
    command = [sys.executable, __file__, "--window", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=surroundings(folder), text=True) as program:
        assert program.stdout
        try:
            told = json.loads(program.stdout.readline())
            old = psutil.Process(program.pid).cmdline()
            workers = _since(told["pressed"], lambda: not any(map(psutil.pid_exists, told["workers"])))
            everything = _since(told["pressed"], lambda: psutil.Process(program.pid).cmdline() != old)
        finally:
            program.kill()
    return {"workers gone": workers, "started anew": everything}


def _since(begin: float, so: Callable[[], bool]) -> float:
    while not so():
        if time.monotonic() - begin > PATIENCE:
            raise TimeoutError("the vault was not locked")
        time.sleep(0.002)
    return time.monotonic() - begin


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=5)
    parser.add_argument("--window", type=Path, metavar="FOLDER", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.window:
        return window(given.window)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "passphrase").write_text(PASSPHRASE + "\n")
        Vault.create(folder / "vault", PASSPHRASE, kdf=Kdf.weakest()).close()
        trials = [trial(folder) for _ in range(given.trials)]
    figures = {name: sorted(round(one[name], 3) for one in trials) for name in trials[0]}
    told = {name: {"median": statistics.median(times), "longest": times[-1]} for name, times in figures.items()}
    sys.stdout.write(json.dumps(told, indent=2) + "\n")
    return 0 if max(times[-1] for times in figures.values()) <= 1.0 else 1


if __name__ == "__main__":
    sys.exit(main())
