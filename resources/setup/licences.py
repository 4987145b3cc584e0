"""Writes THIRD_PARTY_LICENSES.md from what the installed packages say of themselves.

Run it in an environment that has everything in constraints.txt: `make licences`.
"""

from __future__ import annotations

import re
import sys
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "THIRD_PARTY_LICENSES.md"
CONSTRAINTS = ROOT / "constraints.txt"

# Packages whose metadata are empty or long texts; read in the licence file that each carries.
READ_BY_HAND = {
    "contourpy": "BSD-3-Clause",
    "cycler": "BSD-3-Clause",
    "kiwisolver": "BSD-3-Clause",
    "matplotlib": "PSF-based (Matplotlib licence)",
    "sqlcipher3": "Zlib",
}

# One name for each licence, however a package spells it.
SPELLINGS = {
    "apache": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache 2.0 license": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd": "BSD-3-Clause",
    "bsd license": "BSD-3-Clause",
    "bsd 2-clause license": "BSD-2-Clause",
    "bsd 3-clause license": "BSD-3-Clause",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
}

INTRODUCTION = """# Third-party licences

MedStation itself is under the Apache License 2.0 (see `LICENSE`). It contains no code of other projects. It runs with
the packages below, which pip installs beside it in the tested versions of `constraints.txt`; their licence texts come
with them. `make licences` writes this page anew, and a test fails when a package is missing here or when a package
could only be used under the GPL.

- **Qt and PySide6** are used under the LGPL 3: as separate shared libraries that you may replace with your own build.
- **CUDA builds of torch** bring NVIDIA's libraries under NVIDIA's own terms; the processor-only build brings none.
- Wheels of numpy, scipy, imagecodecs and torch carry the GNU compiler's run-time libraries, whose GPL has an exception
  for just that.

"""


def pins(path: Path = CONSTRAINTS) -> dict[str, str]:
    """Package -> version, from the constraints file."""
    lines = [line.strip() for line in path.read_text("utf-8").splitlines()]
    return dict(line.split("==", 1) for line in lines if line and not line.startswith("#"))


def licence(name: str) -> str:
    """The licence of an installed package: its expression, else its classifier, else its licence field."""
    if name.lower() in READ_BY_HAND:
        return READ_BY_HAND[name.lower()]
    about = metadata.metadata(name)
    classifiers = [line.split(" :: ")[-1] for line in about.get_all("Classifier") or [] if line.startswith("License")]
    field = (about.get("License") or "").strip()
    said = about.get("License-Expression") or (field if 0 < len(field.splitlines()) < 2 else "")
    said = said or " AND ".join(classifiers)
    if not said:
        raise SystemExit(f"{name} does not say its licence; read its licence file and add it to READ_BY_HAND")
    return SPELLINGS.get(said.lower(), said)


def home(name: str) -> str:
    """Where the project lives, or "" if its metadata do not say."""
    about = metadata.metadata(name)
    urls = dict(line.split(", ", 1) for line in about.get_all("Project-URL") or [])
    by_name = {key.lower(): url for key, url in urls.items()}
    wanted = ("homepage", "home", "source", "source code", "repository", "github", "documentation")
    return about.get("Home-page") or next((by_name[key] for key in wanted if key in by_name), "")


def page() -> str:
    rows = []
    for name, version in sorted(pins().items(), key=lambda pin: pin[0].lower()):
        rows.append(f"| {name} | {version} | {licence(name)} | {home(name)} |")
    head = "| package | version | licence | home |\n|---|---|---|---|\n"
    return INTRODUCTION + head + "\n".join(rows) + "\n"


def needs_gpl(licence: str) -> bool:
    """Whether the GPL or AGPL is the only way to use something under this licence expression.

    The LGPL is another licence, and `A OR B` leaves the choice.
    """
    choices = re.split(r"\s+OR\s+", licence, flags=re.IGNORECASE)
    return all(re.search(r"(?<![A-Z])A?GPL|(?<!Lesser )(?<!Library )General Public", choice) for choice in choices)


def main() -> int:
    absent = [name for name in pins() if not _installed(name)]
    if absent:
        sys.stderr.write(f"not installed, so nothing can be read of them: {', '.join(absent)}\n")
        return 1
    TARGET.write_text(page(), "utf-8")
    return 0


def _installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


if __name__ == "__main__":
    raise SystemExit(main())
