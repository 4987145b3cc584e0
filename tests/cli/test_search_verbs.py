"""Searching for settings from the command line."""

from __future__ import annotations

from pathlib import Path

from caller import Caller
from test_circle import filled


def test_a_search_goes_on_where_it_stopped_and_never_looks_at_the_test_patients(
    medstation: Caller, cases: Path
) -> None:
    filled(medstation, cases)
    first = medstation("search", "start", "mean", "--dataset", "set", "--vary", "epochs=1..3", "--trials", "2").json
    assert len(first["trials"]) == 2 and first["metric"] == "error" and not first["more"]
    assert {one["state"] for one in first["trials"]} == {"done"}
    assert first["best"]["value"] == min(one["value"] for one in first["trials"])
    again = medstation("search", "resume", first["study"], "--trials", "3").json
    assert again["trials"][:2] == first["trials"] and len(again["trials"]) == 3
    listed = medstation("search", "list").json["studies"]
    assert [(one["id"], len(one["trials"])) for one in listed] == [(first["study"], 3)]


def test_what_cannot_be_searched_is_refused_with_the_reason(medstation: Caller, cases: Path) -> None:
    filled(medstation, cases)
    unknown = medstation("search", "start", "mean", "--dataset", "set", "--vary", "speed=1..2")
    assert unknown.code == 2 and "speed" in unknown.json["error"]["message"]
    records = [one["id"] for one in medstation("records").json["records"]]
    medstation("dataset", "create", "bare", *records, "--task", "toy.numbers", "--split", "1,0,0")
    bare = medstation("search", "start", "mean", "--dataset", "bare", "--vary", "epochs=1..3")
    assert bare.code == 1 and "validation" in bare.json["error"]["message"]
