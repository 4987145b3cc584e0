"""Models of other programs in and out: what the task names. The framework is loaded once a folder looks harmless."""

from __future__ import annotations

from pathlib import Path

from medstation.api import BadInput, ModelDraft, ModelInfo
from medstation_notes.folder_look import look, might_be_model


def read_model(path: Path) -> ModelDraft | None:
    """The task's `import_model`."""
    if not might_be_model(path):
        return None
    look(path)
    from medstation_notes.hf_folder import RECIPE, import_folder  # torch and transformers, seconds to load

    weights, config = import_folder(path)
    return ModelDraft(RECIPE, weights, config)


def write_model(model: ModelInfo, weights: bytes, out: Path) -> list[Path]:
    """The task's `export_model`: language models, whatever they were fine-tuned for."""
    if "transformer" not in model.config:
        raise BadInput(f"{model.name} is no language model", "Export it as a package.")
    from medstation_notes.hf_folder import export_folder

    return export_folder(weights, model.config, out)
