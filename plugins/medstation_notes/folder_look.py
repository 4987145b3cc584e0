"""A first look at a model folder by the names in it: what is refused here costs no framework its seconds to load."""

from __future__ import annotations

from pathlib import Path

from medstation.api import NotFound, Refused

CONFIG, TOKENIZER, WEIGHTS = "config.json", "tokenizer.json", "model.safetensors"
INDEX = "model.safetensors.index.json"
PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle")
HINT = f"Give a folder with {CONFIG}, {TOKENIZER} and {WEIGHTS}."


def might_be_model(path: Path) -> bool:
    """A folder with a config, a tokenizer or weights in it; all else is somebody else's."""
    return path.is_dir() and any(_of_a_model(entry.name) for entry in path.iterdir())


def look(path: Path) -> None:
    """`Refused` for what is no model folder, for pickles alone, and for models that bring code."""
    if not path.exists():
        raise NotFound(f"{path} does not exist", "Check the path of the model folder.")
    if not path.is_dir():
        pickled = path.suffix.lower() in PICKLES
        why = "is a pickled checkpoint, which can run code" if pickled else "is no model folder"
        raise Refused(f"{path.name} {why}", HINT)
    names = {entry.name for entry in path.iterdir()}
    if code := sorted(name for name in names if name.lower().endswith(".py")):
        raise Refused(f"{path.name} holds code ({code[0]})", "Take a model of a standard kind.")
    if not names & {WEIGHTS, INDEX}:
        pickles = sorted(name for name in names if name.lower().endswith(PICKLES))
        if pickles:
            raise Refused(f"{path.name} holds pickled weights ({pickles[0]}), which can run code", HINT)
        raise Refused(f"{path.name} is no model folder: it has no {WEIGHTS}", HINT)
    if CONFIG not in names:
        raise Refused(f"{path.name} is no model folder: it has no {CONFIG}", HINT)


def _of_a_model(name: str) -> bool:
    return name in (CONFIG, TOKENIZER) or name.lower().endswith((".safetensors", *PICKLES))
