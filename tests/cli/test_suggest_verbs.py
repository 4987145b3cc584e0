"""What to label next, and what a second round of fine-tuning kept of the first one, from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from caller import Caller

TASK = "notes.documents"
SMALL = [
    word for pair in ("epochs=1", "hidden=16", "word_size=16", "letters=8", "threads=1") for word in ("--set", pair)
]


def well(answer: Any) -> Any:
    assert answer.code == 0, answer.out + answer.err
    return answer.json


def brought(medstation: Caller, folder: Path, name: str, rows: list[dict[str, Any]]) -> list[str]:
    """Record ids of notes that were imported; those with "spans" come with their labels."""
    path = folder / f"{name}.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    return [one["id"] for one in well(medstation("import", path, "--task", TASK))["records"]]


@pytest.fixture
def rounds(medstation: Caller, tmp_path: Path) -> tuple[Caller, str, list[str], list[str]]:
    """A tagger that learnt from six patients; three more patients with labels, and six records without any."""
    pytest.importorskip("torch")
    from medstation_samples import notes

    rows = list(notes.notes(3, 9))
    first = [row for row in rows if row["patient"] <= "DEMO-0006"]
    second = [row for row in rows if row["patient"] > "DEMO-0006"]
    plain = [{**row, "patient": f"N{place}", "title": f"Note {place}", "text": f"{place}. " + row["text"]}
             for place, row in enumerate(rows[:6])]  # fmt: skip
    for row in plain:
        del row["spans"]
    known = brought(medstation, tmp_path, "first", first)
    well(medstation("dataset", "create", "first", *known, "--recipe", "tagger"))
    later = brought(medstation, tmp_path, "second", second)
    bare = brought(medstation, tmp_path, "bare", plain)
    model = well(medstation("finetune", "tagger", "--dataset", "first", *SMALL))["model"]
    return medstation, model, later, bare


def test_records_without_a_label_are_suggested_the_least_sure_first(rounds) -> None:
    medstation, model, _, bare = rounds
    answer = well(medstation("suggest", model, "--count", "3"))
    assert (answer["unlabelled"], answer["looked_at"], answer["unreadable"]) == (6, 6, 0)
    found = answer["suggestions"]
    assert len({one["record"] for one in found} & set(bare)) == 3
    assert found[0]["unsure"] == max(one["unsure"] for one in found)
    assert all(0 < one["unsure"] <= 1 for one in found)
    again = medstation("suggest", model, "--count", "0")
    assert again.code == 2 and "at least 1" in again.json["error"]["hint"]


def test_a_second_round_tells_what_it_kept_and_learns_from_earlier_and_unlabelled_records(rounds) -> None:
    medstation, model, later, _ = rounds
    well(medstation("dataset", "create", "second", *later, "--recipe", "tagger"))
    asked = [word for pair in ("rehearsal=0.3", "ewc=1", "pseudo_labels=0.01") for word in ("--set", pair)]
    run = well(medstation("finetune", "tagger", "--dataset", "second", "--from", model, *SMALL, *asked))
    kept = run["forgetting"]
    assert kept["left_out"] == 0 and kept["patients"] > 0
    assert kept["difference"]["f1"]["says"] in ("better", "worse", "no difference shown")
    told = " ".join(run["facts"]["notes"])
    assert "are rehearsed" in told and "earlier cases depend on them" in told and "of 6 records without a label" in told
    card = well(medstation("models", "show", run["model"]))["card"]
    assert card["forgetting"]["before"] == kept["before"]
