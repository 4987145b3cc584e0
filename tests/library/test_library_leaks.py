"""A leaking split cannot be made: whatever is asked for, no patient is in two parts."""

from __future__ import annotations

import itertools
from collections import defaultdict
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from line_importer import TASK, take

from medstation.api import BadInput, LabelDraft, WrongUsage
from medstation.library import PARTS, Library

RECORDS = [f"r-{number}" for number in range(1, 13)]
"""Of four patients, three each."""

names = (f"set {number}" for number in itertools.count())
shares = st.sampled_from([(0.6, 0.2, 0.2), (0.5, 0.0, 0.5), (0.34, 0.33, 0.33), (0.9, 0.05, 0.05), (0.0, 0.0, 1.0)])
given_parts = st.dictionaries(st.sampled_from(RECORDS), st.sampled_from(PARTS), min_size=1)
chosen = st.none() | st.lists(st.sampled_from(RECORDS), min_size=1, max_size=20)


def labelled(library: Library, source: Path) -> Library:
    for patient in range(4):
        take(library, source, f"{patient}.txt", *(f"p{patient};g{patient}{number};text" for number in range(3)))
    for record in library.records():
        library.add_label(record.id, LabelDraft("class", b"x"))
    return library


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(parts=st.none() | given_parts, records=chosen, fractions=shares, seed=st.integers(0, 2**31))
def test_no_data_set_has_a_patient_in_two_parts(
    library: Library, source: Path, parts, records, fractions, seed
) -> None:
    if not library.records():
        labelled(library, source)
    try:
        made = library.create_dataset(next(names), TASK, "class", records, fractions, seed, parts=parts)
    except (BadInput, WrongUsage):
        return  # what cannot be done is refused, and nothing is stored
    parts_of: dict[str, set[str]] = defaultdict(set)
    for item in library.dataset(made.name).items:
        assert item.patient == library.record(item.record_id).person.key
        parts_of[item.patient].add(item.part)
    assert all(len(found) == 1 for found in parts_of.values())
