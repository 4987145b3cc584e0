"""Makes sure that the system libraries of the window are here: installs them with apt, or says how.

Ends with exit code 1 when something is missing and could not be installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence

from medstation.actions.system_libraries import install_command, missing


def install(packages: Sequence[str]) -> None:
    """Install Debian packages as root, or with a sudo that asks nothing; do nothing where neither is possible."""
    apt = shutil.which("apt-get")
    if apt is None:
        return
    root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["update", "-qq"], ["install", "-y", "--no-install-recommends", *packages]):
        try:
            subprocess.run([*root, apt, *step], env=environment, check=False)
        except FileNotFoundError:  # no sudo on this machine
            return


def main() -> int:
    absent = missing()
    if absent:
        sys.stderr.write(f"Installing what the window needs: {', '.join(one.package for one in absent)}\n")
        install([library.package for library in absent])
        absent = missing()
    if absent:
        sys.stderr.write(f"The window cannot start yet; missing: {', '.join(one.name for one in absent)}.\n")
        sys.stderr.write(f"On Debian and Ubuntu, say this and try again:\n    {install_command(absent)}\n")
    return 1 if absent else 0


if __name__ == "__main__":
    raise SystemExit(main())
