"""Values on the screen are the values in the file: every syntax, every rescale, every way to store a number."""

from __future__ import annotations

import tracemalloc
import warnings
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from dicom_phantom import assemble, dataset, loaded, only, pixels_of, quiet, write, write_series
from pydicom.pixels import apply_color_lut, apply_modality_lut, pixel_array
from pydicom.uid import ExplicitVRBigEndian, JPEGLSLossless, RLELossless

from medstation.api import BadInput, Found
from medstation_imaging import scan
from medstation_imaging.folder import PlainFiles, load_folder
from medstation_imaging.pixels import FrameReader, correct_bits
from medstation_imaging.thumbnail import png, shrink, thumbnail
from medstation_imaging.volume import fetch_volume, load

LINE = [(0, 0, 2.0 * k) for k in range(4)]


def series(folder: Path, kind: Any, fill: Any = pixels_of, **elements: Any) -> np.ndarray:
    paths = [write(folder, f"{k}.dcm", dataset(fill(k, kind=kind), k, **elements)) for k in range(4)]
    return loaded(*only(paths)).array


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.uint16])
def test_values_without_rescale_stay_as_they_are_stored(tmp_path: Path, kind: Any) -> None:
    array = series(tmp_path, kind, RescaleIntercept="0")
    assert array.dtype == kind
    assert np.array_equal(array, np.stack([pixels_of(k, kind=kind) for k in range(4)]))


@pytest.mark.parametrize("kind", [np.uint8, np.int8, np.int16, np.uint16])
def test_a_whole_intercept_gives_small_integers(tmp_path: Path, kind: Any) -> None:
    array = series(tmp_path, kind)
    assert array.dtype == np.int16
    assert np.array_equal(array, np.stack([pixels_of(k, kind=np.int16) - 1024 for k in range(4)]))


@pytest.mark.parametrize(("kind", "extreme", "intercept"), [(np.uint16, 65535, -1024), (np.int16, -32768, -1024),
                                                            (np.int16, 32767, 1), (np.uint16, 40000, 0.5)])  # fmt: skip
def test_values_that_leave_the_small_integers_are_not_wrapped(
    tmp_path: Path, kind: Any, extreme: int, intercept: float
) -> None:
    def fill(k: int, kind: Any) -> np.ndarray:
        return np.full((3, 3), extreme if k == 2 else 1, kind)

    array = series(tmp_path, kind, fill, RescaleIntercept=str(intercept))
    assert array.dtype == np.float32
    assert array[2, 0, 0] == extreme + intercept
    assert array[0, 0, 0] == 1 + intercept


def test_every_slice_has_its_own_slope(tmp_path: Path) -> None:
    slopes = ["0.5", "1.25", "2", "0.125"]
    paths = [
        write(tmp_path, f"{k}.dcm", dataset(pixels_of(k), k, RescaleSlope=slopes[k], RescaleIntercept="3"))
        for k in range(4)
    ]
    array = loaded(*only(paths)).array
    assert array.dtype == np.float32
    assert np.allclose(array, np.stack([pixels_of(k) * float(slopes[k]) + 3 for k in range(4)]))


def test_bits_outside_the_stored_ones_are_no_part_of_the_value() -> None:
    facts = {"bits_stored": 12, "high_bit": 11}
    unsigned = np.array([0x1234, 0xF00F], np.uint16)
    correct_bits(unsigned, facts)
    assert unsigned.tolist() == [0x234, 0x00F]
    signed = np.array([0x0FFF, 0x07FF, 0x0800], np.int16)
    correct_bits(signed, facts)
    assert signed.tolist() == [-1, 2047, -2048]
    high = np.array([0x1230], np.uint16)
    correct_bits(high, {"bits_stored": 12, "high_bit": 15})
    assert high.tolist() == [0x123]


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless])
@pytest.mark.parametrize("kind", [np.int16, np.uint16])
def test_compressed_slices_equal_the_uncompressed_ones(tmp_path: Path, syntax: str, kind: Any) -> None:
    paths = []
    for k in range(4):
        made = dataset(pixels_of(k, kind=kind), k)
        made.compress(syntax, generate_instance_uid=False)
        paths.append(write(tmp_path, f"{k}.dcm", made))
    expected = np.stack([pixels_of(k, kind=np.int16) - 1024 for k in range(4)])
    assert np.array_equal(loaded(*only(paths)).array, expected)


def test_big_endian_values_are_turned(tmp_path: Path) -> None:
    made = dataset(pixels_of(7), 0, PixelData=pixels_of(7).astype(">i2").tobytes())
    made.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    assert loaded(*only([write(tmp_path, "a.dcm", made)])).array[0, 0, 0] == 7 - 1024


def test_colours_come_as_rgb(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 255, (4, 5, 3)).astype(np.uint8)
    made = dataset(pixels, 0, SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=0)
    record, files = only([write(tmp_path, "a.dcm", made)])
    fetched = fetch_volume(record, files, {}, quiet)
    assert np.array_equal(fetched.arrays["volume"], pixels[None])
    assert fetched.facts["photometric"] == "RGB"


def test_pixels_that_end_early_are_filled_and_the_rest_is_kept(tmp_path: Path) -> None:
    paths = write_series(tmp_path, LINE)
    paths[1].write_bytes(paths[1].read_bytes()[:-20])
    array = loaded(*only(paths)).array
    assert array[1].ravel()[:20].tolist() == (pixels_of(1).ravel()[:20] - 1024).tolist()
    assert (array[1].ravel()[20:] == -1024).all()
    assert array[2, 0, 0] == 2 - 1024


def test_a_volume_with_an_undecodable_slice_names_the_file(tmp_path: Path) -> None:
    paths = []
    for k in range(4):
        made = dataset(pixels_of(k), k)
        made.compress(JPEGLSLossless, generate_instance_uid=False)
        paths.append(write(tmp_path, f"{k}.dcm", made))
    paths[2].write_bytes(paths[2].read_bytes()[:-30])
    with pytest.raises(BadInput, match=r"2\.dcm"):
        loaded(*only(paths))


def test_one_undecodable_image_does_not_hide_the_others(tmp_path: Path) -> None:
    paths = []
    for k in range(3):
        made = dataset(pixels_of(k), k, ImagePositionPatient=None, RescaleIntercept="0")
        made.compress(JPEGLSLossless, generate_instance_uid=False)
        paths.append(write(tmp_path, f"{k}.dcm", made))
    paths[1].write_bytes(paths[1].read_bytes()[:-30])
    record, files = only(paths)
    fetched = fetch_volume(record, files, {}, quiet)
    assert fetched.arrays["volume"][:, 0, 0].tolist() == [0, 0, 2]
    assert "1.dcm" in fetched.facts["frames"][1]["fault"]
    assert "fault" not in fetched.facts["frames"][0]


def test_the_view_gets_what_it_needs_to_show_a_volume(tmp_path: Path) -> None:
    record, files = only(write_series(tmp_path, LINE))
    facts = fetch_volume(record, files, {}, quiet).facts
    assert facts["spacing"] == [2.0, 0.7, 0.8]
    assert facts["affine"][2] == [0, 0, 2, 0]
    assert facts["unit"] == "HU"
    assert facts["window"] == [40, 400]
    assert [preset["name"] for preset in facts["presets"]] == ["As stored", "Whole range"]
    assert [frame["instance"] for frame in facts["frames"]] == [1, 2, 3, 4]


def test_loading_takes_no_second_copy(tmp_path: Path) -> None:
    paths = write_series(tmp_path, [(0, 0, 2.0 * k) for k in range(24)], Rows=256, Columns=256,
                         PixelData=np.zeros((256, 256), np.int16).tobytes())  # fmt: skip
    record, files = only(paths)
    loaded(record, files)  # what is imported on first use is not the volume's
    tracemalloc.start()
    array = load(record, files, quiet).array
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.2 * array.nbytes


def test_a_folder_loads_as_one_array(tmp_path: Path) -> None:
    write_series(tmp_path, LINE)
    assert load_folder(tmp_path)[:, 0, 0].tolist() == [-1024, -1023, -1022, -1021]


class TestThumbnail:
    def test_a_wide_image_keeps_its_form(self) -> None:
        assert shrink(np.zeros((100, 400), np.uint8)).shape == (24, 96)
        assert shrink(np.zeros((100, 400), np.uint8), 2.0).shape == (48, 96)
        assert shrink(np.zeros((3, 3), np.uint8)).shape == (3, 3)

    def test_pixels_that_fall_together_are_averaged(self) -> None:
        image = np.zeros((192, 192), np.uint8)
        image[:, ::2] = 200
        assert (shrink(image) == 100).all()

    def test_a_png_holds_its_pixels(self) -> None:
        data = png(np.arange(6, dtype=np.uint8).reshape(2, 3))
        start = data.index(b"IDAT") + 4
        assert zlib.decompress(data[start : data.index(b"IEND") - 8]) == b"\0\0\1\2\0\3\4\5"

    def test_of_a_series_it_is_small(self, tmp_path: Path) -> None:
        data = thumbnail(*only(write_series(tmp_path, LINE)))
        assert data is not None
        assert data.startswith(b"\x89PNG")

    def test_of_a_document_there_is_none(self, tmp_path: Path) -> None:
        made = dataset(pixels_of(0), PixelData=None, SOPClassUID="1.2.840.10008.5.1.4.1.1.88.22", Modality="SR")
        assert thumbnail(*only([write(tmp_path, "sr.dcm", made)])) is None


def images_in(folder: Path) -> list[Found]:
    answers = [scan.scan_file(path) for path in sorted(folder.rglob("*")) if path.is_file() and scan.wants(path)]
    return [answer for answer in answers if isinstance(answer, Found) and "pixels" in answer.facts]


@pytest.mark.realdata
@pytest.mark.parametrize("name", ["LittleEndianImplicit", "BigEndianExplicit", "Deflated", "RLELossless",
                                  "JPEGProcess14TransferSyntax", "JPEGProcess14SV1", "JPEGLSLossless",
                                  "JPEG2000LosslessOnly"])  # fmt: skip
def test_every_lossless_syntax_gives_the_same_values(realdata, name: str) -> None:
    folder = realdata("dicom_ct_16_transfer_syntaxes")
    (path,) = [path for path in folder.glob("*.dcm") if name in path.name]
    (reference,) = [
        path for path in folder.glob("*.dcm") if "LittleEndianExplicitTransferSyntax_1.2.840.10008.1.2.1.d" in path.name
    ]
    expected = loaded(*only([reference])).array
    assert np.array_equal(loaded(*only([path])).array, expected)


@pytest.mark.realdata
@pytest.mark.parametrize("name", ["JPEGProcess1Transfer", "JPEGProcess2_4", "JPEGLSLossy", "JPEG2000Transfer"])
def test_every_lossy_syntax_gives_nearly_the_same_values(realdata, name: str) -> None:
    folder = realdata("dicom_ct_16_transfer_syntaxes")
    (path,) = [path for path in folder.glob("*.dcm") if name in path.name]
    (reference,) = [path for path in folder.glob("*.dcm") if path.name == "CTImage.dcm"]
    expected = loaded(*only([reference])).array.astype(float)
    ours = loaded(*only([path])).array
    assert np.corrcoef(ours.ravel(), expected.ravel())[0, 1] > 0.99


@pytest.mark.realdata
@pytest.mark.parametrize("name", ["4.53.dcm", "4.55.dcm"])
def test_a_syntax_that_nobody_decodes_says_so(realdata, name: str) -> None:
    folder = realdata("dicom_ct_16_transfer_syntaxes")
    (path,) = [path for path in folder.glob("*.dcm") if path.name.endswith(name)]
    record, files = only([path])
    assert "cannot be decoded" in record.notes[-1]
    with pytest.raises(BadInput, match="cannot be decoded"):
        loaded(record, files)
    assert thumbnail(record, files) is None


def by_pydicom(found: Found, number: int) -> np.ndarray | None:
    """The slow, plain answer: stored values, or RGB uint8; None where pydicom cannot."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = pydicom.dcmread(found.path, force=True)
        if "TransferSyntaxUID" not in made.file_meta:
            made.file_meta.TransferSyntaxUID = found.facts["syntax"]
        try:
            values = pixel_array(made, index=number)
        except Exception:
            return None
        if found.facts.get("photometric") == "PALETTE COLOR":
            values = apply_color_lut(values, made)
            return values if values.dtype == np.uint8 else (values >> 8).astype(np.uint8)
    return values


@pytest.mark.realdata
@pytest.mark.parametrize("name", ["dicom_pydicom_testfiles", "dicom_pydicom_data", "dicom_fragmented_frames",
                                  "dicom_highdicom", "dicom_dcmqi", "dicom_ct_16_transfer_syntaxes",
                                  "dicom_siemens_xa30_enhanced", "dicom_uih_mr_dti"])  # fmt: skip
def test_stored_values_equal_those_of_pydicom(realdata, name: str) -> None:
    compared = 0
    for found in images_in(realdata(name)):
        if "held_bytes" in found.facts or "document" in found.facts:
            continue
        reader = FrameReader(PlainFiles([found]))
        for number in {0, found.facts.get("frames", 1) - 1}:
            expected = by_pydicom(found, number)
            if expected is None or (expected.dtype.itemsize > 2 and expected.ndim == 3):
                continue
            ours = reader.task(0, number)()
            lossy = found.facts["syntax"].endswith((".4.50", ".4.51"))
            if ours.ndim == 3 and expected.dtype != np.uint8:
                expected = expected >> (found.facts["bits_stored"] - 8)
            off = np.abs(ours.astype(np.float64) - expected.astype(np.float64)).max()
            assert off <= (3 if lossy else 0), (found.path.name, found.facts["syntax"], number)
            compared += 1
    assert compared


@pytest.mark.realdata
def test_a_modality_table_is_applied(realdata) -> None:
    path = next(realdata("dicom_pydicom_data").rglob("mlut_18.dcm"))
    made = pydicom.dcmread(path)
    assert np.array_equal(loaded(*only([path])).array[0], apply_modality_lut(made.pixel_array, made))


@pytest.mark.realdata
def test_everything_in_the_open_data_loads_or_says_why(realdata) -> None:
    root = realdata("MANIFEST.tsv").parent
    shown = 0
    for name in ("dicom_pydicom_testfiles", "dicom_pydicom_data", "dicom_highdicom", "dicom_dcmqi"):
        records, _ = assemble(
            [path for path in sorted((root / name).rglob("*")) if path.is_file() and scan.wants(path)]
        )
        for record, files in records:
            if record.kind == "document":
                continue
            fetched = fetch_volume(record, files, {}, quiet)
            assert len(fetched.arrays["volume"]) == record.meta["images"]
            assert fetched.arrays["volume"].flags.c_contiguous
            assert thumbnail(record, files)
            shown += 1
    assert shown > 40
