"""The plugin keeps the contract."""

from __future__ import annotations

from pathlib import Path

from notes_bench import items

from medstation.api.testing import check_plugin
from medstation_samples.notes import write


def test_the_plugin_keeps_the_contract(tmp_path):
    write(tmp_path, 7)
    assert check_plugin("medstation_notes.plugin", tmp_path) == []


def test_samples_are_the_same_for_the_same_seed_and_their_spans_fit(tmp_path):
    first, second = (write(tmp_path / name, 7)["import"][0] for name in "ab")
    assert Path(first).read_bytes() == Path(second).read_bytes()
    made = items(Path(first))
    assert len(made) == 60 and not [record.notes for record, _, _ in made if record.notes]
