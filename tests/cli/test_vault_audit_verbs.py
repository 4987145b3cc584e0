"""The audit log from the command line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from caller import Caller


def test_a_signed_end_kept_elsewhere_finds_an_older_vault(medstation: Caller, tmp_path: Path) -> None:
    medstation("records")
    shutil.copytree(medstation.folder, tmp_path / "older")
    witness = tmp_path / "head.json"
    witness.write_text(medstation("audit", "head").out)
    assert medstation("audit", "verify", "--head", witness).json["ok"]
    older = Caller(tmp_path / "older", medstation.passphrase_file)
    assert older("audit", "verify").json["ok"]
    answer = older("audit", "verify", "--head", witness)
    assert answer.code == 1 and "signed" in answer.json["problems"][0]


def test_the_log_is_exported_and_its_end_is_a_witness(medstation: Caller, tmp_path: Path) -> None:
    told = medstation("audit", "export", tmp_path / "log.json").json
    entries = json.loads((tmp_path / "log.json").read_text())["entries"]
    assert told["entries"] == len(entries)
    assert entries[-1]["actor"] == "owner" and entries[-1]["action"] == "audit.export"
    assert medstation("audit", "verify", "--head", tmp_path / "log.json").json["ok"]
    assert medstation("audit", "export", tmp_path / "log.json").code == 1
    assert medstation("audit", "export", tmp_path / "log.txt").code == 2


def test_what_is_no_signed_end_is_told(medstation: Caller, tmp_path: Path) -> None:
    for text in ("", "[]", "{}", '{"entry": 1, "seal": "zz"}'):
        (tmp_path / "head").write_text(text)
        answer = medstation("audit", "verify", "--head", tmp_path / "head")
        assert answer.code == 1 and answer.json["error"]["code"] == "bad_input"
