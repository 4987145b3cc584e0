"""Models from outside can hold code; none of it is run, nothing is written, and they are refused with exit code 4."""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hostile
import pytest
from kill_acts import PipeDesk

from medstation.actions import carrying
from medstation.api import MedStationError, Refused
from medstation.library import Library
from medstation.vault import Kdf, Vault

PASSPHRASE = "a long enough passphrase"


@pytest.fixture
def library(tmp_path: Path, toy_plugin: Path) -> Iterator[Library]:
    with Vault.create(tmp_path / "vault", PASSPHRASE, kdf=Kdf.weakest()) as vault:
        yield Library(vault, "ada")


@pytest.fixture
def arena(tmp_path: Path) -> Path:
    """A folder for the hostile files, inside one in which nothing else may appear."""
    folder = tmp_path / "outer" / "inner"
    folder.mkdir(parents=True)
    return folder


def bring(library: Library, path: Path) -> Any:
    """What a worker does for `medstation models import`."""
    request = {"path": str(path), "name": "", "task": "", "user": "owner"}
    return carrying.bring(request, PipeDesk(library.vault.folder, library.vault.key, lambda event: None))  # type: ignore[arg-type]


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def assert_refused(library: Library, path: Path) -> None:
    outer = path.parent.parent
    before = files_in(outer)
    with pytest.raises(MedStationError) as told:
        bring(library, path)
    assert isinstance(told.value, Refused), told.value.message
    assert told.value.exit_code == 4
    assert told.value.hint
    assert library.models() == []
    assert files_in(outer) == before
    assert not (path.parent / hostile.MARKER).exists()


PICKLES: dict[str, Callable[[Path], bytes]] = {
    "model.pt": hostile.torch_archive,
    "scripted.pt": lambda folder: hostile.torch_archive(folder, {"archive/code/__torch__.py": b"import os"}),
    "dressed as a package.pt": lambda folder: hostile.torch_archive(folder, {"model.json": b"{}"}),
    "model.pth": hostile.pickled,
    "pytorch_model.bin": hostile.pickled,
    "model.ckpt": hostile.pickled,
    "model.pkl": hostile.pickled,
    "model.joblib": hostile.pickled,
    "weights.npy": hostile.object_array,
    "weights.npz": lambda folder: hostile.torch_archive(folder, {"weights.npy": hostile.object_array(folder)}),
    "model.safetensors": hostile.pickled,
    "model.zip": hostile.pickled,
    "model.onnx": lambda folder: b"\x08\x08:\x1a\n\x18\n\x08location\x12\x0c../../secret",
    "model.h5": lambda folder: b"\x89HDF\r\n\x1a\n" + hostile.pickled(folder),
}


@pytest.mark.parametrize("name", PICKLES)
def test_pickles_and_foreign_formats_are_refused_unread(library: Library, arena: Path, name: str) -> None:
    (arena / name).write_bytes(PICKLES[name](arena))
    assert_refused(library, arena / name)


def test_the_bait_would_have_been_taken(arena: Path) -> None:
    """A careless reader makes the marker: the tests above are of something."""
    import pickle

    pickle.loads(hostile.pickled(arena))
    assert (arena / hostile.MARKER).exists()


TOKENIZER = json.dumps(
    {"version": "1.0", "added_tokens": [], "model": {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}}
).encode()
FOLDERS: dict[str, Callable[[Path], dict[str, bytes]]] = {
    "pickled weights": lambda folder: {"config.json": b"{}", "pytorch_model.bin": hostile.pickled(folder)},
    "code of its own": lambda folder: {
        "config.json": b'{"auto_map": {"AutoModel": "modeling.Evil"}}',
        "modeling.py": f"import os; os.system('touch {folder / hostile.MARKER}')".encode(),
        "model.safetensors": hostile.SOUND,
    },
    "weights elsewhere": lambda folder: {
        "config.json": b'{"model_type": "bert"}',
        "tokenizer.json": TOKENIZER,
        "model.safetensors.index.json": b'{"weight_map": {"a": "../../secret.safetensors"}}',
    },
    "MONAI bundle": lambda folder: {
        "config.json": hostile.bundle(folder).encode(),
        "inference.json": hostile.bundle(folder).encode(),
        "model.pt": hostile.pickled(folder),
    },
    "deep config": lambda folder: {
        "config.json": b"[" * 200_000,
        "tokenizer.json": b"{}",
        "model.safetensors": hostile.SOUND,
    },
}


@pytest.mark.parametrize("kind", FOLDERS)
def test_model_folders_that_bring_code_or_point_elsewhere_are_refused(library: Library, arena: Path, kind: str) -> None:
    pytest.importorskip("transformers", reason="needs the extra medstation[notes]")
    folder = arena / "model"
    folder.mkdir()
    for name, data in FOLDERS[kind](arena).items():
        (folder / name).write_bytes(data)
    assert_refused(library, folder)
    assert not any(name.startswith("modeling") for name in sys.modules)


@pytest.mark.parametrize("lie", hostile.lying_tensors())
def test_weights_whose_header_lies_are_refused(library: Library, arena: Path, lie: str) -> None:
    assert_refused(library, hostile.package(arena / "model.zip", hostile.lying_tensors()[lie]))


def slipping(path: Path, *names: str) -> Path:
    hostile.package(path)
    with zipfile.ZipFile(path, "a") as archive:
        for name in names:
            archive.writestr(name, b"slipped")
    return path


@pytest.mark.parametrize(
    "name", ["../slipped", "../../slipped", "/slipped", "..\\slipped", "C:\\slipped", "inner/../../slipped"]
)
def test_names_that_climb_out_of_a_package_are_refused(library: Library, arena: Path, name: str) -> None:
    assert_refused(library, slipping(arena / "model.zip", name))


def test_a_link_in_a_package_is_refused(library: Library, arena: Path) -> None:
    path = arena / "model.zip"
    link = zipfile.ZipInfo("weights.safetensors")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model.json", json.dumps({"name": "x", "task": "toy.numbers", "recipe": "mean", "config": {}}))
        archive.writestr(link, str(arena / "secret"))
    (arena / "secret").write_bytes(hostile.SOUND)
    assert_refused(library, path)


def test_a_second_file_of_the_same_name_is_refused(library: Library, arena: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        slipping(arena / "model.zip", "weights.safetensors")
    assert_refused(library, arena / "model.zip")


def test_weights_that_are_not_those_of_the_card_are_refused(library: Library, arena: Path) -> None:
    assert_refused(library, hostile.package(arena / "model.zip", card={"sha256": "0" * 64}))


@pytest.mark.parametrize("described", [{"config": []}, {"card": 7}, {"task": None}, {"recipe": "../x"}])
def test_a_description_that_makes_no_sense_brings_nothing(
    library: Library, arena: Path, described: dict[str, Any]
) -> None:
    """Refused, or told as a mistake; never a bug, never a model."""
    path = hostile.package(arena / "model.zip", **described)
    with pytest.raises(MedStationError):
        bring(library, path)
    assert library.models() == []


def test_a_description_as_deep_as_a_well_is_refused(library: Library, arena: Path) -> None:
    path = arena / "model.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model.json", "[" * 200_000)
        archive.writestr("weights.safetensors", hostile.SOUND)
    assert_refused(library, path)


def test_a_sound_package_is_taken_as_a_candidate(library: Library, arena: Path) -> None:
    made = bring(library, hostile.package(arena / "model.zip"))
    assert library.model(made["model"]).state == "candidate"
