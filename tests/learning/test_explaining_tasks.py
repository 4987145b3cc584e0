"""Every recipe's record can be asked about, explained and drawn; and what is drawn lies where it was found."""

from __future__ import annotations

import datetime
from collections import Counter
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nibabel
import numpy as np
import pytest
import torch
from PIL import Image

from medstation.actions.explain_pictures import beside
from medstation.actions.opening import look
from medstation.actions.plain_files import PlainFiles
from medstation.api import Explained, Json, Record, Unavailable, resolve
from medstation.learning.explaining.explain import Explanation, explain
from medstation_imaging.asking import asked_around
from medstation_imaging.cases import ready_volume
from medstation_imaging.classification import ClassificationRecipe
from medstation_imaging.explaining import in_record
from medstation_imaging.explaining import picture as imaging_picture
from medstation_imaging.segmentation import SegmentationRecipe
from medstation_notes.encoder import packed
from medstation_notes.explaining import picture as notes_picture
from medstation_notes.tagger import TaggerRecipe
from medstation_notes.tokenizer import learn_tokenizer
from medstation_notes.tokens import tokenize
from medstation_notes.transformer_class import ClassRecipe
from medstation_notes.transformer_tokens import TokensRecipe
from medstation_signals.beats import BeatRecipe
from medstation_signals.explaining import picture as signals_picture
from medstation_signals.patchtst import PatchRecipe
from medstation_signals.record_class import NAMES, RecordClass

TEXT = "The patient has breast cancer.\nNo fever, no ataxia. Diabetes mellitus type 2 since 2011.\n"
WORDS = [token.text for token in tokenize(TEXT)]


def looked(path: Path, task: str, *more: Path) -> tuple[Record, PlainFiles]:
    desk: Any = SimpleNamespace(report=lambda done, text="": None)
    ((record, found),), _ = look([path, *more], task, desk)
    return record, PlainFiles(found)


def explained(
    recipe: Any, config: Json, record: Record, files: PlainFiles, method: str
) -> tuple[Explanation, Explained]:
    torch.manual_seed(0)
    net = recipe.build(config).eval()
    asked = recipe.asked(net, record, files, config)
    made = explain(recipe, net, asked, method)
    for name, values in made.values.items():
        assert values.shape == tuple(asked.batch[name].shape) and np.isfinite(values).all()
    assert made.target and 0 <= made.check.random <= 1.01
    return made, Explained("recipe", config, made.target, made.values, made.parts, made.place)


def drawn(png: bytes, made: Explanation) -> Image.Image:
    """The picture with the check beside it; it is one of some size, and not of one colour."""
    image = Image.open(BytesIO(beside(png, made.check.json())))
    assert image.width > 400 and len(image.convert("L").getcolors() or range(300)) > 10
    return image


AFFINE = np.array([[0, 0, -2.5, 40], [1.5, 0, 0, -20], [0, -1.5, 0, 9], [0, 0, 0, 1.0]])
"""A volume whose axes are permuted and partly turned around."""


@pytest.fixture
def volume(tmp_path: Path) -> tuple[Record, PlainFiles]:
    values = np.random.default_rng(0).normal(100, 5, (30, 26, 18)).astype(np.int16)
    values[20:24, 6:10, 4:7] = 400
    nibabel.save(nibabel.Nifti1Image(values, AFFINE), tmp_path / "head.nii.gz")
    return looked(tmp_path / "head.nii.gz", "imaging.series")


SEGMENTS = {"classes": ["lesion"], "spacing": [2.0, 1.5, 1.5], "patch": [16, 16, 16], "strides": [[2, 2, 2]],
            "width": 4, "network": "unet", "normalisation": "z-score", "window_low": 0, "window_high": 1}  # fmt: skip


def test_what_is_found_in_a_networks_grid_is_drawn_where_it_is_in_the_record(volume: tuple[Record, PlainFiles]) -> None:
    """The bright box stands for an importance; after patch, resampling and turning it is where it was."""
    record, files = volume
    image = ready_volume(record, files, SEGMENTS).image
    asked = asked_around(image, (image > 3).astype(float), SEGMENTS)
    values = {"image": (asked.batch["image"] > 3).numpy().astype(np.float32)}
    whole = Explained("segmentation", SEGMENTS, "lesion", values, np.zeros(1), asked.place)
    shape = tuple(record.meta["volume"]["shape"])
    heat = in_record(record, shape, whole)
    from medstation_imaging.volume import load

    bright = load(record, files, lambda done, text: None).array > 300
    middle = [float(np.mean(one)) for one in np.nonzero(heat > 0.5)]
    assert middle == pytest.approx([float(np.mean(one)) for one in np.nonzero(bright)], abs=1.0)


@pytest.mark.parametrize("method", ["occlusion", "gradients", "deeplift", "gradcam"])
def test_a_segmentation_is_explained(volume: tuple[Record, PlainFiles], method: str) -> None:
    made, whole = explained(SegmentationRecipe(), SEGMENTS, *volume, method)
    drawn(imaging_picture(*volume, whole), made)


@pytest.mark.parametrize("shape", [[32, 32], [12, 16, 16]])
def test_a_class_of_an_image_is_explained(volume: tuple[Record, PlainFiles], shape: list[int]) -> None:
    config = {**SEGMENTS, "shape": shape, "classes": ["a", "b"], "network": "resnet10"}
    for method in ("gradients", "gradcam"):
        made, whole = explained(ClassificationRecipe(), config, *volume, method)
        drawn(imaging_picture(*volume, whole), made)


@pytest.fixture
def note(tmp_path: Path) -> tuple[Record, PlainFiles]:
    (tmp_path / "note.txt").write_text(TEXT)
    return looked(tmp_path / "note.txt", "notes.documents")


def language() -> Json:
    tokenizer, size, _ = learn_tokenizer([TEXT] * 3, 200)
    bert = {"model_type": "bert", "vocab_size": size, "hidden_size": 64, "num_hidden_layers": 2, "pad_token_id": 0,
            "num_attention_heads": 2, "intermediate_size": 64, "max_position_embeddings": 64}  # fmt: skip
    return {"transformer": bert, "tokenizer": packed(tokenizer), "window": 24, "stride": 8, "classes": ["a", "b"],
            "tags": ["O", "B-Disease", "I-Disease", "E-Disease", "S-Disease"]}  # fmt: skip


@pytest.mark.parametrize("method", ["gradients", "deeplift", "rollout"])
@pytest.mark.parametrize("recipe", [TokensRecipe(), ClassRecipe()], ids=["tokens", "class"])
def test_what_a_language_model_says_of_a_note_is_explained(note: Any, recipe: Any, method: str) -> None:
    made, whole = explained(recipe, language(), *note, method)
    assert len(made.parts) == len(tokenize(TEXT))
    drawn(notes_picture(*note, whole), made)


@pytest.mark.parametrize("method", ["occlusion", "gradients"])
def test_what_the_tagger_says_of_a_note_is_explained(note: Any, method: str) -> None:
    recipe = TaggerRecipe()
    survey = {"words": Counter(WORDS * 3), "types": ["Disease"]}
    config = recipe.plan([survey], resolve(recipe.settings, {"hidden": 32}), None)
    made, whole = explained(recipe, config, *note, method)
    drawn(notes_picture(*note, whole), made)
    with pytest.raises(Unavailable, match="reads words"):
        explained(recipe, config, *note, "gradcam")


@pytest.fixture
def ecg(tmp_path: Path) -> tuple[Record, PlainFiles]:
    """Pulses of forty seconds as a WFDB record."""
    rate, seconds = 125, 40
    times = np.arange(rate * seconds) / rate
    beats = np.cumsum(np.random.default_rng(1).normal(0.8, 0.05, 48))
    values = sum(np.exp(-0.5 * ((times - beat) / 0.02) ** 2) for beat in beats)
    (tmp_path / "ecg.dat").write_bytes((1000 * np.asarray(values)).astype("<i2").tobytes())
    (tmp_path / "ecg.hea").write_text(f"ecg 1 {rate} {len(times)}\necg.dat 16 1000/mV 16 0 0 0 0 ECG\n")
    return looked(tmp_path / "ecg.hea", "signals.recordings", tmp_path / "ecg.dat")


def test_classes_of_beats_and_of_a_rhythm_are_explained(ecg: Any) -> None:
    made, whole = explained(BeatRecipe(), {"width": 8, "classes": ["N", "V"]}, *ecg, "gradcam")
    drawn(signals_picture(*ecg, whole), made)
    count = len(NAMES)
    config = {"width": 8, "classes": ["A", "N"], "mean": [0.0] * count, "deviation": [1.0] * count}
    made, whole = explained(RecordClass(), config, *ecg, "shap")
    assert len(made.parts) == count
    drawn(signals_picture(*ecg, whole), made)


@pytest.mark.parametrize("method", ["gradients", "rollout"])
def test_a_forecast_is_explained(tmp_path: Path, method: str) -> None:
    begun = datetime.datetime(2024, 3, 1)
    rows = [
        f"{begun + datetime.timedelta(minutes=5 * n):%Y-%m-%d %H:%M:%S},{120 + 40 * np.sin(n / 20):.0f}"
        for n in range(300)
        if n not in (270, 271)
    ]
    (tmp_path / "cgm.csv").write_text("time,glucose mg/dL\n" + "\n".join(rows) + "\n")
    record = looked(tmp_path / "cgm.csv", "signals.recordings")
    shape = {"lookback": 48, "horizon": 6, "season": 0, "logarithm": False, "shift": 0, "mean": 120, "deviation": 30}
    config = {"network": "patchtst", "width": 32, "layers": 2, "patch": 8, "shape": shape, "channel": "", "step": 300.0}
    made, whole = explained(PatchRecipe(), config, *record, method)
    assert len(made.parts) == 6 and made.target == "the mean of the forecast"
    drawn(signals_picture(*record, whole), made)
