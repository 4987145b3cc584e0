"""Language models as local folders: taken in, learnt from and written out without a network; all else is refused."""

from __future__ import annotations

import json
import socket
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from caller import Caller

from medstation.actions.workstation import Workstation

TASK = "notes.documents"
TINY = ("vocabulary=400", "layers=1", "width=64", "window=32", "stride=8", "epochs=1", "threads=1")
SHORT = ("epochs=1", "window=32", "stride=8", "threads=1")


@pytest.fixture
def attempts(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What workers (sealed by the system) tried to reach; in this process the attempt itself fails the test."""
    seen: list[str] = []
    close = Workstation.close

    def listen(ws: Workstation) -> None:
        seen.extend(ws.pool.attempts())
        close(ws)

    def refuse(*arguments: object) -> None:
        raise AssertionError(f"the network was asked for: {arguments}")

    monkeypatch.setattr(Workstation, "close", listen)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    yield seen


def settings(*pairs: str) -> list[str]:
    return [word for pair in pairs for word in ("--set", pair)]


def well(answer: Any) -> Any:
    assert answer.code == 0, answer.out + answer.err
    return answer.json


def test_a_base_made_from_notes_goes_out_as_a_folder_comes_back_learns_and_predicts(
    medstation: Caller, tmp_path: Path, attempts: list[str]
) -> None:
    pytest.importorskip("transformers", reason="needs the extra medstation[notes]")
    from medstation_samples import notes

    rows = [json.dumps(row) for row in notes.notes(3, 8)]
    (tmp_path / "notes.jsonl").write_text("\n".join(rows), "utf-8")
    well(medstation("import", tmp_path / "notes.jsonl", "--task", TASK))
    well(medstation("dataset", "create", "texts", "--recipe", "mlm"))
    well(medstation("dataset", "create", "entities", "--recipe", "transformer-tokens"))
    base = well(medstation("finetune", "mlm", "--dataset", "texts", *settings(*TINY)))["model"]

    folder = tmp_path / "tiny bert"
    well(medstation("models", "export", base, folder, "--folder"))
    assert {file.name for file in folder.iterdir()} == {"config.json", "tokenizer.json", "model.safetensors"}
    again = medstation("models", "export", base, folder, "--folder")
    assert again.code == 1 and "exists already" in again.json["error"]["message"]

    brought = well(medstation("models", "import", folder, "--task", TASK))
    assert (brought["name"], brought["recipe"], brought["state"]) == ("tiny bert", "mlm", "candidate")
    assert brought["card"]["imported"] == "tiny bert"

    start = ("finetune", "transformer-tokens", "--dataset", "entities", "--from", "tiny bert", "--name", "tagger")
    run = well(medstation(*start, *settings(*SHORT)))
    (prediction,) = well(medstation("predict", run["model"], "r-1"))["predictions"]
    assert prediction["kind"] == "spans"
    assert attempts == []
    actions = [entry["action"] for entry in medstation("audit", "show", "--last", "300").json["entries"]]
    assert any("export" in action for action in actions) and actions.count("model.add") == 3


def write(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


BERT = b'{"model_type": "bert"}'
HOSTILE = {
    "no model": ({"readme.txt": b"hello"}, "no model folder"),
    "empty": ({}, "no model folder"),
    "pickled weights": ({"config.json": BERT, "pytorch_model.bin": b"\x80\x02cos\nsystem\n"}, "pickled"),
    "only a pickle": ({"model.pt": b"\x80\x02cos\nsystem\n"}, "pickled"),
    "code": ({"config.json": BERT, "model.safetensors": b"", "modeling_own.py": b"open('ran', 'w')"}, "code"),
    "code by name": (
        {"config.json": b'{"model_type": "bert", "auto_map": {"AutoModel": "own.Model"}}', "model.safetensors": b""},
        "code of its own",
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_folder_that_is_no_model_or_could_run_code_is_refused_with_4(
    medstation: Caller, tmp_path: Path, case: str
) -> None:
    pytest.importorskip("transformers", reason="needs the extra medstation[notes]")
    files, told = HOSTILE[case]
    answer = medstation("models", "import", write(tmp_path / "folder", files))
    assert answer.code == 4 and told in answer.json["error"]["message"], answer.out
    assert answer.json["error"]["hint"]
    assert medstation("models", "list").json["models"] == []


def test_a_file_that_only_looks_like_a_package_is_refused(medstation: Caller, tmp_path: Path) -> None:
    described = json.dumps({"name": "x", "task": "toy.numbers", "recipe": "mean", "config": {}})
    packages: dict[str, Callable[[zipfile.ZipFile], None]] = {
        "checkpoint.pt": lambda archive: archive.writestr("archive/data.pkl", b"\x80\x02cos\nsystem\n"),
        "bomb.medmodel": lambda archive: (
            archive.writestr("model.json", described),
            archive.writestr("weights.safetensors", bytes(1 << 20), zipfile.ZIP_DEFLATED),
        ),
        "twice.medmodel": lambda archive: (
            archive.writestr("model.json", described),
            archive.writestr("weights.safetensors", b""),
            archive.writestr("more.txt", b""),
        ),
        "deep.medmodel": lambda archive: (
            archive.writestr("model.json", "[" * 100_000),
            archive.writestr("weights.safetensors", b""),
        ),
    }
    for name, fill in packages.items():
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            fill(archive)
        assert medstation("models", "import", tmp_path / name).code == 4, name
    whole = (tmp_path / "bomb.medmodel").read_bytes()
    (tmp_path / "cut.medmodel").write_bytes(whole[: len(whole) // 2])
    assert medstation("models", "import", tmp_path / "cut.medmodel").code == 4
    assert medstation("models", "import", tmp_path / "nowhere").json["error"]["code"] == "not_found"
    assert medstation("models", "list").json["models"] == []


def test_a_model_without_such_a_form_says_what_to_do_instead(medstation: Caller, cases: Path, tmp_path: Path) -> None:
    medstation("import", cases / "numbers", "--task", "toy.numbers")
    medstation("label", "--task", "toy.numbers", cases / "labels")
    medstation("dataset", "create", "set", "--task", "toy.numbers")
    model = well(medstation("finetune", "mean", "--dataset", "set"))["model"]
    answer = medstation("models", "export", model, tmp_path / "out", "--folder")
    assert answer.code == 1 and "package" in answer.json["error"]["hint"]
    assert not (tmp_path / "out").exists()
