"""Cross-validation and the learning curve, from the command line: several trainings, one report, no model."""

from __future__ import annotations

from pathlib import Path

from caller import Caller
from test_circle import filled


def test_each_patient_outside_the_test_part_is_judged_once(medstation: Caller, cases: Path) -> None:
    filled(medstation, cases)
    test = {one["patient"] for one in medstation("dataset", "show", "set").json["items"] if one["part"] == "test"}
    found = medstation("finetune", "mean", "--dataset", "set", "--folds", "3", "--set", "epochs=1").json
    assert found["series"]["kind"] == "folds" and len(found["series"]["steps"]) == 3
    assert found["patients"] == sum(one["cases"] for one in found["series"]["steps"]) == 9 - len(test)
    assert found["after"]["error"]["low"] <= found["after"]["error"]["value"]
    run = medstation("runs", "show", found["run"]).json
    assert run["state"] == "done" and run["model"] == "" and medstation("models").json["models"] == []
    judged = {record for event in run["events"] if event["event"] == "series" for record in event["cases"]}
    assert not judged & {
        one["record"] for one in medstation("dataset", "show", "set").json["items"] if one["patient"] in test
    }


def test_the_learning_curve_says_what_more_labels_would_bring(medstation: Caller, cases: Path) -> None:
    filled(medstation, cases)
    found = medstation("finetune", "mean", "--dataset", "set", "--curve", "--set", "epochs=1").json["series"]
    sizes = [one["cases"] for one in found["steps"]]
    assert sizes == sorted(sizes) and len(sizes) == 4
    assert found["more"] == 10 and found["gain"]["low"] <= found["gain"]["value"] <= found["gain"]["high"]


def test_a_series_that_failed_goes_on_after_what_was_done(medstation: Caller, cases: Path) -> None:
    filled(medstation, cases)
    answer = medstation("finetune", "mean", "--dataset", "set", "--folds", "3", "--set", "fail_at=1")
    assert answer.code == 1 and medstation("runs", "show", "run-1").json["state"] == "failed"
    assert medstation("runs", "resume", "run-1").code == 1, "it is told to fail each time it begins anew"
    assert (
        "make no 9 folds" in medstation("finetune", "mean", "--dataset", "set", "--folds", "9").json["error"]["message"]
    )
    assert "too few" in medstation("finetune", "mean", "--dataset", "set", "--folds", "2").json["error"]["message"]
