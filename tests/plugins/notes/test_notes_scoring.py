"""Counting entities: equal to the judges that the field uses."""

from __future__ import annotations

import random

import pytest

from medstation_notes.scoring import Judged, columns, entity_table, scheme_table
from medstation_notes.spans import Span
from medstation_notes.tokens import Token, finer, may_follow, sentences, spans_of, tags_of, tokenize

TYPES = ("Drug", "Disease", "Test")


def drawn(seed: int, notes: int = 30) -> list[tuple[list[str], list[str], list[Token], str]]:
    """Notes with labelled and predicted IOB2 tags that agree half of the time."""
    chance = random.Random(seed)
    made = []
    for _ in range(notes):
        words = [Token(2 * place, 2 * place + 1, "a") for place in range(chance.randint(5, 30))]
        truth = tags_of(spans(chance, len(words)), words)
        guess = [tag if chance.random() < 0.8 else "O" for tag in truth]
        guess = tags_of(spans_of(guess, words, "a " * len(words)), words)
        made.append((truth, guess, words, "a " * len(words)))
    return made


def spans(chance: random.Random, count: int) -> list[Span]:
    starts = sorted(chance.sample(range(count), min(4, count)))
    ends = [*starts[1:], count]
    return [Span(2 * first, 2 * min(first + chance.randint(1, 3), last) - 1, chance.choice(TYPES))
            for first, last in zip(starts, ends, strict=True)]  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_strict_f1_is_that_of_seqeval_in_strict_iob2(seed):
    from seqeval.metrics import classification_report
    from seqeval.scheme import IOB2

    made = drawn(seed)
    judge = classification_report(
        [one[0] for one in made],
        [one[1] for one in made],
        mode="strict",
        scheme=IOB2,
        output_dict=True,
        zero_division=0,
    )
    judged = [Judged(spans_of(guess, words, text), spans_of(truth, words, text)) for truth, guess, words, text in made]
    table = {row["type"]: row for row in entity_table(judged)}
    for ours, theirs in (*((kind, kind) for kind in TYPES), ("micro", "micro avg"), ("macro", "macro avg")):
        assert table[ours]["f1"] == pytest.approx(judge[theirs]["f1-score"], abs=1e-4)
        assert table[ours]["precision"] == pytest.approx(judge[theirs]["precision"], abs=1e-4)
        assert table[ours]["recall"] == pytest.approx(judge[theirs]["recall"], abs=1e-4)
    counted = [columns(one.predicted, one.labelled) for one in judged]
    total = sum(one["twice_hits"] for one in counted) / sum(one["both"] for one in counted)
    assert total == pytest.approx(judge["micro avg"]["f1-score"])


def test_the_four_schemes_tell_place_from_type():
    notes = [Judged([Span(0, 5, "Drug"), Span(10, 14, "Test")], [Span(0, 5, "Drug"), Span(10, 18, "Test")])]
    schemes = scheme_table(notes)
    assert schemes["strict"]["f1"] == 0.5 and schemes["partial"]["f1"] == 0.75 and schemes["ent_type"]["f1"] == 1.0
    assert scheme_table([Judged([], [])]) == {}


def test_tags_and_entities_are_two_ways_to_say_the_same():
    text = "Type 2 diabetes, gout. 患者有高血压。"
    words = tokenize(text)
    told = [
        Span(0, 15, "Disease", "Type 2 diabetes"),
        Span(17, 21, "Disease", "gout"),
        Span(26, 29, "Disease", "高血压"),
    ]
    tags = tags_of(told, words)
    assert spans_of(tags, words, text) == told == spans_of(finer(tags), words, text)
    assert finer(["I-X", "O", "B-X", "I-X"]) == ["S-X", "O", "B-X", "E-X"]
    assert not may_follow("O", "I-X") and not may_follow("B-X", "E-Y") and may_follow("", "S-X")
    assert [text[words[first].start : words[last - 1].end] for first, last in sentences(text, words)] == [
        "Type 2 diabetes, gout.",
        "患者有高血压。",
    ]
