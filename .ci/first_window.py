"""Starts the real window on a virtual screen, waits until something is painted, and keeps a picture of it.

`first_window.py PICTURE.png`. The window opens a fresh vault with one imported image, as a user's would.
"""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image

MEDSTATION = [sys.executable, "-m", "medstation.app"]
SIZE = "1440x900x24"
PATIENCE = 180.0
"""Seconds. A machine whose disk is busy with others can take a minute to unlock a vault; none is meant to be waited."""
FEWEST_COLOURS = 40
"""An empty screen has one or two colours, a window with text many: letters are drawn with smooth edges."""


@contextmanager
def virtual_screen(folder: Path) -> Iterator[tuple[str, Path]]:
    """Xvfb on a free display: its name, and the file that holds what it shows."""
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", SIZE, "-fbdir", str(folder), "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading) as answer:
            number = answer.readline().strip()
        if not number:
            raise SystemExit("Xvfb did not start")
        yield f":{number}", folder / "Xvfb_screen0"
    finally:
        server.terminate()
        server.wait(10)


def picture(screen: Path) -> np.ndarray:
    """What the screen shows: (height, width, 3) uint8, from the X window dump that Xvfb keeps up to date."""
    dump = screen.read_bytes()
    header = struct.unpack(">25I", dump[:100])
    begin = header[0] + 12 * header[19]
    height, width, stride = header[5], header[4], header[12]
    rows = np.frombuffer(dump, np.uint8, count=height * stride, offset=begin).reshape(height, stride)
    return rows[:, : 4 * width].reshape(height, width, 4)[:, :, 2::-1]


def colours(pixels: np.ndarray) -> int:
    return len(np.unique(pixels.reshape(-1, 3), axis=0))


def prepare(folder: Path) -> list[str]:
    """A vault with one image in it; returns the options that open it."""
    from pydicom.data import get_testdata_file

    passphrase = folder / "passphrase"
    passphrase.write_text("a passphrase for this one picture\n", "utf-8")
    options = ["--vault", str(folder / "vault"), "--passphrase-file", str(passphrase)]
    say(options, ["vault", "create"])
    say(options, ["import", str(get_testdata_file("CT_small.dcm"))])
    return options


def say(options: Sequence[str], command: Sequence[str]) -> None:
    subprocess.run([*MEDSTATION, *options, *command], check=True, stdout=subprocess.DEVNULL)


def wait_for_window(window: subprocess.Popen[bytes], screen: Path, target: str) -> np.ndarray:
    """The picture once the window stands still, painted; if it never does, the last one is kept to be looked at."""
    deadline = time.monotonic() + PATIENCE
    last = picture(screen)
    while time.monotonic() < deadline:
        time.sleep(0.5)
        if window.poll() is not None:
            raise SystemExit(f"the window ended by itself with exit code {window.returncode}")
        now = picture(screen)
        if colours(now) >= FEWEST_COLOURS and np.array_equal(now, last):
            return now
        last = now
    keep(last, target)
    what = "the window never stood still" if colours(last) >= FEWEST_COLOURS else "nothing was painted"
    raise SystemExit(f"{what} within {PATIENCE:g} s: {target}")


def keep(pixels: np.ndarray, target: str) -> None:
    Image.fromarray(np.ascontiguousarray(pixels)).save(target)


def main(target: str) -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        options = prepare(folder)
        with virtual_screen(folder) as (display, screen):
            environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
            window = subprocess.Popen([*MEDSTATION, *options], env=environment)
            try:
                seen = wait_for_window(window, screen, target)
            finally:
                window.terminate()
                window.wait(30)
    keep(seen, target)
    sys.stdout.write(f"the window is there, {colours(seen)} colours: {target}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
