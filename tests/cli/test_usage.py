"""Exit codes and errors of the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

from caller import Caller


def error(answer: object) -> dict[str, str]:
    return json.loads(answer.out)["error"]  # type: ignore[attr-defined]


def test_wrong_usage_is_2(medstation: Caller) -> None:
    assert medstation("no-such-verb").code == 2
    assert error(medstation("import"))["code"] == "usage"


def test_names_on_both_sides_of_an_option_are_told_shortly(medstation: Caller) -> None:
    records = [f"r-{number}" for number in range(1, 300)]
    answer = medstation("dataset", "create", "set", "--task", "toy.numbers", *records)
    assert answer.code == 2 and "together" in error(answer)["hint"] and len(error(answer)["message"]) <= 200


def test_wrong_or_missing_passphrase_is_3(medstation: Caller, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("not the passphrase\n")
    answer = Caller(medstation.folder, wrong)("records")
    assert answer.code == 3 and error(answer)["code"] == "vault_locked"
    command = [sys.executable, "-m", "medstation.app", "--vault", str(medstation.folder), "--json", "records"]
    bare = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, env=os.environ, timeout=60)
    assert bare.returncode == 3 and "MEDSTATION_PASSPHRASE_FILE" in bare.stdout


def test_a_vault_that_is_not_there_is_3(medstation: Caller, tmp_path: Path) -> None:
    assert Caller(tmp_path / "nowhere", medstation.passphrase_file)("records").code == 3


def test_unknown_things_are_named(medstation: Caller) -> None:
    for words, named in (
        (("show", "r-99"), "r-99"),
        (("models", "show", "nobody"), "nobody"),
        (("dataset", "show", "none"), "none"),
        (("finetune", "no-recipe", "--dataset", "none"), "no-recipe"),
        (("import", "/no/such/path"), "/no/such/path"),
    ):
        answer = medstation(*words)
        assert answer.code == 1 and named in error(answer)["message"], (words, answer.out)
        assert error(answer)["hint"], words


def test_settings_are_checked_before_anything_starts(medstation: Caller, cases: Path) -> None:
    medstation("import", cases / "numbers")
    medstation("label", "--task", "toy.numbers", cases / "labels")
    medstation("dataset", "create", "set", "--task", "toy.numbers")
    for given in ("epochs=0", "epochs=many", "nothing=1", "epochs"):
        answer = medstation("finetune", "mean", "--dataset", "set", "--set", given)
        assert answer.code == 2, (given, answer.out)
    assert medstation("runs").json["runs"] == []


def test_a_pickle_or_a_foreign_archive_is_refused_with_4(medstation: Caller, tmp_path: Path) -> None:
    pickle = tmp_path / "model.pt"
    pickle.write_bytes(b"\x80\x04cos\nsystem\n")
    foreign = tmp_path / "foreign.zip"
    with zipfile.ZipFile(foreign, "w") as archive:
        archive.writestr("../../escape.txt", "x")
    wrong = tmp_path / "wrong.zip"
    with zipfile.ZipFile(wrong, "w") as archive:
        archive.writestr("model.json", json.dumps({"name": "x", "task": "toy.numbers", "recipe": "mean", "config": {}}))
        archive.writestr("weights.safetensors", b"\x80\x04 not safetensors")
    for path in (pickle, foreign, wrong):
        answer = medstation("models", "import", path)
        assert answer.code == 4, (path, answer.out)
    assert medstation("models", "list").json["models"] == []


def test_nothing_is_overwritten(medstation: Caller, cases: Path, tmp_path: Path) -> None:
    medstation("import", cases / "numbers")
    medstation("label", "r-1", cases / "labels" / "P0_a.value")
    out = tmp_path / "label.txt"
    out.write_text("mine")
    answer = medstation("export", "l-1", "--out", out)
    assert answer.code == 1 and "exists already" in error(answer)["message"]
    assert out.read_text() == "mine"


def test_bad_files_are_named_and_the_rest_is_taken(medstation: Caller, cases: Path) -> None:
    (cases / "numbers" / "bad_a.num").write_text("twelve")
    (cases / "numbers" / "readme.txt").write_text("hello")
    result = medstation("import", cases / "numbers").json
    assert len(result["records"]) == 9
    reasons = {Path(one["path"]).name: one for one in result["skipped"]}
    assert "not numbers" in reasons["bad_a.num"]["reason"] and not reasons["bad_a.num"]["harmless"]
    assert reasons["readme.txt"]["harmless"]


def test_a_label_file_that_belongs_to_nobody_is_named(medstation: Caller, cases: Path) -> None:
    medstation("import", cases / "numbers")
    (cases / "labels" / "stranger.value").write_text("3")
    result = medstation("label", "--task", "toy.numbers", cases / "labels").json
    assert len(result["labels"]) == 9
    assert "stranger" in result["skipped"][0]["reason"]


def test_a_data_set_of_too_few_patients_is_refused(medstation: Caller, cases: Path) -> None:
    medstation("import", cases / "numbers" / "P0_a.num")
    medstation("label", "r-1", cases / "labels" / "P0_a.value")
    answer = medstation("dataset", "create", "one", "--task", "toy.numbers")
    assert answer.code == 1 and "patient" in error(answer)["message"]


def test_tasks_and_plugins_are_listed_without_a_vault(medstation: Caller) -> None:
    tasks = {task["id"]: task for task in medstation("tasks").json["tasks"]}
    assert {"toy.numbers", "imaging.series"} <= set(tasks)
    names = [setting["name"] for setting in tasks["toy.numbers"]["recipes"][0]["settings"]]
    assert names[0] == "epochs"
    assert {plugin["state"] for plugin in medstation("plugins", "list").json["plugins"]} == {"ready"}
