"""`medstation deidentify` on folders and on records of a vault, with review and confirmation."""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import closing
from pathlib import Path
from typing import Any

import pydicom
import pytest
from deid_files import Made, make

from medstation.actions import deidentifying
from medstation.actions.workstation import Workstation
from medstation.api import BadInput
from medstation.cli.main import execute, parse
from medstation_imaging.deid.boxes import Box
from medstation_imaging.deid.review import confirmed_boxes

CT, US, DOC = 0, 3, 9


@pytest.fixture
def sources(tmp_path: Path) -> tuple[Path, list[Made]]:
    folder = tmp_path / "in" / "Quastenberga^Ottokar"
    folder.mkdir(parents=True)
    made = [make(folder, number) for number in (CT, 10 + CT, US, DOC)]
    (folder / "notes.txt").write_text("no DICOM")
    return folder, made


@pytest.fixture
def medstation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    (tmp_path / "pass").write_text("a long passphrase of a test\n")

    def call(*words: object) -> tuple[int, Any]:
        common = ["--vault", str(tmp_path / "vault"), "--passphrase-file", str(tmp_path / "pass"), "--json"]
        capsys.readouterr()
        code = execute(parse([*common, *(str(word) for word in words)]))
        return code, json.loads(capsys.readouterr().out)

    return call


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def test_a_folder_is_copied_without_identity_and_stays_as_it_was(
    medstation: Any, sources: tuple[Path, list[Made]], tmp_path: Path
) -> None:
    folder, made = sources
    before, out = digests(folder), tmp_path / "out"
    code, told = medstation("deidentify", folder, "--out", out)
    assert code == 1  # the ultrasound and the document were refused
    assert (told["written"], told["refused"], told["no_dicom"]) == (2, 2, 1)
    assert digests(folder) == before
    everything = b"".join(
        path.read_bytes() + str(path.relative_to(out)).encode() for path in out.rglob("*") if path.is_file()
    )
    for one in made[:2]:
        assert not any(secret.lower().encode() in everything.lower() for secret in one.secrets.values())
    report = json.loads((out / "deidentification.json").read_text())
    assert report["actions"]["X"] > 20
    assert "2 files written, 2 refused" in (out / "deidentification.txt").read_text()


def test_nothing_is_overwritten(medstation: Any, sources: tuple[Path, list[Made]], tmp_path: Path) -> None:
    out = tmp_path / "out"
    medstation("deidentify", sources[1][0].path, "--out", out)
    before = digests(out)
    code, told = medstation("deidentify", sources[1][0].path, "--out", out)
    assert code == 1
    assert "exists already" in told["error"]["message"]
    assert digests(out) == before


def test_a_key_file_gives_the_same_pseudonyms_in_every_run(
    medstation: Any, sources: tuple[Path, list[Made]], tmp_path: Path
) -> None:
    names = []
    for run, key in (("a", "key"), ("b", "key"), ("c", "other")):
        code, told = medstation("deidentify", sources[1][0].path, "--out", tmp_path / run, "--key-file", tmp_path / key)
        assert code == 0
        names.append(told["files"][0]["name"])
    assert names[0] == names[1] != names[2]
    assert (tmp_path / "key").stat().st_mode & 0o077 == 0


def test_a_person_confirms_boxes_before_pictures_are_blanked(
    medstation: Any, sources: tuple[Path, list[Made]], tmp_path: Path
) -> None:
    ultrasound = sources[1][2].path
    code, told = medstation("deidentify", ultrasound, "--out", tmp_path / "look", "--review")
    assert (code, told["pictures"]) == (0, 1)
    assert sorted(path.name for path in (tmp_path / "look").iterdir()) == ["00001.png", "boxes.json"]
    sheet = json.loads((tmp_path / "look" / "boxes.json").read_text())
    assert sheet["confirmed"] is False
    boxes = tmp_path / "look" / "boxes.json"
    code, told = medstation("deidentify", ultrasound, "--out", tmp_path / "out", "--confirm-pixels", boxes)
    assert "not confirmed" in told["error"]["message"]
    boxes.write_text(json.dumps(sheet | {"confirmed": True, "by": "A person"}))
    code, told = medstation("deidentify", ultrasound, "--out", tmp_path / "out", "--confirm-pixels", boxes)
    assert code == 0
    assert told["files"][0]["pixels"]["by"] == "a person"
    assert told["files"][0]["pixels"]["boxes"] == sheet["files"][0]["boxes"]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"confirmed": true, "by": "me", "files": [{"source": 1}]}'])
def test_a_file_that_holds_no_boxes_is_refused(
    medstation: Any, sources: tuple[Path, list[Made]], tmp_path: Path, text: str
) -> None:
    (tmp_path / "boxes.json").write_text(text)
    code, told = medstation(
        "deidentify", sources[1][2].path, "--out", tmp_path / "out", "--confirm-pixels", tmp_path / "boxes.json"
    )
    assert code == 1
    assert told["error"]["code"] == "bad_input"


def test_records_leave_the_vault_under_its_own_pseudonyms(
    medstation: Any, sources: tuple[Path, list[Made]], tmp_path: Path
) -> None:
    assert medstation("vault", "create")[0] == 0
    code, imported = medstation("import", sources[1][0].path, sources[1][1].path)
    assert code == 0, imported
    record = imported["records"][0]["id"]
    names = []
    for out in ("one", "two"):
        code, told = medstation("deidentify", record, "--out", tmp_path / out)
        assert (code, told["written"]) == (0, 2)
        names.append({one["name"] for one in told["files"]})
        for path in (tmp_path / out).rglob("*.dcm"):
            assert re.fullmatch(r"MS-[A-Z2-7]{12}", str(pydicom.dcmread(path).PatientID))
    assert names[0] == names[1]
    _, log = medstation("audit", "show")
    assert "deidentified" in json.dumps(log)


def test_export_gives_a_record_away_without_identity(
    medstation: Any, sources: tuple[Path, list[Made]], tmp_path: Path
) -> None:
    assert medstation("vault", "create")[0] == 0
    ultrasound = sources[1][2]
    _, imported = medstation("import", ultrasound.path)
    record = imported["records"][0]["id"]
    code, told = medstation("export", record, "--deidentify", "--out", tmp_path / "refused")
    assert (code, told["written"], told["refused"]) == (1, 0, 1)
    code, told = medstation("export", record, "--deidentify", "--review", "--out", tmp_path / "look")
    assert (code, told["pictures"]) == (0, 1)
    boxes = tmp_path / "look" / "boxes.json"
    boxes.write_text(json.dumps(json.loads(boxes.read_text()) | {"confirmed": True, "by": "A person"}))
    wanted = ("export", record, "--deidentify", "--confirm-pixels", boxes, "--set", "dates=shift")
    code, told = medstation(*wanted, "--out", tmp_path / "out")
    assert (code, told["written"], told["files"][0]["pixels"]["by"]) == (0, 1, "a person")
    assert told["options"]["dates"] == "shift"
    code, again = medstation("deidentify", record, "--confirm-pixels", "auto", "--out", tmp_path / "again")
    assert again["files"][0]["patient"] == told["files"][0]["patient"]
    written = next((tmp_path / "out").rglob("*.dcm")).read_bytes().lower()
    assert not any(secret.lower().encode() in written for secret in ultrasound.secrets.values())


@pytest.mark.parametrize(
    "words, says",
    [
        (("l-1", "--deidentify"), "is no record"), (("r-1", "--deidentify", "--format", "nifti"), "--format"),
        (("r-1", "--review"), "go with --deidentify"),
    ],
)  # fmt: skip
def test_export_says_what_does_not_go_together(
    medstation: Any, tmp_path: Path, words: tuple[str, ...], says: str
) -> None:
    code, told = medstation("export", *words, "--out", tmp_path / "out")
    assert code == 2 and says in told["error"]["message"]


def test_boxes_may_come_as_text_instead_of_a_file() -> None:
    found = confirmed_boxes(
        json.dumps({"confirmed": True, "by": "me", "files": [{"source": "a", "boxes": [[1, 2, 3, 4]]}]})
    )
    assert found == {"a": [Box(1, 2, 3, 4)]}
    with pytest.raises(BadInput, match="not confirmed"):
        confirmed_boxes('{"confirmed": false, "files": []}')


def test_the_window_gets_pictures_to_confirm_and_gives_back_the_sheet(
    medstation: Any, sources: tuple[Path, list[Made]], tmp_path: Path
) -> None:
    assert medstation("vault", "create")[0] == 0
    medstation("import", sources[1][2].path)
    with closing(Workstation.open(tmp_path / "vault", "a long passphrase of a test")) as ws:
        shown = deidentifying.start_look(ws, ["r-1"]).result()
        (entry,) = shown.result["files"]
        assert shown.arrays[entry["preview"]].shape == (entry["rows"], entry["columns"])
        sheet = json.dumps({"confirmed": True, "by": "A person", "files": [entry | {"boxes": [[0, 0, 480, 60]]}]})
        done = deidentifying.start_records(ws, ["r-1"], tmp_path / "out", {"confirm_pixels": sheet}).result()
    assert done.result["files"][0]["pixels"]["boxes"] == [[0, 0, 480, 60]]
