"""Standard output is the result; standard error is everything else."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence

from medstation.api import Json, MedStationError
from medstation.jobs import Done, Failed, Job, Progressed, Reported

OnEvent = Callable[[Json], str]
"""An event of a job -> a line for the log, or ""."""


class Output:
    """Prints one result as JSON or as text, and the progress of jobs."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json

    def result(self, value: Json, text: str) -> None:
        print(json.dumps(value, indent=2, ensure_ascii=False) if self.as_json else text)

    def error(self, error: MedStationError) -> None:
        if self.as_json:
            described = {"code": error.code, "message": error.message, "hint": error.hint}
            print(json.dumps({"error": described}, indent=2, ensure_ascii=False))
        else:
            print(f"medstation: {error.message}", file=sys.stderr)
            if error.hint:
                print(f"  {error.hint}", file=sys.stderr)

    def say(self, line: str) -> None:
        print(line, file=sys.stderr)

    def follow(self, job: Job, on_event: OnEvent | None = None) -> Done:
        """Wait for a job, showing its progress. Ctrl-C stops it cleanly: what was done is kept."""
        progress = _Bar() if sys.stderr.isatty() else _Lines()
        try:
            return self._follow(job, progress, on_event)
        except KeyboardInterrupt:
            self.say("stopping; what was done is kept")
            job.cancel()
            return self._follow(job, progress, on_event)
        finally:
            progress.end()

    def _follow(self, job: Job, progress: _Bar | _Lines, on_event: OnEvent | None) -> Done:
        for message in job.messages():
            if isinstance(message, Progressed):
                progress.show(job.title, message.done, message.text)
            elif isinstance(message, Reported) and on_event:
                line = on_event(message.event)
                if line:
                    progress.clear()
                    self.say(line)
            elif isinstance(message, Failed):
                raise message.error
            elif isinstance(message, Done):
                return message
        raise RuntimeError("the job ended without a result")


class _Bar:
    """A progress bar with time left, on a terminal."""

    def __init__(self) -> None:
        self.begun = time.monotonic()
        self.shown = False

    def show(self, title: str, done: float, text: str) -> None:
        spent = time.monotonic() - self.begun
        left = f" · {clock(spent / done - spent)} left" if done > 0.02 else ""
        filled = "█" * round(24 * done)
        print(f"\r\x1b[K{title} {filled:░<24} {done:4.0%}{left} · {text}"[:150], end="", file=sys.stderr, flush=True)
        self.shown = True

    def clear(self) -> None:
        if self.shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        self.clear()


class _Lines:
    """Plain lines, a few seconds apart, where there is no terminal."""

    EVERY = 5.0

    def __init__(self) -> None:
        self.last = float("-inf")

    def show(self, title: str, done: float, text: str) -> None:
        now = time.monotonic()
        if now - self.last >= self.EVERY:
            self.last = now
            print(f"{title}: {done:.0%} {text}", file=sys.stderr)

    def clear(self) -> None:
        """Lines stay."""

    def end(self) -> None:
        """Lines stay."""


def clock(seconds: float) -> str:
    """4:05 for 245 s; 1:02:03 for longer."""
    minutes, second = divmod(round(max(seconds, 0)), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def table(headings: Sequence[str], rows: Sequence[Sequence[object]], empty: str = "nothing here yet") -> str:
    """Columns as wide as their widest cell."""
    if not rows:
        return empty
    cells = [[str(cell) for cell in row] for row in [headings, *rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(headings))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    return "\n".join([lines[0], "  ".join("─" * width for width in widths), *lines[1:]])


def interval(value: Json, digits: int = 3) -> str:
    """0.86 [0.82, 0.89]"""
    return f"{value['value']:.{digits}f} [{value['low']:.{digits}f}, {value['high']:.{digits}f}]"
