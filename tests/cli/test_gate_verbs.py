"""check, propose, approve, retire and rollback: what the gate says, and what it wants to know."""

from __future__ import annotations

from pathlib import Path

from caller import Answer, Caller
from test_circle import filled


def trained(medstation: Caller, dataset: str = "set", *more: str) -> str:
    answer = medstation("finetune", "mean", "--dataset", dataset, "--set", "epochs=1", *more)
    assert answer.code == 0, answer.out
    return str(answer.json["model"])


def refused(answer: Answer) -> str:
    assert answer.code == 4, answer.out
    return str(answer.json["error"]["message"] + " " + answer.json["error"]["hint"])


def test_the_gate_asks_for_a_reason_and_keeps_it(medstation: Caller, cases: Path) -> None:
    filled(medstation, cases)
    model = trained(medstation, "set", "--name", "net")
    verdict = medstation("models", "check", model).json
    assert verdict["word"] == "few patients" and verdict["needs_reason"]
    assert [one["word"] for one in verdict["findings"]] == ["few patients", "better", "note"]
    assert medstation("models", "show", model).json["card"]["judged"] == verdict

    assert "nobody but" in refused(medstation("models", "approve", model))
    assert medstation("models", "approve", model, "--reason", "first of its kind").json["state"] == "approved"
    entries = medstation("audit", "show", "--last", "200").json["entries"]
    (entry,) = [one for one in entries if one["action"] == "model.approve"]
    assert (entry["detail"]["reason"], entry["detail"]["judged"]) == ("first of its kind", "few patients")


def test_a_new_version_is_measured_against_the_approved_one_and_rolled_back(medstation: Caller, cases: Path) -> None:
    filled(medstation, cases)
    trained(medstation, "set", "--name", "net")
    medstation("models", "approve", "net", "--reason", "first")
    second = trained(medstation, "set", "--name", "net")
    assert second == "net@2"
    verdict = medstation("models", "check", second).json
    assert verdict["rival"] == "net@1" and "equal" in [one["word"] for one in verdict["findings"]]
    assert medstation("models", "propose", second, "--reason", "as good").json["state"] == "proposed"
    assert medstation("models", "approve", second, "--reason", "as good, and newer").json["state"] == "approved"
    states = {f"{one['name']}@{one['version']}": one["state"] for one in medstation("models").json["models"]}
    assert states == {"net@1": "retired", "net@2": "approved"}
    back = medstation("models", "rollback", "net", "--reason", "worse on the ward").json
    assert (back["version"], back["state"]) == (1, "approved")
    assert medstation("models", "rollback", "net").code == 1
    assert medstation("models", "retire", "net@1").json["state"] == "retired"


def test_a_model_whose_base_knew_the_test_patients_leaks(medstation: Caller, cases: Path) -> None:
    filled(medstation, cases)
    trained(medstation, "set", "--name", "first")
    assert medstation("dataset", "create", "other", "--task", "toy.numbers", "--seed", "7").code == 0
    leaking = trained(medstation, "other", "--from", "first", "--name", "second")
    verdict = medstation("models", "check", leaking).json
    assert verdict["word"] == "leaking" and verdict["needs_reason"]


def test_a_model_from_outside_is_measured_where_one_says_on_what(
    medstation: Caller, cases: Path, tmp_path: Path
) -> None:
    filled(medstation, cases)
    model = trained(medstation, "set", "--name", "net")
    medstation("models", "approve", model, "--reason", "first")
    medstation("models", "export", model, tmp_path / "net.zip")
    medstation("models", "import", tmp_path / "net.zip", "--name", "net")
    assert medstation("models", "check", "net@2").json["word"] == "not measured"
    verdict = medstation("models", "check", "net@2", "--dataset", "set").json
    assert verdict["rival"] == "net@1" and verdict["difference"]["value"] == 0
    assert any("is not known in this vault" in one["says"] for one in verdict["findings"])
