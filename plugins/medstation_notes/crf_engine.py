"""CRFsuite: training in a thread that tells how far it is and can be ended, and models as bytes, never as files."""

from __future__ import annotations

import logging
import os
import queue
import struct
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pycrfsuite
from safetensors import SafetensorError
from safetensors.numpy import load, save

from medstation.api import BadInput

MODEL = "crfsuite"
_HEADER = struct.Struct("<4sI4s9I")
"""CRFsuite's own: magic, size, kind, version, numbers of features, labels, attributes, five offsets."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Iteration:
    number: int
    loss: float


class EndedError(Exception):
    """Training was told to end."""


class _Trainer(pycrfsuite.Trainer):  # type: ignore[misc]
    """Reports each iteration through `told`; raising from a message is how CRFsuite is stopped."""

    def __init__(self, params: Mapping[str, float | bool]) -> None:
        super().__init__(algorithm="lbfgs", params=dict(params), verbose=True)
        self.told: queue.SimpleQueue[Iteration | BaseException | None] = queue.SimpleQueue()
        self.ending = threading.Event()

    def message(self, message: str) -> None:
        super().message(message)
        if self.ending.is_set():
            raise EndedError

    def on_iteration(self, log: object, info: Mapping[str, Any]) -> None:
        self.told.put(Iteration(int(info["num"]), float(info["loss"])))

    def on_start(self, log: object) -> None: ...

    def on_featgen_progress(self, log: object, percent: float) -> None: ...

    def on_featgen_end(self, log: object) -> None: ...

    def on_prepared(self, log: object) -> None: ...

    def on_prepare_error(self, log: object) -> None: ...

    def on_optimization_end(self, log: object) -> None: ...

    def on_end(self, log: object) -> None: ...


class Course:
    """Sentences to learn from, then iterations as they come, then a model."""

    def __init__(self, params: Mapping[str, float | bool]) -> None:
        self._params = dict(params)
        self._trainer = _Trainer(params)

    def add(self, features: Sequence[Sequence[str]], tags: Sequence[str]) -> None:
        self._trainer.append(features, list(tags))

    def end(self) -> None:
        """Ask a training that runs to end at its next message."""
        self._trainer.ending.set()

    def iterations(self, limit: int, made: list[bytes]) -> Iterator[Iteration]:
        """Train; every iteration as it is done. The model is appended to `made`, unless `end` was called."""
        trainer = self._trainer
        trainer.ending.clear()
        trainer.set_params({**self._params, "max_iterations": limit})
        thread = threading.Thread(target=self._run, args=(made,), name="crfsuite", daemon=True)
        thread.start()
        try:
            while (told := trainer.told.get()) is not None:
                if isinstance(told, BaseException):
                    raise told
                yield told
        finally:
            trainer.ending.set()
            thread.join()

    def _run(self, made: list[bytes]) -> None:
        trainer = self._trainer
        try:
            with _memory_file() as path:
                trainer.train(str(path))
                made.append(path.read_bytes())
        except (EndedError, RuntimeError) as error:
            if not trainer.ending.is_set():
                trainer.told.put(error)
        except Exception as error:
            trainer.told.put(error)
        trainer.told.put(None)


@contextmanager
def _memory_file() -> Iterator[Path]:
    """A file that never reaches a disk where the system has such a thing: the model holds words of notes."""
    if hasattr(os, "memfd_create"):
        handle = os.memfd_create("crf")
        try:
            yield Path(f"/proc/self/fd/{handle}")
        finally:
            os.close(handle)
    else:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder) / "model"


def pack(model: bytes) -> bytes:
    """A CRFsuite model as a safetensors file with one uint8 tensor: numbers only, nothing that could run."""
    return bytes(save({MODEL: np.frombuffer(model, np.uint8)}))


class CrfTagger(pycrfsuite.Tagger):  # type: ignore[misc]
    """CRFsuite reads a model where it lies in memory: it has to stay there as long as the tagger lives."""

    def hold(self, model: bytes) -> None:
        self._held = model
        self.open_inmemory(model)


def unpack(weights: bytes) -> CrfTagger:
    """A tagger for packed weights; `BadInput` when they are none."""
    try:
        model = load(weights)[MODEL].tobytes()
    except (SafetensorError, KeyError) as error:
        raise BadInput(f"the weights hold no CRF: {error}", "Import the model again from its source.") from error
    if not _is_whole(model):
        raise BadInput("the CRF in the weights is damaged", "Import the model again from its source.")
    tagger = CrfTagger()
    tagger.hold(model)
    return tagger


def _is_whole(model: bytes) -> bool:
    """Whether the header fits: CRFsuite itself would follow any offset it finds there."""
    if len(model) < _HEADER.size:
        return False
    magic, size, kind, _, _, _, _, *offsets = _HEADER.unpack_from(model)
    inside = all(_HEADER.size <= offset < len(model) for offset in offsets)
    return magic == b"lCRF" and kind == b"FOMC" and size == len(model) and inside
