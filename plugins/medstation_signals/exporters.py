"""All ways out of signals, as the plugin names them; each loads its own libraries when it is first used."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from medstation.api import ExportItem, FileSource


def write_csv(item: ExportItem, files: FileSource, out: Path) -> Sequence[Path]:
    """A table."""
    from medstation_signals import export_csv

    return export_csv.write_csv(item, files, out)


def write_edf(item: ExportItem, files: FileSource, out: Path) -> Sequence[Path]:
    """EDF+."""
    from medstation_signals import export_edf

    return export_edf.write_edf(item, files, out)


def write_fhir(item: ExportItem, files: FileSource, out: Path) -> Sequence[Path]:
    """FHIR R4 Observations."""
    from medstation_signals import export_fhir

    return export_fhir.write_fhir(item, files, out)
