"""Where MedStation's own read-only files are: icons, help, sample makers, templates."""

from pathlib import Path


def resources() -> Path:
    """The resources folder: inside the package when installed, beside it in a checkout."""
    packaged = Path(__file__).parent / "_resources"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent / "resources"
