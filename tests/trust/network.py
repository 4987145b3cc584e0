"""The whole demo under a tracer, and again where there is no network: attempts to connect, look-ups, files written.

    python tests/trust/network.py --minutes 20

Prints the counts as JSON; the exit code is 0 when nothing was tried.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parent)]

import tracing  # noqa: E402

ROOT = Path(__file__).parents[2]


def surroundings(folder: Path) -> dict[str, str]:
    for name in ("home", "tmp"):
        (folder / name).mkdir(exist_ok=True)
    path = os.pathsep.join(str(ROOT / part) for part in ("", "plugins", "resources"))
    own = {"HOME": str(folder / "home"), "TMPDIR": str(folder / "tmp"), "PYTHONDONTWRITEBYTECODE": "1"}
    return {**os.environ, **own, "PYTHONPATH": path, "QT_QPA_PLATFORM": "offscreen"}


def demo(out: Path) -> list[str]:
    return [sys.executable, "-m", "medstation.app", "--json", "demo", "--headless", "--out", str(out)]


def traced(folder: Path) -> dict[str, Any]:
    began = time.monotonic()
    done, trace = tracing.run(demo(folder / "demo"), folder / "trace", surroundings(folder))
    allowed = (str(folder / "demo"), str(folder / "tmp" / "medstation-demo-"), "/dev/", "/proc/", "/sys/")
    return {
        "demo ended with": done.returncode,
        "processes": trace.processes(),
        "calls that name the internet": len(trace.internet()),
        "look-ups of names": len(trace.opened("resolv.conf")) + len(trace.opened("/hosts")),
        "files written elsewhere": sorted(path for path in trace.written_files() if not path.startswith(allowed)),
        "left in the temporary folder": sorted(str(path) for path in (folder / "tmp").rglob("*")),
        "seconds": round(time.monotonic() - began, 1),
    }


def alone(folder: Path, minutes: float) -> dict[str, Any]:
    for way in (["unshare", "-n"], ["unshare", "-rn"]):
        if subprocess.run([*way, "true"], capture_output=True, check=False).returncode == 0:
            command = [*way, *demo(folder / "alone")]
            done = subprocess.run(
                command, capture_output=True, env=surroundings(folder), timeout=60 * minutes, check=False
            )
            return {"demo ended with": done.returncode}
    return {"skipped": "no network namespace can be made here"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=20.0, help="the most that each run may take")
    given = parser.parse_args()
    if reason := tracing.missing():
        sys.stderr.write(f"{reason}\n")
        return 2
    with tempfile.TemporaryDirectory() as name:
        result = {"traced": traced(Path(name)), "without a network": alone(Path(name), given.minutes)}
    sys.stdout.write(json.dumps(result, indent=2) + "\n")
    seen = result["traced"]
    return 1 if seen["demo ended with"] or seen["calls that name the internet"] or seen["look-ups of names"] else 0


if __name__ == "__main__":
    sys.exit(main())
