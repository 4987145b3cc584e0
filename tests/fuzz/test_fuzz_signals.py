"""Signals' parsers say what is wrong with a file, whatever is in it."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from mutations import fuzz, mutated

from medstation.api import Found, MedStationError, RecordDraft, Skipped
from medstation_signals import csv_dialect
from medstation_signals.csv_mapping import find_layout
from medstation_signals.csv_read import text_of
from medstation_signals.edf_header import parse_edf, parse_notes
from medstation_signals.importer import SignalsImporter
from medstation_signals.wfdb_annotations import parse_annotations
from medstation_signals.wfdb_header import parse_header

HEADERS = [
    b"100 2 360 650000 0:0:0 01/01/2000\n100.dat 212 200(0)/mV 11 1024 995 -22131 0 MLII\n"
    b"100.dat 212 200 11 1024 1011 0 0 V5\n# 69 M\n",
    b"multi/3 1 125 1000\nseg1 500\n~ 100\nseg2 400\n",
    b"x 1 250/250(0) 10\nx.dat 16x2:3+24 1000.5(-5)/uV 16 0 0 0 0 lead I\n",
]
ANNOTATIONS = [
    b"\x00\x70\x00\x00\x12\x04\x48\x28\x0a\xfc\x00\x00",
    b"\x00\x58\x1a\xfc## time resolution: 360\0\0\0\x00\xec\x01\x00\x00\x00\x05\x04\x04\xfc(AFIB\0\0\0",
    b"\x05\x04\x07\x14\x00\xec\xff\xff\xff\xff\x03\x04\x00\x00",
]


def edf(signals: int = 1, plus: bytes = b"EDF+C") -> bytes:
    """Two data records of one second."""
    head = b"0".ljust(8) + b"MCH-0234567 F 02-MAY-1951 Doe".ljust(80) + b"Startdate 02-MAR-2002 X X X".ljust(80)
    head += (
        b"02.03.0217.05.00"
        + str(256 * (signals + 1)).encode().ljust(8)
        + plus.ljust(44)
        + b"2".ljust(8)
        + b"1".ljust(8)
    )
    head += str(signals).encode().ljust(4)
    fields = (
        (b"ECG", 16),
        (b"", 80),
        (b"mV", 8),
        (b"-5", 8),
        (b"5", 8),
        (b"-2048", 8),
        (b"2047", 8),
        (b"", 80),
        (b"8", 8),
        (b"", 32),
    )
    for text, width in fields:
        head += b"".join(
            (b"EDF Annotations" if text == b"ECG" and one else text).ljust(width) for one in range(signals)
        )
    notes = b"+0\x14\x14+0.5\x150.1\x14hello\x14\0"[:16].ljust(16, b"\0")
    return head + (bytes(range(16)) + notes * (signals - 1)) * 2


TABLES = [
    b"time,glucose mg/dL\n2024-01-01 00:00,100\n2024-01-01 00:05,101\n2024-01-01 00:10,Low\n",
    b"Zeit;Wert\n01.02.2024 10:00;5,4\n01.02.2024 10:05;5,6\n",
    b"patient\ttime\tvalue\nA\t1\t2.5\nB\t1\t2.5\nA\t2\t3.5\n",
    b"1\n2\n3\n",
]


@fuzz
@given(data=mutated(HEADERS))
def test_a_wfdb_header(data: bytes) -> None:
    try:
        parse_header(data, "a.hea")
    except MedStationError as error:
        assert error.message


@fuzz
@given(data=mutated(ANNOTATIONS))
def test_wfdb_annotations(data: bytes) -> None:
    try:
        found = parse_annotations(data, "a.atr")
        assert len(found.samples) == len(found.symbols) == len(found.texts)
    except MedStationError as error:
        assert error.message


@fuzz
@given(data=mutated([edf(), edf(2)]))
def test_an_edf_header(data: bytes) -> None:
    try:
        assert parse_edf(data, "a.edf", len(data))["records"] >= 0
    except MedStationError as error:
        assert error.message
    parse_notes(data)


@fuzz
@given(data=mutated(TABLES))
def test_how_a_table_is_written(data: bytes) -> None:
    try:
        text = text_of(data, "a.csv")
        delimiter = csv_dialect.guess_delimiter(text)
        cells = [cell for row in csv_dialect.rows_of(text, delimiter) for cell in row]
        comma, day_first = csv_dialect.guess_comma(cells, delimiter), csv_dialect.guess_day_first(cells)
        dialect = csv_dialect.Dialect(delimiter, comma, day_first)
        for cell in cells:
            dialect.number(cell)
            dialect.moment(cell)
        csv_dialect.is_ambiguous(cells)
        find_layout(text, {})
    except MedStationError as error:
        assert error.message


def whole_import(path: Path) -> None:
    """As an import does it: want, scan, assemble."""
    importer = SignalsImporter()
    if not importer.wants(path):
        return
    answers = list(importer.scan([path]))
    assert answers
    for answer in answers:
        assert isinstance(answer, Found) or (isinstance(answer, Skipped) and answer.reason)
        if isinstance(answer, Found):
            assert all(isinstance(one, RecordDraft | Skipped) for one in importer.assemble([answer]))


@fuzz
@given(data=mutated([edf(), edf(2), edf(2, b"EDF+D")]))
def test_importing_an_edf_file(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.edf").write_bytes(data)
    whole_import(tmp_path / "a.edf")


@fuzz
@given(data=mutated(TABLES))
def test_importing_a_table(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.csv").write_bytes(data)
    whole_import(tmp_path / "a.csv")


@fuzz
@given(data=mutated(HEADERS))
def test_importing_a_wfdb_record(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "100.dat").write_bytes(bytes(600))
    (tmp_path / "100.atr").write_bytes(ANNOTATIONS[0])
    (tmp_path / "100.hea").write_bytes(data)
    for name in ("100.hea", "100.dat", "100.atr"):
        whole_import(tmp_path / name)
