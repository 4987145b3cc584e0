"""The whole circle from the command line, with a plugin as a third party would ship it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from caller import Caller

TASK = "toy.numbers"


def filled(medstation: Caller, cases: Path) -> None:
    assert medstation("import", cases / "numbers", "--task", TASK).code == 0
    assert medstation("label", "--task", TASK, cases / "labels").code == 0
    assert medstation("dataset", "create", "set", "--task", TASK).code == 0


def test_import_label_dataset_finetune_predict_export(medstation: Caller, cases: Path, tmp_path: Path) -> None:
    imported = medstation("import", cases / "numbers").json
    assert len(imported["records"]) == 9
    labels = medstation("label", "--task", TASK, cases / "labels").json
    assert len(labels["labels"]) == 9 and labels["skipped"] == []

    dataset = medstation("dataset", "create", "set", "--task", TASK).json
    assert sum(dataset["split"].values()) == 9 and dataset["split"]["test"] >= 1

    run = medstation("finetune", "mean", "--dataset", "set", "--set", "epochs=2").json
    assert run["epochs"] == 2 and run["stopped"] == "completed"
    assert run["after"]["error"]["value"] < run["before"]["error"]["value"]
    assert run["difference"]["error"]["says"] == "better"

    predictions = medstation("predict", run["model"], "r-1", "r-2").json["predictions"]
    assert [one["record"] for one in predictions] == ["r-1", "r-2"]
    out = tmp_path / "prediction.txt"
    written = medstation("export", predictions[0]["id"], "--out", out).json
    assert written["files"] == [str(out)] and 10 <= float(out.read_text()) <= 12

    actions = [entry["action"] for entry in medstation("audit", "show", "--last", "200").json["entries"]]
    for act in ("import", "label", "dataset", "run", "model", "predict", "export"):
        assert any(act in action for action in actions), (act, actions)
    assert medstation("audit", "verify").json["ok"]
    assert medstation("vault", "check", "--deep").json["ok"]


def test_a_model_learnt_without_test_patients_is_kept_and_says_it_was_not_measured(
    medstation: Caller, cases: Path
) -> None:
    filled(medstation, cases)
    records = [one["id"] for one in medstation("records").json["records"]]
    assert medstation("dataset", "create", "all", *records, "--task", TASK, "--split", "0.8,0.2,0").code == 0
    assert medstation("dataset", "create", "rest", *records, "--task", TASK, "--split", "0,0,1").code == 0
    run = medstation("finetune", "mean", "--dataset", "all", "--set", "epochs=1").json
    assert run["after"] == run["before"] == {} and run["patients"] == 0
    assert medstation("evaluate", run["model"], "--dataset", "rest").json["metrics"]["error"]["value"] >= 0
    assert "no patients to train on" in medstation("finetune", "mean", "--dataset", "rest").json["error"]["message"]


def test_the_same_files_twice_are_the_same_records(medstation: Caller, cases: Path) -> None:
    first = medstation("import", cases / "numbers").json
    second = medstation("import", cases / "numbers").json
    assert second["added"] == 0 and second["duplicates"] == 9
    assert {one["id"] for one in second["records"]} == {one["id"] for one in first["records"]}


def test_evaluate_approve_compare_and_carry_a_model(medstation: Caller, cases: Path, tmp_path: Path) -> None:
    filled(medstation, cases)
    model = medstation("finetune", "mean", "--dataset", "set").json["model"]
    measured = medstation("evaluate", model, "--dataset", "set").json
    assert measured["metrics"]["error"]["low"] <= measured["metrics"]["error"]["value"]
    assert medstation("models", "approve", model, "--reason", "better").json["state"] == "approved"

    package = tmp_path / "mean.zip"
    assert medstation("models", "export", model, package).code == 0
    carried = medstation("models", "import", package, "--name", "carried").json
    assert carried["state"] == "candidate"
    compared = medstation("models", "compare", model, "carried", "--dataset", "set").json
    assert compared["metrics"][0]["says"] == "no difference shown"


def test_a_failed_run_says_why_and_resumes(medstation: Caller, cases: Path) -> None:
    filled(medstation, cases)
    answer = medstation("finetune", "mean", "--dataset", "set", "--set", "epochs=4", "--set", "fail_at=3")
    assert answer.code == 1 and "told to fail" in answer.json["error"]["message"]
    runs = medstation("runs").json["runs"]
    assert runs[0]["state"] == "failed" and "told to fail" in runs[0]["message"]
    resumed = medstation("runs", "resume", runs[0]["id"])
    assert resumed.code == 0, resumed.err
    assert resumed.json["epochs"] == 4


def test_a_killed_worker_is_a_message_and_the_run_resumes(medstation: Caller, cases: Path) -> None:
    filled(medstation, cases)
    process = medstation.start("finetune", "mean", "--dataset", "set", "--set", "epochs=5", "--set", "wait_at=3")
    children = _children_at_work(process.pid, medstation)
    os.kill(children, signal.SIGKILL)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 1 and "worker" in out
    run = medstation("runs").json["runs"][0]
    assert run["state"] in ("interrupted", "failed")
    assert medstation("runs", "resume", run["id"]).json["epochs"] == 5


def test_a_run_is_stopped_from_another_program_and_keeps_its_best(medstation: Caller, cases: Path) -> None:
    filled(medstation, cases)
    process = medstation.start("finetune", "mean", "--dataset", "set", "--set", "epochs=50", "--set", "wait_at=3")
    _children_at_work(process.pid, medstation)
    assert medstation("runs", "stop", "run-1").code == 0
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert '"stopped": "user"' in out


def _children_at_work(pid: int, medstation: Caller) -> int:
    """Wait until the run is past its second epoch; the worker's process id."""
    import psutil

    for _ in range(200):
        answer = medstation("runs", "show", "run-1")
        if answer.code == 0 and any(event.get("epoch") == 2 for event in answer.json["events"]):
            workers = [
                one for one in psutil.Process(pid).children(recursive=True) if "jobs.child" in " ".join(one.cmdline())
            ]
            busy = max(workers, key=lambda one: sum(one.cpu_times()[:2]))
            return busy.pid
    raise AssertionError("the run never came to its second epoch")
