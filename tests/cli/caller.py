"""A way to call the command line as a person would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from medstation.cli.main import execute, parse


@dataclass
class Answer:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Caller:
    """Calls `medstation` with --json."""

    folder: Path
    passphrase_file: Path

    def arguments(self, *words: object) -> list[str]:
        common = ["--vault", str(self.folder), "--passphrase-file", str(self.passphrase_file), "--json"]
        return [sys.executable, "-m", "medstation.app", *common, *(str(word) for word in words)]

    def __call__(self, *words: object) -> Answer:
        """In this process: the same parser and verbs, without the second an interpreter takes to start."""
        out, err = StringIO(), StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            try:
                code = execute(parse(self.arguments(*words)[3:]))
            except SystemExit as ended:
                code = int(ended.code or 0)
        return Answer(code, out.getvalue(), err.getvalue())

    def start(self, *words: object) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.arguments(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
        )
