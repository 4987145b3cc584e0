"""What was done, for people and machines. It lies beside the output and so names no source file."""

from __future__ import annotations

from collections import Counter

from medstation.api import Json
from medstation_imaging.deid.settings import Choices
from medstation_imaging.deid.table import EDITION

MEANING = {
    "X": "removed", "Z": "emptied", "D": "replaced by a dummy", "U": "new UID", "C": "cleaned or shifted", "K": "kept",
    "cleaned": "of the kept ones had an identifying part taken out", "unreadable": "removed, being unreadable",
    "overlay planes": "overlays cleared from pixels", "overlays": "overlays removed", "overlays kept": "overlays kept",
}  # fmt: skip


def summary(choices: Choices, written: list[Json], refused: list[Json]) -> Json:
    """The report as JSON. Entries of `written` and `refused` know their source by its number only."""
    counts: Counter[str] = Counter()
    for one in written:
        counts.update(one["actions"])
    return {
        "profile": f"DICOM PS3.15 {EDITION}, annex E, basic profile",
        "options": {name: value for name, value in vars(choices).items() if name not in ("review", "confirm_pixels")},
        "written": len(written),
        "refused": len(refused),
        "actions": dict(sorted(counts.items())),
        "files": written,
        "refusals": refused,
    }


def readable(report: Json) -> str:
    """The same as text."""
    lines = [f"De-identification: {report['profile']}", ""]
    lines += [f"  {name}: {value}" for name, value in report["options"].items()]
    lines += ["", f"{report['written']} files written, {report['refused']} refused.", ""]
    lines += [f"  {count:8}  {MEANING.get(name, name)}" for name, count in report["actions"].items()]
    for one in report["files"]:
        lines += ["", one["name"]]
        if one["pixels"]:
            told = f"{len(one['pixels']['boxes'])} boxes, {one['pixels']['masked']:.1%} of the picture"
            lines.append(f"  picture: {told} ({one['pixels']['by']}; {one['pixels']['why']})")
        lines += [f"  {note}" for note in (*one["notes"], *one["cautions"])]
    lines += [""] if report["refusals"] else []
    lines += [f"not written: source {one['number']}: {one['reason']}. {one['hint']}" for one in report["refusals"]]
    return "\n".join(lines) + "\n"
