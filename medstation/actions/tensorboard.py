"""A run's curves as TensorBoard event files, in a folder outside the vault: for those who like to look there."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

from medstation.actions.charts import curves
from medstation.actions.workstation import Workstation, at_work
from medstation.api import BadInput, Json, must_be_new
from medstation.jobs import Desk, Job
from medstation.vault import rights


def start(ws: Workstation, run_id: str, out: Path, reason: str = "") -> Job:
    """Write the curves of a run into the new folder `out`. Result: {"files": [path]}."""
    ws.library.check_export(reason)
    run_of = ws.library.run(run_id)
    must_be_new(out)
    request = {"run": run_of.id, "out": str(out.absolute()), "reason": reason}
    target = "medstation.actions.tensorboard:run"
    return ws.submit(rights.EXPORT, target, request, f"Curves of {run_of.id}", wait_for_warm=False)


def run(request: Json, desk: Desk) -> Json:
    with at_work(request, desk) as bench:
        events = bench.library.run_events(request["run"])
        files = [str(path) for path in write(events, Path(request["out"]))]
        bench.library.note_export(request["run"], "TensorBoard", files, request["reason"])
        return {"files": files}


def write(events: Iterable[Json], out: Path) -> list[Path]:
    """The files written. A curve's steps are the optimizer's, counted from the run's begin.

    `BadInput` for a run that has told no value yet, and where the folder cannot be made.
    """
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    told = list(events)
    found = curves(told)
    if not found:
        raise BadInput("the run has told no value yet", "Wait for its first epoch.")
    each = next((int(one["facts"].get("steps_per_epoch", 1)) for one in told if one["event"] == "started"), 1)
    try:
        writer = EventFileWriter(str(out))
    except OSError as error:
        raise BadInput(f"{out} cannot be written: {error.strerror or error}", "Choose another folder.") from error
    try:
        for name, curve in sorted(found.items()):
            for epoch, value in sorted(curve.items()):
                if math.isfinite(value):
                    summary = Summary(value=[Summary.Value(tag=name, simple_value=value)])
                    writer.add_event(Event(step=round(epoch * each), summary=summary))
    finally:
        writer.close()
    return sorted(out.iterdir())
