"""A model's report, its watch in use, and curves for TensorBoard: written once, noted in the audit log."""

from __future__ import annotations

from pathlib import Path

from caller import Caller
from test_circle import filled


def test_report_drift_and_curves_of_a_model(medstation: Caller, cases: Path, tmp_path: Path) -> None:
    filled(medstation, cases)
    run = medstation("finetune", "mean", "--dataset", "set", "--set", "epochs=2", "--name", "net").json
    page, paper, board = tmp_path / "net.html", tmp_path / "net.pdf", tmp_path / "board"
    assert medstation("models", "report", "net", "--out", page).json["files"] == [str(page)]
    assert "What the gate says" in page.read_text() and "Name of P" not in page.read_text()
    assert medstation("models", "report", "net", "--out", paper).code == 0 and paper.read_bytes().startswith(b"%PDF")
    assert "exists already" in medstation("models", "report", "net", "--out", page).json["error"]["message"]
    assert "neither .html nor .pdf" in medstation("models", "report", "net", "--out", board).json["error"]["message"]
    (file,) = medstation("runs", "tensorboard", run["run"], "--out", board).json["files"]
    assert Path(file).parent == board

    medstation("predict", "net", "r-1", "r-2")
    found = medstation("models", "drift", "net").json
    assert found["months"][0]["predictions"] == 2 and not found["drifted"] and found["waiting"] == 0
    entries = medstation("audit", "show", "--last", "200").json["entries"]
    formats = [one["detail"]["format"] for one in entries if one["action"] == "export"]
    assert sorted(formats) == ["TensorBoard", "model report", "model report"]


def test_models_that_are_no_networks_are_not_joined(medstation: Caller, cases: Path) -> None:
    filled(medstation, cases)
    for _ in range(2):
        medstation("finetune", "mean", "--dataset", "set", "--set", "epochs=1", "--name", "net")
    assert "no networks" in medstation("models", "join", "both", "net@1", "net@2").json["error"]["message"]
    assert "different ones" in medstation("models", "join", "both", "net@1", "net@1").json["error"]["hint"]
