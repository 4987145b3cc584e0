"""What is imported cannot be found in the vault's files, read as bytes, by anybody without the key."""

from __future__ import annotations

from pathlib import Path

import pytest
from caller import Caller

pydicom = pytest.importorskip("pydicom", reason="needs the extra medstation[imaging]")

NOTE = "Patient Anna Musterfrau was admitted with a rare tropical fever and recovered."


def traces(path: Path) -> dict[str, bytes]:
    """What a thief would look for: who, which study, a piece of the picture."""
    dataset = pydicom.dcmread(path)
    pixels = dataset.PixelData
    middle = len(pixels) // 2
    return {
        "name": str(dataset.PatientName).encode(),
        "id": str(dataset.PatientID).encode(),
        "study": dataset.StudyInstanceUID.encode(),
        "series": dataset.SeriesInstanceUID.encode(),
        "instance": dataset.SOPInstanceUID.encode(),
        "pixels": pixels[middle : middle + 48],
    }


def test_no_name_no_uid_no_pixel_and_no_text_is_readable(medstation: Caller, tmp_path: Path) -> None:
    from pydicom.data import get_testdata_file

    image = Path(str(get_testdata_file("CT_small.dcm")))
    note = tmp_path / "musterfrau.txt"
    note.write_text(NOTE)
    assert medstation("import", image, note).code == 0
    wanted = {**traces(image), "note": NOTE[8:40].encode(), "file name": b"musterfrau"}
    assert all(len(trace) >= 4 for trace in wanted.values())

    files = [path for path in medstation.folder.rglob("*") if path.is_file()]
    assert len(files) >= 3
    for path in files:
        content = path.read_bytes()
        for what, trace in wanted.items():
            assert trace not in content, (what, path.name)


def test_a_wrong_passphrase_opens_nothing(medstation: Caller, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("a long enough passphrase, but wrong\n")
    stranger = Caller(medstation.folder, wrong)
    for words in (("records",), ("audit", "show"), ("vault", "check"), ("models", "list")):
        assert stranger(*words).code == 3
