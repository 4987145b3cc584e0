"""Compressed images need no decoders but those that MedStation brings."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom.pixels import convert_color_space

from medstation_imaging import scan
from medstation_imaging.decoders import decoder, rgb_of_ybr
from medstation_imaging.dicom_kinds import can_decode, is_compressed

PYDICOMS_OWN = ("1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81", "1.2.840.10008.1.2.8.1")
"""RLE and deflated frames, which pydicom decodes itself, and JPEG-LS, for which MedStation installs pyjpegls."""


def test_ybr_turns_into_the_colours_pydicom_makes_of_it() -> None:
    values = np.random.default_rng(3).integers(0, 256, (40, 50, 3)).astype(np.uint8)
    theirs = convert_color_space(values, "YBR_FULL", "RGB").astype(int)
    assert np.abs(rgb_of_ybr(values) - theirs).max() <= 1


@pytest.mark.realdata
def test_every_compressed_open_image_has_a_decoder(realdata) -> None:
    root = realdata("MANIFEST.tsv").parent
    without = []
    for path in sorted(path for folder in root.glob("dicom_*") for path in folder.rglob("*") if path.is_file()):
        facts = getattr(scan.scan_file(path), "facts", {}) if scan.wants(path) else {}
        if "pixels" not in facts or not is_compressed(facts["syntax"]) or not can_decode(facts):
            continue
        if decoder(facts) is None and facts["syntax"] not in PYDICOMS_OWN:
            without.append((path.name, facts["syntax"], facts.get("photometric")))
    assert without == []
