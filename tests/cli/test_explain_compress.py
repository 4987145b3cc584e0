"""Explaining and compressing from the command line, on a model that another vault made."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from caller import Caller
from PIL import Image

from medstation.learning.weights import pack
from medstation_signals.record_class import NAMES, network

CONFIG = {
    "width": 256,
    "classes": ["A", "N"],
    "positive": "A",
    "mean": [0.0] * len(NAMES),
    "deviation": [1.0] * len(NAMES),
}


def ecg(folder: Path, name: str, seed: int, spread: float) -> list[Path]:
    """Pulses of half a minute as a WFDB record, `spread` seconds apart from regular."""
    rate, seconds = 125, 30
    times = np.arange(rate * seconds) / rate
    beats = np.cumsum(np.random.default_rng(seed).normal(0.8, spread, 36))
    values = sum(np.exp(-0.5 * ((times - beat) / 0.02) ** 2) for beat in beats)
    (folder / f"{name}.dat").write_bytes((1000 * np.asarray(values)).astype("<i2").tobytes())
    (folder / f"{name}.hea").write_text(f"{name} 1 {rate} {len(times)}\n{name}.dat 16 1000/mV 16 0 0 0 0 ECG\n")
    return [folder / f"{name}.hea", folder / f"{name}.dat"]


@pytest.fixture
def rhythm(medstation: Caller, tmp_path: Path) -> Caller:
    """A vault with an ECG and a model that says what its rhythm is."""
    files = ecg(tmp_path, "ecg", 1, 0.05)
    torch.manual_seed(0)
    described = {"name": "rhythm", "task": "signals.recordings", "recipe": "record-class", "config": CONFIG, "card": {}}
    with zipfile.ZipFile(tmp_path / "rhythm.medmodel", "w", zipfile.ZIP_STORED) as package:
        package.writestr("model.json", json.dumps(described))
        package.writestr("weights.safetensors", pack(network(CONFIG).state_dict()))
    assert medstation("import", *files).code == 0
    assert medstation("models", "import", tmp_path / "rhythm.medmodel").code == 0
    return medstation


def test_a_record_is_explained_with_a_picture_and_the_audit_log_tells(rhythm: Caller, tmp_path: Path) -> None:
    out = tmp_path / "why.png"
    told = rhythm("explain", "rhythm", "r-1", "--method", "gradients", "--out", out).json
    assert told["target"] in ("A", "N") and told["files"] == [str(out)]
    assert told["check"]["orders"] == 20 and told["says"].startswith(("The marked", "No better"))
    assert Image.open(out).width > 600
    acts = [entry["action"] for entry in rhythm("audit", "show", "--last", "50").json["entries"]]
    assert any("export" in act for act in acts)
    cgm = tmp_path / "cgm.csv"
    cgm.write_text("time,glucose mg/dL\n2024-03-01 10:00,100\n2024-03-01 10:05,102\n2024-03-01 10:10,103\n")
    assert "suits the model" in rhythm("explain", "rhythm", cgm).json["error"]["message"]


def test_a_model_is_made_smaller_and_written_for_other_programs(rhythm: Caller, tmp_path: Path) -> None:
    small = rhythm("models", "compress", "rhythm", "--method", "int8").json
    assert small["cost"]["smaller"] > 2.5 and small["metrics"] == [] and small["dataset"] == ""
    card = rhythm("models", "show", small["model"]).json["card"]
    assert card["compressed"]["method"] == "int8" and card["base"] == "rhythm@1" and "Not measured" in card["notes"][0]
    again = rhythm("models", "compress", small["model"], "--method", "prune").json
    assert "eight bits" in again["error"]["message"] and "rhythm@1" in again["error"]["hint"]
    same = rhythm("explain", small["model"], "r-1", "--method", "occlusion").json
    assert same["target"] == rhythm("explain", "rhythm@1", "r-1").json["target"]
    out = tmp_path / "rhythm.onnx"
    told = rhythm("models", "compress", "rhythm@1", "--method", "onnx", "--out", out).json
    assert told["apart"] < 1e-4 and out.exists() and Path(told["files"][1]).exists()


def test_a_pruned_model_learns_on_and_its_cost_is_measured(medstation: Caller, tmp_path: Path) -> None:
    (tmp_path / "labels").mkdir()
    files = [file for number in range(10) for file in ecg(tmp_path, f"p{number}", number, 0.2 if number % 2 else 0.01)]
    for number in range(10):
        (tmp_path / "labels" / f"p{number}.class.txt").write_text("A" if number % 2 else "N")
    assert medstation("import", *files).code == 0
    assert medstation("label", "--task", "signals.recordings", tmp_path / "labels").code == 0
    assert medstation("dataset", "create", "set", "--recipe", "record-class").code == 0
    medstation(
        "finetune", "record-class", "--dataset", "set", "--name", "rhythm", "--set", "epochs=1", "--set", "width=64"
    )
    done = medstation("models", "compress", "rhythm", "--method", "prune", "--share", "0.7", "--epochs", "1").json
    assert done["model"] == "rhythm@3" and done["run"] and done["cost"]["zeros"] > 0.6
    assert {one["name"] for one in done["metrics"]} >= {"accuracy"} and done["patients"] >= 1
    card = medstation("models", "show", "rhythm@3").json["card"]
    assert card["compressed"]["against"] == "rhythm@1" and card["base"] == "rhythm retrained@1"


def test_what_cannot_be_explained_or_made_smaller_is_told(medstation: Caller, cases: Path, tmp_path: Path) -> None:
    medstation("import", cases / "numbers", "--task", "toy.numbers")
    medstation("label", "--task", "toy.numbers", cases / "labels")
    medstation("dataset", "create", "set", "--task", "toy.numbers")
    model = medstation("finetune", "mean", "--dataset", "set", "--set", "epochs=1").json["model"]
    for words in (("explain", model, "r-1"), ("models", "compress", model, "--method", "int8")):
        assert medstation(*words).json["error"]["code"] == "unavailable"
    assert medstation("explain", model).code == 2
    assert medstation("explain", model, "--method", "map").code == 2
    assert medstation("explain", model, "r-1", "--method", "tea leaves").code == 2
    assert medstation("models", "compress", model, "--method", "onnx").code == 2
    assert medstation("models", "compress", model, "--method", "prune", "--share", "1.5").code == 2
    taken = tmp_path / "taken.png"
    taken.write_bytes(b"")
    assert "exists already" in medstation("explain", model, "r-1", "--out", taken).json["error"]["message"]
