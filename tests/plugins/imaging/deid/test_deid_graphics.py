"""The option to clean graphics: drawings stay, print in them goes, and what is said of them loses its identity."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pydicom
import pytest
from deid_files import make
from PIL import Image, ImageDraw, ImageFont
from pydicom import dcmwrite
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from medstation.api import BadInput
from medstation_imaging.deid.one_file import Desk, Done, deidentified
from medstation_imaging.deid.pseudonyms import Pseudonyms
from medstation_imaging.deid.settings import Choices

CT = 0
CLEAN = Choices(clean_graphics=True)
ROWS, COLUMNS = 120, 200
PRESENTATION_STATE = "1.2.840.10008.5.1.4.1.1.11.1"


def run(dataset: Dataset, choices: Choices = CLEAN) -> tuple[pydicom.Dataset, Done]:
    file = io.BytesIO()
    dcmwrite(file, dataset)
    done = deidentified(file.getvalue(), Desk(choices, Pseudonyms(bytes(32)), {}))
    return pydicom.dcmread(io.BytesIO(done.data)), done


def with_overlay(tmp_path: Path, print_: str = "", tail: bytes = b"") -> tuple[Dataset, dict[str, str]]:
    """A slice with an outline as its overlay, and maybe a text."""
    made = make(tmp_path, CT)
    dataset = pydicom.dcmread(made.path)
    sheet = Image.new("L", (COLUMNS, ROWS))
    draw = ImageDraw.Draw(sheet)
    draw.ellipse((40, 50, 120, 100), outline=255)
    if print_:
        font = ImageFont.truetype("DejaVuSans.ttf", 14)
        draw.fontmode = "1"
        draw.text((10, 10), print_, fill=255, font=font)
    bits = np.packbits(np.asarray(sheet) > 0, bitorder="little").tobytes()
    for tag in [tag for tag in dataset.keys() if int(tag) >> 24 == 0x60]:  # noqa: SIM118
        del dataset[tag]
    dataset.add_new(0x60000010, "US", ROWS)
    dataset.add_new(0x60000011, "US", COLUMNS)
    dataset.add_new(0x60000022, "LO", f"drawn by {made.secrets['doctor']}, lesion")
    dataset.add_new(0x60000040, "CS", "G")
    dataset.add_new(0x60000050, "SS", [1, 1])
    dataset.add_new(0x60000100, "US", 1)
    dataset.add_new(0x60000102, "US", 0)
    dataset.add_new(0x60003000, "OW", bits + tail)
    return dataset, made.secrets


def test_an_outline_stays_bit_for_bit_and_its_description_is_cleaned(tmp_path: Path) -> None:
    dataset, secrets = with_overlay(tmp_path)
    before = bytes(dataset[0x60003000].value)
    after, done = run(dataset)
    assert after[0x60003000].value == before
    assert after[0x60000010].value == ROWS
    assert "lesion" in after[0x60000022].value and secrets["doctor"] not in after[0x60000022].value
    assert done.facts["actions"]["overlays kept"] == 1
    assert "113103" in {item.CodeValue for item in after.DeidentificationMethodCodeSequence}


def test_a_plane_with_print_goes_whole(tmp_path: Path) -> None:
    after, done = run(with_overlay(tmp_path, print_="Quastenberg, O")[0])
    assert not [tag for tag in after.keys() if int(tag) >> 24 == 0x60]  # noqa: SIM118
    assert done.facts["actions"]["overlays"] == 1


def test_without_the_option_every_overlay_goes(tmp_path: Path) -> None:
    after, _ = run(with_overlay(tmp_path)[0], Choices())
    assert not [tag for tag in after.keys() if int(tag) >> 24 == 0x60]  # noqa: SIM118


def test_bytes_behind_the_plane_do_not_go_out(tmp_path: Path) -> None:
    after, _ = run(with_overlay(tmp_path, tail=b"hidden words")[0])
    assert len(after[0x60003000].value) == ROWS * COLUMNS // 8


@pytest.mark.parametrize("tag, value", [(0x60000010, 9000), (0x60000015, 400), (0x60000100, 16)])
def test_a_plane_that_cannot_be_read_goes(tmp_path: Path, tag: int, value: int) -> None:
    dataset, _ = with_overlay(tmp_path)
    dataset.add_new(tag, "IS" if tag & 0xFFFF == 0x15 else "US", value)
    after, done = run(dataset)
    assert 0x60003000 not in after and done.facts["actions"]["overlays"] == 1


def test_annotations_of_a_presentation_state_stay_and_lose_their_text(tmp_path: Path) -> None:
    made = make(tmp_path, CT)
    dataset = pydicom.dcmread(made.path)
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = PRESENTATION_STATE
    del dataset.PixelData
    drawing, text, layer = Dataset(), Dataset(), Dataset()
    drawing.GraphicAnnotationUnits, drawing.GraphicDimensions, drawing.NumberOfGraphicPoints = "PIXEL", 2, 2
    drawing.GraphicData, drawing.GraphicType = [1.0, 2.0, 30.0, 40.0], "POLYLINE"
    text.UnformattedTextValue = f"{made.secrets['surname']} 14 mm"
    layer.GraphicLayer = "LAYER1"
    layer.GraphicObjectSequence, layer.TextObjectSequence = Sequence([drawing]), Sequence([text])
    dataset.GraphicAnnotationSequence = Sequence([layer])
    after, _ = run(dataset)
    kept = after.GraphicAnnotationSequence[0]
    assert list(kept.GraphicObjectSequence[0].GraphicData) == [1.0, 2.0, 30.0, 40.0]
    assert kept.TextObjectSequence[0].UnformattedTextValue == "REMOVED"
    told, _ = run(dataset, Choices(clean_graphics=True, clean_descriptors=True))
    assert told.GraphicAnnotationSequence[0].TextObjectSequence[0].UnformattedTextValue == "[removed] 14 mm"
    basic, _ = run(dataset, Choices())
    assert not any(basic.GraphicAnnotationSequence[0].GraphicObjectSequence[0].GraphicData)


def test_a_name_hidden_in_the_bits_of_a_plane_stops_the_file(tmp_path: Path) -> None:
    dataset, secrets = with_overlay(tmp_path)
    name = secrets["surname"].encode()
    dataset[0x60003000].value = name + bytes(ROWS * COLUMNS // 8 - len(name))
    with pytest.raises(BadInput, match="OverlayData"):
        run(dataset)
