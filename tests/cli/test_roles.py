"""Roles, reasons, looks and exceptions from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from caller import Answer, Caller
from safetensors.numpy import save

from medstation.actions.workstation import Workstation
from medstation.api import Refused
from medstation.library import Library
from medstation.vault import Vault

TASK = "toy.numbers"


@pytest.fixture
def people(medstation: Caller, tmp_path: Path) -> dict[str, Caller]:
    """One of each role at the same vault, called by it."""
    everybody = {"administrator": medstation}
    with Vault.open(medstation.folder, medstation.passphrase_file.read_text().strip()) as vault:
        for role in ("reader", "annotator", "trainer", "approver"):
            own = tmp_path / role
            own.write_text(f"{role}'s passphrase\n")
            vault.people.add(role, role, own.read_text().strip())
            everybody[role] = Caller(medstation.folder, own)
        library = Library(vault, vault.user.name)
        library.add_model("old", TASK, "mean", save({"w": np.zeros(1, np.float32)}), {}, {})
    return everybody


@pytest.fixture
def labelled(medstation: Caller, cases: Path) -> Caller:
    assert medstation("import", cases / "numbers" / "P0_a.num").code == 0
    assert medstation("label", "r-1", cases / "labels" / "P0_a.value").code == 0
    return medstation


def told(medstation: Caller, *actions: str) -> list[Any]:
    """The log's entries of these acts, newest first."""
    entries = medstation("audit", "show", "--last", "200").json["entries"]
    return [entry for entry in entries if entry["action"] in actions]


def refused(answer: Answer, role: str, needed: str) -> bool:
    message = answer.json["error"]["message"]
    return answer.code == 4 and message.endswith(f"needs the role {needed}, and {role} is {role}")


def test_each_verb_needs_its_role(people: dict[str, Caller], cases: Path, tmp_path: Path) -> None:
    reader, annotator, trainer = people["reader"], people["annotator"], people["trainer"]
    assert refused(reader("import", cases / "numbers"), "reader", "annotator")
    assert refused(reader("label", "--task", TASK, cases / "labels"), "reader", "annotator")
    assert refused(reader("export", "r-1", "--out", tmp_path / "x"), "reader", "annotator")
    assert refused(reader("models", "export", "old", tmp_path / "x"), "reader", "annotator")
    assert refused(reader("deidentify", "r-1", "--out", tmp_path / "x"), "reader", "annotator")
    assert refused(annotator("dataset", "create", "set", "--task", TASK), "annotator", "trainer")
    assert refused(annotator("models", "import", cases, "--task", TASK), "annotator", "trainer")
    assert refused(trainer("models", "approve", "old"), "trainer", "approver")
    assert refused(trainer("models", "retire", "old"), "trainer", "approver")
    assert people["approver"]("models", "retire", "old").json["state"] == "retired"
    assert refused(people["approver"]("vault", "backup", tmp_path / "x"), "approver", "administrator")
    assert refused(people["approver"]("vault", "policy", "set", "export-reason", "on"), "approver", "administrator")
    allow = ("vault", "network", "allow", "pacs:104", "--reason", "mine")
    assert refused(people["approver"](*allow), "approver", "administrator")
    assert not (tmp_path / "x").exists()
    for role in ("reader", "annotator"):
        assert people[role]("records").code == people[role]("models", "list").code == 0


def test_a_worker_asks_again(people: dict[str, Caller], cases: Path) -> None:
    """As where somebody's own program hands a job to a worker past the door before it."""
    reader = people["reader"]
    ws = Workstation.open(reader.folder, reader.passphrase_file.read_text().strip())
    try:
        request = {"paths": [str(cases / "numbers")], "task": TASK, "settings": {}, "user": "reader"}
        with pytest.raises(Refused, match="importing needs the role annotator, and reader is reader"):
            ws.pool.submit("medstation.actions.importing:run", request).result()
        request = {"id": "m-1", "model": "m-1", "out": str(cases / "out"), "reason": "", "user": "reader"}
        with pytest.raises(Refused, match="exporting needs the role annotator, and reader is reader"):
            ws.pool.submit("medstation.actions.carrying:take", request).result()
        assert ws.library.records() == [] and not (cases / "out").exists()
    finally:
        ws.close()


def test_every_export_gives_its_reason_where_one_is_wanted(labelled: Caller, tmp_path: Path) -> None:
    out = tmp_path / "label.txt"
    assert labelled("vault", "policy", "set", "export-reason", "on").json == {"policies": {"export-reason": True}}
    for words in (
        ("export", "l-1", "--out", out),
        ("export", "l-1", "--out", out, "--reason", "  "),
        ("deidentify", "r-1", "--out", out),
    ):
        answer = labelled(*words)
        assert answer.code == 2 and "--reason" in answer.json["error"]["hint"] and not out.exists()
    assert labelled("export", "l-1", "--out", out, "--reason", "for the tumour board").code == 0
    (entry,) = told(labelled, "export")
    assert entry["detail"]["reason"] == "for the tumour board"
    assert labelled("vault", "policy", "set", "export-reason", "off").code == 0
    assert labelled("export", "l-1", "--out", tmp_path / "again.txt").code == 0
    assert labelled("vault", "policy", "show").json == {"policies": {"export-reason": False}}


def test_who_looked_at_what_stands_in_the_log(labelled: Caller) -> None:
    for _ in range(2):
        assert labelled("show", "r-1").code == 0
    assert labelled("show", "r-9").code == 1
    assert [(one["actor"], one["subject"]) for one in told(labelled, "record.view")] == [("owner", "r-1")] * 2
    with Vault.open(labelled.folder, labelled.passphrase_file.read_text().strip()) as vault:
        library = Library(vault, vault.user.name)
        for _ in range(3):
            library.note_view("r-1")
    assert len(told(labelled, "record.view")) == 3, "once for each opening"


def test_connections_are_allowed_and_forbidden(medstation: Caller) -> None:
    made = medstation("vault", "network", "allow", "PACS.hospital.org:104", "--reason", "the archive").json
    assert (made["host"], made["port"], made["reason"], made["by"]) == (
        "pacs.hospital.org",
        104,
        "the archive",
        "owner",
    )
    assert medstation("vault", "network", "list").json == {"connections": [made]}
    assert medstation("vault", "network", "allow", "pacs").code == 2
    assert medstation("vault", "network", "forbid", "pacs.hospital.org:104").code == 0
    assert medstation("vault", "network", "list").json == {"connections": []}
    assert [one["action"] for one in told(medstation, "network.allow", "network.forbid")] == [
        "network.forbid",
        "network.allow",
    ]


def test_failed_attempts_stand_in_the_log_after_the_next_success(medstation: Caller, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("guess\n")
    somebody = Caller(medstation.folder, wrong)
    assert somebody("--user", "owner", "records").code == somebody("records").code == 3
    (failed,) = told(medstation, "vault.unlock.failed")
    assert failed["detail"]["count"] == 2
    assert [one["user"] for one in failed["detail"]["attempts"]] == ["owner", ""]


def test_the_recovery_key_serves_whoever_is_named(people: dict[str, Caller], tmp_path: Path) -> None:
    owner = people["administrator"]
    key, new = tmp_path / "key", tmp_path / "new"
    key.write_text(owner("vault", "recovery").json["recovery_key"])
    new.write_text("something new\n")
    options = ("--recovery-key-file", key, "--new-passphrase-file", new)
    assert owner("vault", "recover", "--person", "TRAINER", *options).json == {"changed": "trainer"}
    assert owner("vault", "recover", "--person", "Zoe", *options).code == 1
    assert Caller(owner.folder, new)("--user", "Trainer", "records").code == 0
