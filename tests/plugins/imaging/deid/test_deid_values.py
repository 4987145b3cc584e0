"""Pseudonyms, dates, cleaned text, and finding identity however it is written."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medstation.api import WrongUsage
from medstation_imaging.deid.dates import shifted
from medstation_imaging.deid.identity import Identity
from medstation_imaging.deid.pseudonyms import FURTHEST, Pseudonyms
from medstation_imaging.deid.rewrite import young
from medstation_imaging.deid.scrub import cleaned, without_known

KEY = bytes(range(32))


def identity() -> Identity:
    found = Identity()
    found.add_name("Müller^Jürgen^Max")
    found.add_name("王^小明")
    found.add_name("Li^Bo")
    found.add_value("MRN-4711880")
    found.add_value("+49 6221 551234")
    found.add_value("Lindenweg 7")
    found.add_date("19500102")
    found.uids.add("1.2.826.1.77")
    return found


@given(st.text(alphabet="0123456789.", min_size=1, max_size=64))
def test_a_new_uid_is_valid_and_the_same_every_time(old: str) -> None:
    new = Pseudonyms(KEY).uid(old)
    assert new == Pseudonyms(KEY).uid(old + " ")
    assert len(new) <= 64 and new.startswith("2.25.") and not new.startswith("2.25.0")
    assert new != Pseudonyms(bytes(32)).uid(old)


def test_a_short_key_is_refused() -> None:
    with pytest.raises(WrongUsage):
        Pseudonyms(b"short")


@given(st.dates(date(1930, 1, 1), date(2090, 1, 1)), st.dates(date(1930, 1, 1), date(2090, 1, 1)), st.text(min_size=1))
def test_shifted_dates_keep_their_distance(first: date, second: date, patient: str) -> None:
    days = Pseudonyms(KEY).days(patient)
    assert -FURTHEST <= days <= -1
    moved = [date.fromisoformat(shifted(f"{one:%Y%m%d}", "DA", days)) for one in (first, second)]
    assert moved[1] - moved[0] == second - first
    assert moved[0] != first


@pytest.mark.parametrize(
    "text, kind, after",
    [
        ("20240301", "DA", "20240229"), ("2024.03.01", "DA", "20240229"), ("20240301101500.25+0100", "DT",
        "20240229101500.25+0100"), ("202403", "DT", "202402"), ("2024", "DT", "2023"), ("101500.5", "TM", "101500.5"),
        ("soon", "DA", ""), ("20241399", "DA", ""), ("after ten", "TM", ""), ("00010101", "DA", ""),
    ],
)  # fmt: skip
def test_dates_of_every_form_move_or_go(text: str, kind: str, after: str) -> None:
    assert shifted(text, kind, -1) == after


@pytest.mark.parametrize(
    "text",
    [
        "MÜLLER", "mueller? no: muller", "Scan of Jürgen", "JURGEN_2", "xMüllerx", "小明", "id mrn-4711880",
        "no. 4711880",
        "tel +49 6221/551234", "born 02.01.1950", "1950-01-02", "1/2/1950", "2/1/1950", "19500102", "02011950",
        "lives Lindenweg  7, top", "1.2.826.1.77", "Max has it",
    ],
)  # fmt: skip
def test_identity_is_found_however_it_is_written(text: str) -> None:
    assert identity().spans(text)
    assert not identity().spans(without_known(text, identity()))


@pytest.mark.parametrize(
    "text", ["maximum dose", "liver", "1.2.826.1.771", "12.826.1.77", "147118801", "Boston", "19500103", "CT"]
)
def test_other_words_and_numbers_stay(text: str) -> None:
    assert without_known(text, identity()) == text


@pytest.mark.parametrize("code", ["utf-8", "latin-1", "utf-16-le", "gb18030"])
def test_identity_is_found_in_bytes(code: str) -> None:
    found = Identity()
    found.add_name("Quastenberg")
    assert found.in_bytes(b"\0\1" + "QUASTENBERG".encode(code) + b"\2")
    assert not found.in_bytes(b"\0\1nothing\2")


def test_coded_terms_are_no_identity_though_somebody_is_called_so() -> None:
    found = Identity()
    found.add_name("Head^Chester")
    assert not found.spans("HEAD", coded=True)
    assert found.spans("HEAD")
    assert found.spans("CHESTER", coded=True)


@pytest.mark.parametrize(
    "text, gone",
    [
        ("seen by Dr. Weber today", "Weber"), ("call +49 151 2233445", "2233445"), ("14.09.2023 again", "14.09.2023"),
        ("mail a.b@c.org", "a.b@c.org"), ("Frau Schulze-Meier came", "Schulze"), ("case 99812", "99812"),
        ("12 March 2021: fall", "2021"), ("signed: Hans Wurst", "Wurst"), ("SMITH^JOHN^", "SMITH"), ("95 years", "95"),
        ("see http://pacs.local/x?id=1", "pacs"), ("patient: Erika Muster", "Erika"), ("20230914 scan", "20230914"),
    ],
)  # fmt: skip
def test_cleaned_text_loses_what_looks_like_identity(text: str, gone: str) -> None:
    assert gone not in cleaned(text, Identity())


@pytest.mark.parametrize(
    "text", ["Chest CT with contrast, 5 mm", "T2 TSE ax fs 3D", "post 80 ml i.v. at 70 s", "thorax p.a. 2 planes"]
)
def test_cleaned_text_keeps_what_is_medicine(text: str) -> None:
    assert cleaned(text, Identity()) == text


@pytest.mark.parametrize("age, after", [("089Y", "089Y"), ("090Y", "090Y"), ("101Y", "090Y"), ("011M", "011M")])
def test_high_ages_are_one(age: str, after: str) -> None:
    assert young(age) == after
