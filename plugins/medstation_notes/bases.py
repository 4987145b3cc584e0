"""What recipes that start from a language model take over from it."""

from __future__ import annotations

from medstation.api import BadInput, Json
from medstation.learning.recipe import Settings
from medstation_notes.encoder import longest_window


def taken_over(base: Json | None, settings: Settings) -> Json:
    """The base's encoder and tokenizer, with the window that was asked for (no longer than the encoder can read)."""
    if base is None or "transformer" not in base:
        raise BadInput(
            "this recipe starts from a language model, and none was chosen",
            "Import a model folder, or make one from your notes with the recipe mlm, and start from it.",
        )
    window = min(int(settings["window"]), longest_window(base["transformer"]))
    return {
        "transformer": base["transformer"],
        "tokenizer": base["tokenizer"],
        "window": window,
        "stride": min(int(settings["stride"]), window // 2),
    }
