"""Runs, models, predictions and verdicts are kept, can be followed back, and take no code."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from line_importer import TASK
from sqlcipher3 import dbapi2

from medstation.api import BadInput, Finding, LabelDraft, NotFound, PredictionDraft, Refused, WrongUsage
from medstation.library import Library
from medstation.library.safetensors_header import count_parameters
from medstation.vault import Vault


def tensors(header: dict[str, object] | str | None = None, body: bytes = bytes(24)) -> bytes:
    """Bytes of a safetensors file; by default of two tensors with six values."""
    if header is None:
        header = {
            "__metadata__": {"format": "pt"},
            "a": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]},
            "b": {"dtype": "F32", "shape": [2], "data_offsets": [16, 24]},
        }
    text = (header if isinstance(header, str) else json.dumps(header)).encode()
    return len(text).to_bytes(8, "little") + text + body


@pytest.fixture
def ready(filled: Library) -> Library:
    """A library with a data set `set` and a model `net` (m-1)."""
    for record in filled.records():
        filled.add_label(record.id, LabelDraft("class", b"x"))
    filled.create_dataset("set", TASK, "class")
    filled.add_model("net", TASK, "recipe", tensors(), {"width": 8}, {"note": "first"})
    return filled


def test_weights_come_back_and_the_card_carries_their_digest(ready: Library) -> None:
    model = ready.model("m-1")
    assert ready.weights("m-1") == tensors()
    assert (model.state, model.config, model.card["note"], model.card["parameters"]) == (
        "candidate", {"width": 8}, "first", 6,
    )  # fmt: skip
    assert len(model.card["sha256"]) == 64


def test_models_are_found_by_id_name_and_version(ready: Library) -> None:
    second = ready.add_model("net", TASK, "recipe", tensors(), {}, {})
    assert (second.id, second.version) == ("m-2", 2)
    assert ready.model("net") == ready.model("net@2") == second
    assert ready.model("net@1").id == "m-1"
    assert [model.id for model in ready.models(TASK)] == ["m-2", "m-1"]
    assert ready.models("other") == []
    for wrong in ("net@3", "m-9", "other", "net@x"):
        with pytest.raises(NotFound, match="no model"):
            ready.model(wrong)


@pytest.mark.parametrize("name", ["", "m-1", "net@2", "../net", " net", "a\nb", "x" * 101])
def test_a_name_that_could_be_misread_is_not_taken(ready: Library, name: str) -> None:
    with pytest.raises(WrongUsage, match="name"):
        ready.add_model(name, TASK, "recipe", tensors(), {}, {})


def whole(**changes: object) -> bytes:
    return tensors({"a": {"dtype": "F32", "shape": [6], "data_offsets": [0, 24], **changes}})


HOSTILE = {
    "empty": b"",
    "pickle": pickle.dumps({"a": 1}),
    "zip": b"PK\x03\x04" + bytes(100),
    "header too long": (1 << 40).to_bytes(8, "little") + b"{}",
    "truncated": tensors()[:-1],
    "lengthened": tensors() + b"x",
    "not JSON": tensors("{not json"),
    "not an object": tensors("[]"),
    "a name twice": tensors('{"a": {"dtype": "U8", "shape": [24], "data_offsets": [0, 24]}, "a": {}}'),
    "unknown type": whole(dtype="OBJECT"),
    "wrong size": whole(shape=[7]),
    "negative shape": whole(shape=[-6]),
    "true as a number": whole(data_offsets=[False, 24]),
    "no place": tensors({"a": {"dtype": "F32", "shape": [6]}}),
    "a gap": tensors({"a": {"dtype": "F32", "shape": [5], "data_offsets": [4, 24]}}),
    "overlap": tensors({name: {"dtype": "F32", "shape": [6], "data_offsets": [0, 24]} for name in "ab"}),
    "deeply nested": tensors("[" * 100_000),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_only_sound_safetensors_are_taken(ready: Library, data: bytes) -> None:
    with pytest.raises(Refused, match="safetensors"):
        ready.add_model("hostile", TASK, "recipe", data, {}, {})
    assert len(ready.models()) == 1


@given(st.binary(max_size=200))
def test_any_bytes_are_answered_with_a_clear_refusal(data: bytes) -> None:
    with pytest.raises(Refused):
        count_parameters(len(data).to_bytes(8, "little") + data + b"x")


def test_what_the_library_of_the_format_writes_is_sound() -> None:
    numpy = pytest.importorskip("numpy")
    writer = pytest.importorskip("safetensors.numpy")
    arrays = {"a": numpy.zeros((3, 0)), "b": numpy.ones((2, 3), "float16"), "c": numpy.array(True)}
    assert count_parameters(writer.save(arrays)) == 7
    assert count_parameters(writer.save({})) == 0


def start(library: Library) -> str:
    return library.create_run("trial", TASK, "recipe", "set", "m-1", {"epochs": 3}, seed=7).id


def test_a_run_is_followed_from_start_to_model(ready: Library) -> None:
    run_id = start(ready)
    assert ready.set_run_state(run_id, "running").state == "running"
    ready.add_run_event(run_id, {"event": "metric", "loss": 0.5})
    ready.add_run_event(run_id, {"event": "metric", "loss": 0.25})
    model = ready.add_model("net", TASK, "recipe", tensors(), {}, {}, run_id)
    run = ready.finish_run(run_id, model.id, {"after": {"dice": 0.9}})
    assert run == ready.run(run_id) == ready.runs(TASK)[0]
    assert (run.name, run.dataset, run.base, run.model, run.settings, run.seed, run.state) == (
        "trial", "set", "m-1", model.id, {"epochs": 3}, 7, "done",
    )  # fmt: skip
    assert run.results == {"after": {"dice": 0.9}}
    assert [event["loss"] for event in ready.run_events(run_id)] == [0.5, 0.25]


def test_the_last_checkpoint_replaces_the_one_before_and_goes_when_the_run_is_done(ready: Library) -> None:
    run_id = start(ready)
    before = ready.vault.info()["blobs"]
    assert ready.checkpoint(run_id) is None
    for epoch in range(3):
        ready.save_checkpoint(run_id, epoch, bytes([epoch]) * 300_000)
        assert ready.checkpoint(run_id) == bytes([epoch]) * 300_000
        assert ready.vault.info()["blobs"] == before + 1
    ready.finish_run(run_id, "", {})
    assert ready.vault.info()["blobs"] == before
    assert ready.vault.check(deep=True).cleaned == ()


OWNER = """
import sys
from pathlib import Path
from medstation.library import Library
from medstation.vault import Vault
with Vault.attach(Path(sys.argv[1]), bytes.fromhex(sys.stdin.readline()), "owner") as vault:
    Library(vault, "ada").set_run_state("run-1", "running")
"""


def test_a_run_whose_process_is_gone_is_shown_as_interrupted(ready: Library, vault: Vault) -> None:
    start(ready)
    subprocess.run(
        [sys.executable, "-c", OWNER, str(vault.folder)], input=vault.key.hex() + "\n", text=True, check=True
    )
    assert ready.run("run-1").state == "interrupted"
    assert ready.set_run_state("run-1", "running").state == "running"  # taken up again by this process


def test_a_process_number_given_out_again_is_not_the_owner(ready: Library) -> None:
    ready.set_run_state(start(ready), "running")
    with ready.vault.write("", "") as tx:
        tx.execute("UPDATE runs SET owner_since = owner_since - 3600")
    assert ready.run("run-1").state == "interrupted"


def test_wrong_names_in_a_run_are_told(ready: Library) -> None:
    with pytest.raises(NotFound, match="data set"):
        ready.create_run("", TASK, "recipe", "other", "", {}, 0)
    with pytest.raises(NotFound, match="model"):
        ready.create_run("", TASK, "recipe", "set", "m-9", {}, 0)
    with pytest.raises(NotFound, match="no run"):
        ready.run("run-9")
    with pytest.raises(WrongUsage):
        ready.set_run_state(start(ready), "asleep")


def test_a_prediction_keeps_what_the_model_said_and_what_people_say_of_it(ready: Library) -> None:
    finding = Finding("nodule", "left", "4 mm", 0.7, 2, {"z": 3})
    draft = PredictionDraft("class", b"payload", (finding,), 0.7, {"class": "benign"})
    made = ready.add_prediction("r-1", "net", draft)
    assert (made.record, made.model, made.findings, made.confidence, made.verdict) == (
        "r-1",
        "m-1",
        (finding,),
        0.7,
        "",
    )
    assert ready.prediction_payload(made.id) == b"payload"
    label = ready.add_label("r-1", LabelDraft("class", b"better"))
    ready.add_verdict(made.id, "accepted")
    assert ready.add_verdict(made.id, "corrected", label.id, "too small").verdict == "corrected"
    assert ready.predictions("r-1") == [ready.prediction(made.id)]
    assert ready.vault.audit.entries(1)[0].action == "verdict"


def test_wrong_verdicts_are_told(ready: Library) -> None:
    made = ready.add_prediction("r-1", "m-1", PredictionDraft("class", b"payload"))
    with pytest.raises(WrongUsage, match="verdict"):
        ready.add_verdict(made.id, "perhaps")
    with pytest.raises(BadInput, match="another record"):
        ready.add_verdict(made.id, "corrected", "l-2")
    with pytest.raises(NotFound, match="no prediction"):
        ready.add_verdict("p-9", "accepted")
    ready.add_verdict(made.id, "rejected")
    with pytest.raises(dbapi2.IntegrityError, match="never changed"), ready.vault.write("", "") as tx:
        tx.execute("UPDATE verdicts SET verdict = 'accepted'")


def test_corrected_cases_wait_until_a_run_of_the_model_has_learnt_from_them(ready: Library) -> None:
    said = ready.add_prediction("r-1", "m-1", PredictionDraft("class", b"x"))
    label = ready.add_label("r-1", LabelDraft("class", b"y"))
    ready.add_verdict(said.id, "corrected", label.id)
    accepted = ready.add_prediction("r-2", "m-1", PredictionDraft("class", b"x"))
    ready.add_verdict(accepted.id, "accepted", ready.add_label("r-2", LabelDraft("class", b"x")).id)
    assert ready.corrections("net") == [label.id] and ready.corrections("other") == []
    assert [one.verdict for one in ready.predictions_of("m-1")] == ["corrected", "accepted"]

    ready.create_dataset("newer", TASK, "class")
    run = ready.create_run("net", TASK, "recipe", "newer", "m-1", {}, seed=0)
    assert ready.corrections("net") == [label.id], "a run that is not done has not learnt"
    ready.finish_run(run.id, "m-1", {})
    assert ready.corrections("net") == []
