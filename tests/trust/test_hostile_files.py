"""Files from outside, by every way in there is: nothing in them is run, nothing is written beside, and all is told."""

from __future__ import annotations

import os
from pathlib import Path

import hostile
import pytest
from kill_acts import PipeDesk

from medstation.actions import importing, labelling, opening, predicting
from medstation.api import BadInput, Json, MedStationError
from medstation.library import Library
from medstation.vault import Kdf, Vault

pytest.importorskip("pydicom", reason="needs the extra medstation[imaging]")

SECRET = "a word that stands outside of every folder given"


@pytest.fixture
def arena(tmp_path: Path) -> Path:
    folder = tmp_path / "outer" / "inner"
    folder.mkdir(parents=True)
    (tmp_path / "outer" / "secret.txt").write_text(f"{SECRET} and more such words, as in a note\n")
    return folder


@pytest.fixture
def desk(tmp_path: Path, toy_plugin: Path) -> PipeDesk:
    with Vault.create(tmp_path / "vault", "a long enough passphrase", kdf=Kdf.weakest()) as vault:
        Library(vault, "ada")
        return PipeDesk(tmp_path / "vault", vault.key, lambda event: None)


def hostile_folder(folder: Path, bombs: bool = True) -> list[str]:
    """Every file that could be written for somebody to import; their names."""
    bait = hostile.pickled(folder)
    files: dict[str, bytes] = {
        **{f"model{suffix}": bait for suffix in (".pt", ".bin", ".pkl", ".joblib", ".ckpt", ".dcm", ".nii", ".edf")},
        "archive.zip": hostile.torch_archive(folder, {"../slipped": b"slipped", "/slipped": b"slipped"}),
        "bomb.zip": hostile.gzip_of_zeros(b"PK\3\4", 64),
        "bomb.png": b"\x89PNG\r\n\x1a\n" + hostile.gzip_of_zeros(b"", 64),
        "array.npy": hostile.object_array(folder),
        "pickle.nii.gz": hostile.gzip_of_zeros(bait, 1),
        "bundle.json": hostile.bundle(folder).encode(),
        "document.xml": hostile.XML.format(secret=folder.parent / "secret.txt").encode(),
        "document.cda": hostile.XML.format(secret=folder.parent / "secret.txt").encode(),
        "deep.jsonl": b'{"text": ' + b"[" * 200_000,
        "formula.csv": b"value,name\n1,\"=cmd|'/c calc'!A0\"\n",
        "script.hea": b"../../etc/passwd 1 250 10\n../../secret.txt 16 200 16 0 0 0 0 x\n",
        "preamble.dcm": b"MZ" + bytes(126) + b"DICM",
        "model.onnx": b"\x08\x08location\x12\x0c../../secret",
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    (folder / "link.txt").symlink_to(folder.parent / "secret.txt")
    (folder / "linked folder").symlink_to(folder.parent, target_is_directory=True)
    os.mkfifo(folder / "pipe.dcm")
    if bombs:
        hostile.deflated_dicom(folder / "bomb.dcm", mebibytes=300)
        hostile.deflated_dicom(folder / "bomb without preamble.dcm", mebibytes=300, preamble=False)
    return sorted(path.name for path in folder.iterdir())


def everything_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def bring_in(desk: PipeDesk, *paths: Path) -> Json:
    request = {"paths": [str(path) for path in paths], "task": "", "settings": {}, "user": "owner"}
    return importing.run(request, desk)  # type: ignore[arg-type]


def test_importing_a_folder_of_hostile_files_runs_and_writes_nothing(desk: PipeDesk, arena: Path) -> None:
    names = hostile_folder(arena)
    before = everything_below(arena.parent)
    result = bring_in(desk, arena)
    assert everything_below(arena.parent) == before
    assert {record["title"] for record in result["records"]} <= {"formula"}, "a table with a formula is a table"
    told = {Path(one["path"]).name: one["reason"] for one in result["skipped"]}
    assert set(names) - set(told) <= {"linked folder", "formula.csv"}
    assert all(told.values())
    assert "outside this folder" in told["link.txt"]
    assert "unpacks to more than" in told["bomb.dcm"]
    assert "unpacks to more than" in told["bomb without preamble.dcm"]
    with Vault.attach(desk.folder, desk.key, "owner") as vault:
        library = Library(vault, "ada")
        assert all(SECRET.encode() not in library.files(one["id"]).read(0) for one in result["records"])


def test_opening_the_same_without_importing_is_no_more_dangerous(desk: PipeDesk, arena: Path) -> None:
    hostile_folder(arena)
    before = everything_below(arena.parent)
    result = opening.run({"paths": [str(arena)], "task": ""}, desk)  # type: ignore[arg-type]
    assert everything_below(arena.parent) == before
    assert len(result["skipped"]) > 15


def test_hostile_labels_are_told_and_none_is_attached(desk: PipeDesk, arena: Path) -> None:
    case = arena / "P1_a.num"
    case.write_text("1\n2\n")
    record = bring_in(desk, case)["records"][0]["id"]
    hostile_folder(arena, bombs=False)
    before = everything_below(arena.parent)
    for name in ("model.pt", "array.npy", "document.xml", "bundle.json", "deep.jsonl", "link.txt"):
        request = {"record": record, "path": str(arena / name), "kind": "value", "user": "owner"}
        with pytest.raises((MedStationError, ValueError)):
            labelling.run(request, desk)  # type: ignore[arg-type]
    assert everything_below(arena.parent) == before
    with Vault.attach(desk.folder, desk.key, "owner") as vault:
        assert Library(vault, "ada").labels(record) == []


def test_predicting_on_hostile_files_predicts_nothing(desk: PipeDesk, arena: Path) -> None:
    with Vault.attach(desk.folder, desk.key, "owner") as vault:
        model = Library(vault, "ada").add_model("mean", "toy.numbers", "mean", hostile.SOUND, {}, {}).id
    hostile_folder(arena, bombs=False)
    before = everything_below(arena.parent)
    out = arena.parent.parent / "out"
    request = {"model": model, "paths": [str(arena)], "out": str(out), "format": "", "user": "owner"}
    with pytest.raises(BadInput, match="nothing in these files"):
        predicting.run_on_files(request, desk)  # type: ignore[arg-type]
    assert everything_below(arena.parent) == before
    assert not out.exists()


def test_links_are_followed_inside_the_folder_that_was_given(desk: PipeDesk, arena: Path) -> None:
    (arena / "files").mkdir()
    (arena / "files" / "P1_a.num").write_text("1\n")
    (arena / "P2_a.num").symlink_to(arena / "files" / "P1_a.num")
    (arena / "P3_a.num").symlink_to(arena.parent / "secret.txt")
    result = bring_in(desk, arena)
    assert result["records"]
    assert [Path(one["path"]).name for one in result["skipped"]] == ["P3_a.num"]
