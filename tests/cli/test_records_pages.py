"""A long list of records comes in pages that say where they go on."""

from __future__ import annotations

from pathlib import Path

from caller import Caller


def test_records_are_listed_page_by_page(medstation: Caller, cases: Path) -> None:
    assert medstation("import", cases / "numbers", "--task", "toy.numbers").code == 0
    everything = medstation("records").json
    assert (len(everything["records"]), everything["more"]) == (9, False)
    seen = []
    for offset, more in ((0, True), (4, True), (8, False)):
        page = medstation("records", "--limit", 4, "--offset", offset).json
        assert page["more"] is more
        seen += page["records"]
    assert seen == everything["records"] == medstation("records", "--limit", 0).json["records"]
    assert medstation("vault", "check").json["records"] == 9
