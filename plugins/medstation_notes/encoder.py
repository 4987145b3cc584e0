"""Language models by their config: built from JSON, never from code that comes with a model, never from a network."""

from __future__ import annotations

import base64
import os
import zlib
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # read when transformers is imported
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

from torch import nn
from transformers import AutoConfig, AutoModel

from medstation.api import BadInput, Json, Refused

KNOWN = frozenset(
    ("albert", "bert", "camembert", "deberta", "deberta-v2", "distilbert", "electra", "ernie", "modernbert", "mpnet",
     "roberta", "xlm-roberta", "xlm-roberta-xl")
)  # fmt: skip
"""Encoders that read in both directions and that transformers brings itself."""
_AFTER_PADDING = frozenset(("roberta", "xlm-roberta", "xlm-roberta-xl", "camembert", "mpnet"))
_DROPPED = frozenset(
    ("architectures", "attn_implementation", "dtype", "experts_implementation", "id2label", "label2id",
     "output_attentions", "output_hidden_states", "return_dict", "torch_dtype", "torchscript", "transformers_version",
     "use_return_dict")
)  # fmt: skip
"""What says nothing of the weights: where from, what for, and with which kernels (which may be other people's code)."""
MOST_LAYERS, LARGEST_NUMBER = 1000, 1 << 28
LARGEST_TOKENIZER = 1 << 27


def checked_config(config: Json) -> Json:
    """A `config.json` that may be used: of a known kind, without code of its own. `Refused` otherwise."""
    for sign in ("auto_map", "custom_pipelines", "trust_remote_code"):
        if config.get(sign):
            raise Refused(f"the model wants to run code of its own ({sign})", "Take a model of a standard kind.")
    if config.get("quantization_config"):
        raise Refused("the model's weights are quantized", "Take its full weights.")
    kind = config.get("model_type")
    if kind not in KNOWN:
        raise Refused(
            f"models of kind {str(kind)[:40]!r} are not taken", "Kinds taken: " + ", ".join(sorted(KNOWN)) + "."
        )
    kept = {key: value for key, value in config.items() if key not in _DROPPED and not key.startswith("_")}
    for key, value in kept.items():
        most = MOST_LAYERS if "layers" in key or "group" in key else LARGEST_NUMBER
        if isinstance(value, int) and abs(value) > most:
            raise Refused(f"the model's config asks for {value} as {key[:40]}", "Check where the model came from.")
    return kept


def build(config: Json) -> nn.Module:
    """The encoder of a checked config, with fresh weights."""
    given = dict(checked_config(config))
    kind = given.pop("model_type")
    models: Any = AutoModel
    try:
        made: nn.Module = models.from_config(AutoConfig.for_model(kind, **given))
    except Exception as error:  # each kind of model stumbles over odd values in its own way
        raise BadInput(f"the model's config cannot be used: {error}", "Take the folder as it was published.") from error
    return made


def width_of(encoder: Any) -> int:
    """Numbers per word piece that come out."""
    return int(getattr(encoder.config, "hidden_size", None) or encoder.config.dim)


def table_of(encoder: Any) -> nn.Embedding:
    """The vectors of the word pieces."""
    table: nn.Embedding = encoder.get_input_embeddings()
    return table


def longest_window(config: Json) -> int:
    """Word pieces that the encoder can read at once."""
    positions = int(config.get("max_position_embeddings") or 512)
    return positions - (int(config.get("pad_token_id") or 0) + 1 if config["model_type"] in _AFTER_PADDING else 0)


def freeze(encoder: Any, layers: int) -> None:
    """Leave the embeddings and the lowest `layers` layers as they are."""
    if not layers:
        return
    for name, parameter in encoder.named_parameters():
        places = [int(part) for part in name.split(".") if part.isdigit()]
        if "embeddings" in name or (places and places[0] < layers):
            parameter.requires_grad = False


def packed(text: str) -> str:
    """A tokenizer's JSON, short enough to stand in a model's config."""
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def unpacked(text: str) -> str:
    machine = zlib.decompressobj()
    try:
        data = machine.decompress(base64.b64decode(text, validate=True), LARGEST_TOKENIZER)
    except (ValueError, zlib.error) as error:
        raise BadInput(f"the model's tokenizer is damaged: {error}", "Import the model again.") from error
    if machine.unconsumed_tail:
        raise Refused("the model's tokenizer is larger than one may be", "Check where the model came from.")
    return data.decode()
