"""Checks the JSON that the demo printed: every step went well, and every model got better. `check_demo.py FILE`"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def problems(demo: dict[str, Any]) -> Iterator[str]:
    """What is wrong with the demo, in words."""
    if not demo["tasks"]:
        yield "the demo ran no task"
    for task in demo["tasks"]:
        yield from (f"{task['task']}: the step {step['step']!r} failed" for step in task["steps"] if not step["ok"])
        measured = [step["result"] for step in task["steps"] if _was_fine_tuned(step.get("result"))]
        if not measured:
            yield f"{task['task']}: no step says what the model could do before and after fine-tuning"
        yield from (f"{task['task']}: {says}" for result in measured for says in _no_better(result))
    report = Path(demo["report"])
    if not report.is_file() or not report.stat().st_size:
        yield f"there is no report at {report}"


def _was_fine_tuned(result: object) -> bool:
    return isinstance(result, dict) and {"before", "after"} <= set(result)


def _no_better(result: dict[str, Any]) -> Iterator[str]:
    """The metric that decides must have become better, whichever direction that is."""
    name = result["metric"]
    before, after = result["before"][name], result["after"][name]
    risen = after["value"] - before["value"]
    if not (risen > 0 if result["higher_is_better"] else risen < 0):
        yield f"{name} did not get better: {before['value']} before, {after['value']} after"
    if not after["low"] <= after["value"] <= after["high"]:
        yield f"{name} lies outside its own interval: {after}"


def main(path: str) -> int:
    demo = json.loads(Path(path).read_text("utf-8"))
    found = list(problems(demo))
    for task in demo["tasks"]:
        for step in task["steps"]:
            state = "ok" if step["ok"] else "FAILED"
            sys.stdout.write(f"{task['task']:20} {step['step']:12} {step['seconds']:7.1f} s  {state}\n")
    sys.stdout.writelines(f"wrong: {problem}\n" for problem in found)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
