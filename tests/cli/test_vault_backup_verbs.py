"""Backup and restore from the command line."""

from __future__ import annotations

from pathlib import Path

from caller import Caller


def test_a_vault_moves_to_another_folder_with_its_records(medstation: Caller, cases: Path, tmp_path: Path) -> None:
    medstation("import", cases / "numbers" / "P0_a.num")
    full = medstation("vault", "backup", tmp_path / "monday").json
    medstation("import", cases / "numbers" / "P1_a.num")
    further = medstation("vault", "backup", tmp_path / "tuesday", "--base", tmp_path / "monday").json
    assert full["ok"] and further["copied"] < further["blobs"]
    restored = medstation("vault", "restore", tmp_path / "tuesday", tmp_path / "there")
    assert restored.code == 0 and restored.json["problems"] == []
    there = Caller(tmp_path / "there", medstation.passphrase_file)
    assert len(there("records").json["records"]) == 2
    assert there("vault", "check", "--deep").json["ok"]


def test_a_backup_overwrites_nothing_unasked(medstation: Caller, tmp_path: Path) -> None:
    assert medstation("vault", "backup", tmp_path / "file").code == 0
    assert medstation("vault", "backup", tmp_path / "file").code == 1
    assert medstation("vault", "backup", tmp_path / "file", "--replace").code == 0
    (tmp_path / "mine").write_text("mine")
    assert medstation("vault", "backup", tmp_path / "mine", "--replace").code == 4
    assert medstation("vault", "restore", tmp_path / "mine", tmp_path / "there").code == 4
    assert medstation("vault", "restore", tmp_path / "file", medstation.folder).code == 2


def test_damage_is_named_with_what_it_hits_and_mended_from_a_backup(
    medstation: Caller, cases: Path, tmp_path: Path
) -> None:
    medstation("import", cases / "numbers" / "P0_a.num")
    medstation("vault", "backup", tmp_path / "backup")
    (blob,) = [path for path in (medstation.folder / "blobs").rglob("*") if path.is_file() and len(path.name) == 32]
    blob.unlink()
    found = medstation("vault", "check", "--deep")
    assert found.code == 1 and found.json["damaged"] == {blob.name: ["r-1"]}
    assert any("r-1" in problem for problem in found.json["problems"])
    mended = medstation("vault", "check", "--deep", "--backup", tmp_path / "backup")
    assert mended.code == 0 and blob.name in mended.json["repaired"][0]
    assert medstation("vault", "check", "--deep").json["problems"] == []
