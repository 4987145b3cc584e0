"""Language models as folders (config.json, tokenizer.json, model.safetensors): taken in, and written out.

Only numbers and descriptions are read. Pickled weights (.bin, .pt) and models with code of their own are refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from medstation.api import BadInput, Json, Refused, must_be_new
from medstation.learning.weights import pack, unpack
from medstation_notes import encoder
from medstation_notes.folder_look import CONFIG, INDEX, TOKENIZER, WEIGHTS, look
from medstation_notes.tokenizer import MASK

RECIPE = "mlm"
"""An imported folder is a base like one that was made here."""
WINDOW, STRIDE = 512, 128
WORDS = "vocab.txt"
LARGEST_CONFIG = 1 << 20
LARGEST_WEIGHTS = 1 << 34
_OLD_NAMES = ((".gamma", ".weight"), (".beta", ".bias"))


def import_folder(path: Path) -> tuple[bytes, Json]:
    """(weights as safetensors bytes, config) of a base model of recipe "mlm".

    `Refused` (exit code 4) for pickles, own code and whatever is no such folder.
    """
    look(path)
    config = encoder.checked_config(_json(path / CONFIG, LARGEST_CONFIG))
    tokenizer = _tokenizer(path)
    _check_vocabulary(tokenizer, config, path)
    tensors = _tensors(path, config)
    window = min(WINDOW, encoder.longest_window(config))
    mask = _mask_piece(tokenizer)
    made: Json = {
        "transformer": config,
        "tokenizer": encoder.packed(tokenizer),
        "mask_piece": mask,
        "window": window,
        "stride": min(STRIDE, window // 2),
        "headless": True,
    }
    return pack({f"encoder.{name}": tensor for name, tensor in tensors.items()}), made


def export_folder(weights: bytes, config: Json, out: Path) -> list[Path]:
    """Write a model's encoder, config and tokenizer as a folder that this and other programs can load."""
    must_be_new(out)
    kept = {name.removeprefix("encoder."): one for name, one in unpack(weights).items() if name.startswith("encoder.")}
    out.mkdir(parents=True)
    (out / CONFIG).write_text(json.dumps(config["transformer"], indent=2) + "\n", "utf-8")
    (out / TOKENIZER).write_text(encoder.unpacked(config["tokenizer"]), "utf-8")
    save_file(kept, out / WEIGHTS, metadata={"format": "pt"})
    return [out / CONFIG, out / TOKENIZER, out / WEIGHTS]


def _check_file(path: Path, largest: int) -> None:
    if not path.is_file():
        raise Refused(f"{path.name} is no file", "Take the folder as it was published.")
    if path.stat().st_size > largest:
        raise Refused(f"{path.name} is larger than it may be", "Check where the folder came from.")


def _json(path: Path, largest: int) -> Json:
    _check_file(path, largest)
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise Refused(f"{path.name} is no JSON: {error}", "Take the folder as it was published.") from error
    if not isinstance(content, dict):
        raise Refused(f"{path.name} is no JSON object", "Take the folder as it was published.")
    return content


def _tokenizer(path: Path) -> str:
    """The tokenizer's JSON: as it is, or made of a word-piece list (vocab.txt)."""
    from tokenizers import Tokenizer
    from tokenizers.implementations.bert_wordpiece import BertWordPieceTokenizer

    file = next((one for name in (TOKENIZER, WORDS) if (one := path / name).exists()), None)
    if file is None:
        raise Refused(f"{path.name} has no {TOKENIZER}", "Save the model's fast tokenizer into the folder.")
    _check_file(file, encoder.LARGEST_TOKENIZER)
    try:
        if file.name == TOKENIZER:
            return str(Tokenizer.from_str(file.read_text("utf-8")).to_str())
        return str(BertWordPieceTokenizer(str(file), lowercase=_lowers(path)).to_str())
    except Exception as error:  # the library raises bare Exception
        raise BadInput(
            f"the tokenizer of {path.name} cannot be read: {error}", "Take the folder as it was published."
        ) from error


def _lowers(path: Path) -> bool:
    file = path / "tokenizer_config.json"
    return bool(_json(file, LARGEST_CONFIG).get("do_lower_case", True)) if file.exists() else True


def _mask_piece(tokenizer: str) -> int | None:
    from tokenizers import Tokenizer

    made = Tokenizer.from_str(tokenizer)
    return next((found for name in (MASK, "<mask>") if (found := made.token_to_id(name)) is not None), None)


def _check_vocabulary(tokenizer: str, config: Json, path: Path) -> None:
    """A piece without a row in the table would end every training on it."""
    from tokenizers import Tokenizer

    highest = max(Tokenizer.from_str(tokenizer).get_vocab(with_added_tokens=True).values(), default=-1)
    rows = int(config.get("vocab_size") or 0)
    if rows and highest >= rows:
        raise BadInput(
            f"the tokenizer of {path.name} has pieces up to number {highest}, its config only {rows} of them",
            "Take tokenizer and weights of the same model.",
        )


def _tensors(path: Path, config: Json) -> dict[str, torch.Tensor]:
    """The encoder's tensors as float32, under the names that its class gives them; a pooler may be missing."""
    with torch.device("meta"):
        wanted = {name: one.shape for name, one in encoder.build(config).state_dict().items()}
    found: dict[str, torch.Tensor] = {}
    other: dict[str, torch.Size] = {}
    for file in _weight_files(path):
        for name, tensor in _read(file).items():
            own = _own_name(name, wanted)
            if own and tensor.shape == wanted[own]:
                found[own] = tensor.to(torch.float32) if tensor.is_floating_point() else tensor
            elif own:
                other[own] = tensor.shape
    needed = [name for name in wanted if "pooler" not in name and "position_ids" not in name]
    if missing := [name for name in needed if name not in found]:
        shaped = next((name for name in missing if name in other), "")
        told = f"{shaped} is {_by(other[shaped])} where {_by(wanted[shaped])} is due" if shaped else missing[0]
        raise BadInput(
            f"the weights of {path.name} do not fit its config: {len(missing)} tensors are missing or of another "
            f"shape ({told})",
            "Take config and weights of the same model.",
        )
    if spoilt := next((name for name in needed if not bool(torch.isfinite(found[name]).all())), ""):
        raise BadInput(f"the weights of {path.name} hold values that are no numbers ({spoilt})", "Take another copy.")
    return found


def _by(shape: torch.Size) -> str:
    return " x ".join(map(str, shape)) or "one value"


def _weight_files(path: Path) -> list[Path]:
    if (path / WEIGHTS).exists():
        return [path / WEIGHTS]
    names = sorted(set(map(str, _json(path / INDEX, 1 << 24).get("weight_map", {}).values())))
    for name in names:
        if Path(name).name != name or not name.endswith(".safetensors") or not (path / name).is_file():
            raise Refused(f"{INDEX} names {name!r}, which is no weight file of the folder", "Take the whole folder.")
    return [path / name for name in names]


def _read(file: Path) -> dict[str, torch.Tensor]:
    _check_file(file, LARGEST_WEIGHTS)
    try:
        with safe_open(file, "pt") as tensors:
            return {name: tensors.get_tensor(name) for name in tensors.keys()}  # noqa: SIM118 (no iterator)
    except (SafetensorError, OSError) as error:
        raise Refused(f"{file.name} is no safetensors file: {error}", "Take the folder as it was published.") from error


def _own_name(name: str, wanted: Mapping[str, Any]) -> str:
    """A stored tensor's name without the prefix of the class it was stored from, "" for one of a head."""
    for old, new in _OLD_NAMES:
        if name.endswith(old):
            name = name.removesuffix(old) + new
    while name not in wanted:
        _, dot, name = name.partition(".")
        if not dot:
            return ""
    return name
