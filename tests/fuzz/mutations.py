"""Bytes that are nearly right: seeds with a few changes, as files are after bad disks, bad programs and bad people."""

from __future__ import annotations

import os
from collections.abc import Sequence

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("MEDSTATION_FUZZ_EXAMPLES", "25"))
"""Per target. `make fuzz` raises it; with it go new random choices each time, else the same ones every time."""

fuzz = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=EXAMPLES <= 25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
_NUMBERS = (b"0", b"-1", b"1e999", b"nan", b"9" * 40, b"2147483648", b"4294967295", b"1/0", b"0x7f", b"")
_BYTES = (b"\0", b"\xff", b"\n", b"\r", b"\x80", b'"', b"\\", b"|", b"\t", b" ", b"\xff\xff\xff\xff", b"\0\0\0\x80")


@st.composite
def mutated(draw: st.DrawFn, seeds: Sequence[bytes]) -> bytes:
    """One of the seeds after up to six changes, or now and then bytes out of nothing."""
    data = bytearray(draw(st.sampled_from([*seeds, b""])))
    if not data:
        return draw(st.binary(max_size=400))
    for _ in range(draw(st.integers(0, 6))):
        if data:
            _change(draw, data)
    return bytes(data)


def _change(draw: st.DrawFn, data: bytearray) -> None:
    place = draw(st.integers(0, len(data) - 1))
    kind = draw(st.sampled_from(("flip", "set", "number", "insert", "cut", "truncate", "repeat")))
    length = draw(st.sampled_from((1, 2, 4, 8, 16, 80)))
    if kind == "flip":
        data[place] ^= 1 << draw(st.integers(0, 7))
    elif kind == "set":
        new = draw(st.binary(min_size=1, max_size=8))
        data[place : place + len(new)] = new
    elif kind == "number":
        data[place : place + length] = draw(st.sampled_from(_NUMBERS))
    elif kind == "insert":
        data[place:place] = draw(st.sampled_from(_BYTES)) * draw(st.sampled_from((1, 3, 64)))
    elif kind == "cut":
        del data[place : place + length]
    elif kind == "truncate":
        del data[place:]
    else:
        data[place:place] = data[place : place + length] * draw(st.sampled_from((1, 50)))
