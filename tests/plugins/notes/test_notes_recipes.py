"""Recipes learn from made-up notes and predict spans of the text; nothing is truncated, no network is touched."""

from __future__ import annotations

import json
import shutil
import socket

import pytest
import torch
from notes_bench import Bench, cases, items, of, sample_items, train

from medstation.api import BadInput, Evaluation, Finished, ModelInfo, Refused, Started, resolve_ref
from medstation.learning.combining import combined
from medstation.learning.weights import unpack
from medstation_notes import note
from medstation_notes.crf_layer import CrfLayer, allowed_moves
from medstation_notes.plugin import DOCUMENTS
from medstation_notes.spans import decode_spans
from medstation_notes.tokens import finer_names


@pytest.fixture
def sealed(monkeypatch):
    """Any attempt to reach a network fails the test."""

    def refuse(*args, **kwargs):
        raise AssertionError("the network was asked for")

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def f1(evaluation: Evaluation) -> float:
    return combined(DOCUMENTS.recipe("crf").metrics[0], evaluation.cases)


def load(recipe: str, finished: Finished):
    model = ModelInfo("m-1", "model", 1, "approved", "notes.documents", recipe, finished.config, {})
    return resolve_ref(DOCUMENTS.recipe(recipe).predictor)(model, finished.weights)


def test_the_crf_learns_in_seconds_and_says_how_sure_it_is(tmp_path):
    made, bench = sample_items(tmp_path), Bench()
    events = train("crf", bench, cases(bench, {"train": made[:18], "test": made[18:]}), iterations=30)
    before, after = of(events, Evaluation)
    (finished,) = of(events, Finished)
    assert (f1(before), f1(after) > 0.7) == (0.0, True)
    assert {tensor.dtype for tensor in unpack(finished.weights).values()} == {torch.uint8}
    rows = finished.facts["report"]["entities"]
    assert rows[-2]["type"] == "micro" and rows[-2]["f1"] == pytest.approx(f1(after), abs=1e-4)
    record, files, _ = made[20]
    draft = load("crf", finished).predict(record, files, lambda done, text: None)
    text = note.read(record, files).text
    for span in decode_spans(draft.payload):
        assert text[span.start : span.end] == span.text and 0 < span.confidence <= 1
    assert draft.findings[0].place["start"] < draft.findings[0].place["end"]


def test_a_crf_that_is_stopped_leaves_a_model(tmp_path):
    made, bench = sample_items(tmp_path, 4), Bench()
    bench.stop_after = 5
    events = train("crf", bench, cases(bench, {"train": made}), iterations=400)
    (finished,) = of(events, Finished)
    assert finished.stopped == "user" and finished.epochs < 20
    assert load("crf", finished)


def test_damaged_crf_weights_are_refused_before_the_library_sees_them(tmp_path):
    from medstation_notes.crf_engine import pack, unpack

    for model in (b"", b"lCRF", b"lCRF" + bytes(60), b"nothing at all"):
        with pytest.raises(BadInput):
            unpack(pack(model))


def test_training_without_entities_says_what_to_do(tmp_path):
    path = tmp_path / "t.jsonl"
    path.write_text('{"text": "Nothing here.", "spans": []}')
    for recipe in ("crf", "tagger"):
        bench = Bench()
        with pytest.raises(BadInput, match="no entities"):
            train(recipe, bench, cases(bench, {"train": items(path)}))


def test_the_chain_agrees_with_counting_all_paths():
    torch.manual_seed(0)
    names = finer_names(["X"])
    chain = CrfLayer(allowed_moves(names))
    torch.nn.init.normal_(chain.moves)
    emissions, lengths = torch.randn(2, 3, 5), torch.tensor([3, 2])
    between, first, last = chain._scores()
    for row, length in enumerate(lengths.tolist()):
        paths = torch.cartesian_prod(*[torch.arange(5)] * length)
        steps = emissions[row, torch.arange(length), paths].sum(1)
        scores = first[paths[:, 0]] + last[paths[:, -1]] + steps + between[paths[:, :-1], paths[:, 1:]].sum(1)
        best = paths[scores.argmax()]
        assert chain.best(emissions, lengths)[row] == best.tolist()
        padded = torch.nn.functional.pad(best, (0, 3 - length))[None].expand(2, 3)
        loss = chain.loss(emissions, padded, lengths)[row]
        assert loss.item() == pytest.approx((scores.logsumexp(0) - scores.max()).item(), abs=1e-4)
        share = scores[paths[:, 0] == best[0]].logsumexp(0) - scores.logsumexp(0)
        assert chain.chances(emissions, lengths)[row, 0, best[0]].item() == pytest.approx(share.exp().item(), abs=1e-4)


def test_the_tagger_learns_through_the_common_loop(tmp_path):
    made, bench = sample_items(tmp_path, 10), Bench()
    parts = {"train": made[:14], "validation": made[14:16], "test": made[16:]}
    settings = {"epochs": 14, "hidden": 48, "letters": 24, "word_size": 32, "learning_rate": 0.01, "dropout": 0.2}
    events = train("tagger", bench, cases(bench, parts), threads=1, **settings)
    before, after = of(events, Evaluation)
    (finished,) = of(events, Finished)
    assert f1(after) > 0.3 > f1(before)
    assert finished.facts["report"]["entities"][-2]["f1"] == pytest.approx(f1(after), abs=1e-3)
    record, files, _ = made[-1]
    assert decode_spans(load("tagger", finished).predict(record, files, lambda done, text: None).payload)


TINY = {"vocabulary": 400, "layers": 1, "width": 64, "window": 32, "stride": 8, "epochs": 1, "threads": 1}


def test_a_base_made_from_notes_goes_out_as_a_folder_comes_back_and_is_fine_tuned(tmp_path, sealed):
    from medstation_notes.hf_folder import export_folder, import_folder
    from medstation_notes.transformer_class import score

    made, bench = sample_items(tmp_path, 6), Bench()
    (base,) = of(train("mlm", bench, cases(bench, {"train": made[:8], "test": made[8:]}), **TINY), Finished)
    assert {path.name for path in export_folder(base.weights, base.config, tmp_path / "base")} == {
        "config.json", "tokenizer.json", "model.safetensors",
    }  # fmt: skip
    weights, config = import_folder(tmp_path / "base")
    assert torch.equal(
        unpack(weights)["encoder.embeddings.word_embeddings.weight"],
        unpack(base.weights)["encoder.embeddings.word_embeddings.weight"],
    )
    imported = ModelInfo("m-1", "base", 1, "candidate", "notes.documents", "mlm", config, {})
    bench.models["m-1"] = weights
    some = {"epochs": 2, "learning_rate": 0.002, "window": 32, "stride": 8, "threads": 1}
    events = train("transformer-tokens", bench, cases(bench, {"train": made[:8], "test": made[8:]}), imported, **some)
    (finished,) = of(events, Finished)
    draft = load("transformer-tokens", finished).predict(*made[9][:2], lambda done, text: None)
    assert draft.kind == "spans" and finished.config["window"] == 32
    classed = [(record, files, b'{"class": "%s"}' % (b"a" if index % 2 else b"b"))
               for index, (record, files, _) in enumerate(made)]  # fmt: skip
    parts = {"train": classed[:8], "test": classed[8:]}
    (finished,) = of(train("transformer-class", bench, cases(bench, parts), imported, **some), Finished)
    draft = load("transformer-class", finished).predict(*made[9][:2], lambda done, text: None)
    assert draft.summary["windows"] > 3
    assert score(*made[9][:2], draft.payload, b'{"class": "a"}')["log_loss"] > 0


def test_without_a_base_the_recipe_says_where_to_get_one(tmp_path):
    made, bench = sample_items(tmp_path, 2), Bench()
    with pytest.raises(BadInput, match="starts from a language model"):
        train("transformer-tokens", bench, cases(bench, {"train": made}))


def test_every_word_of_a_long_note_is_read_from_its_most_central_window():
    from medstation_notes.encoder import packed
    from medstation_notes.tokenizer import learn_tokenizer
    from medstation_notes.tokens import tokenize
    from medstation_notes.windows import Pieces, central

    text = " ".join(f"pain{number % 7} of the knee," for number in range(200))
    config = {"tokenizer": packed(learn_tokenizer([text], 60)[0]), "window": 24, "stride": 8}
    words = tokenize(text)
    windows = Pieces(config).windows(text, words)
    places = central(windows, len(words))
    assert min(number for number, _ in places) == 0 and max(number for number, _ in places) == len(windows) - 1
    inner = [min(head, len(windows[number].ids) - 1 - head) for number, head in places[20:-20]]
    assert min(inner) >= 3


def test_folders_as_other_programs_write_them_are_taken(tmp_path):
    """Tensors named after the class they were saved from, old names of norms, a word list instead of a tokenizer."""
    from safetensors.torch import save_file

    from medstation_notes.encoder import build
    from medstation_notes.hf_folder import import_folder

    config = {"model_type": "bert", "vocab_size": 8, "hidden_size": 64, "num_hidden_layers": 1,
              "num_attention_heads": 1, "intermediate_size": 64, "architectures": ["BertForMaskedLM"]}  # fmt: skip
    tensors = {
        "bert."
        + name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): tensor
        for name, tensor in build(config).state_dict().items()
        if "pooler" not in name
    }
    made = folder(
        tmp_path / "base",
        config__json=json.dumps(config).encode(),
        vocab__txt=b"[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\npain\nno\n##ne\n",
        pytorch_model__bin=b"never opened",
    )
    save_file({**tensors, "cls.predictions.bias": torch.zeros(8)}, made / "model.safetensors")
    weights, taken = import_folder(made)
    assert {f"bert.{name.removeprefix('encoder.')}" for name in unpack(weights)} >= {
        name.replace("gamma", "weight").replace("beta", "bias") for name in tensors
    }
    assert taken["mask_piece"] == 4 and "architectures" not in taken["transformer"]
    save_file(dict(list(tensors.items())[3:]), made / "model.safetensors")
    with pytest.raises(BadInput, match="do not fit its config"):
        import_folder(made)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A sound folder, and its tensors."""
    from medstation_notes.encoder import build

    config = {"model_type": "bert", "vocab_size": 8, "hidden_size": 64, "num_hidden_layers": 1,
              "num_attention_heads": 1, "intermediate_size": 64}  # fmt: skip
    words = b"[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\npain\nno\n##ne\n"
    made = folder(tmp_path_factory.mktemp("whole") / "m", config__json=json.dumps(config).encode(), vocab__txt=words)
    return made, config, dict(build(config).state_dict())


@pytest.mark.parametrize(
    ("config", "spoil", "told"),
    [
        ({"hidden_size": 32}, {}, "another shape"),
        ({"num_hidden_layers": 2}, {}, "do not fit its config"),
        ({"vocab_size": 7}, {}, "pieces up to number 7"),
        ({"num_attention_heads": 0}, {}, "cannot be used"),
        ({"hidden_act": "no such thing"}, {}, "cannot be used"),
        ({"hidden_size": "wide"}, {}, "cannot be used"),
        ({}, {"encoder.layer.0.output.dense.bias": torch.full((64,), float("nan"))}, "no numbers"),
        ({}, {"encoder.layer.0.output.dense.bias": torch.zeros(65)}, "65 where 64 is due"),
    ],
)
def test_weights_and_config_that_do_not_fit_are_named(tmp_path, whole, config, spoil, told):
    from safetensors.torch import save_file

    from medstation_notes.hf_folder import import_folder

    sound, written, tensors = whole
    shutil.copytree(sound, tmp_path / "m")
    (tmp_path / "m" / "config.json").write_text(json.dumps({**written, **config}))
    save_file({**tensors, **spoil}, tmp_path / "m" / "model.safetensors")
    with pytest.raises(BadInput, match=told) as caught:
        import_folder(tmp_path / "m")
    assert caught.value.hint


def test_settings_that_would_load_other_kernels_or_change_what_comes_out_are_left_behind(tmp_path, whole):
    from safetensors.torch import save_file

    from medstation_notes.encoder import build
    from medstation_notes.hf_folder import import_folder

    sound, written, tensors = whole
    shutil.copytree(sound, tmp_path / "m")
    odd = {"attn_implementation": "kernels-community/flash-attn", "_attn_implementation": "flash_attention_2",
           "return_dict": False, "output_attentions": True, "_name_or_path": "somewhere/else"}  # fmt: skip
    (tmp_path / "m" / "config.json").write_text(json.dumps({**written, **odd}))
    save_file(tensors, tmp_path / "m" / "model.safetensors")
    _, config = import_folder(tmp_path / "m")
    assert not odd.keys() & config["transformer"].keys()
    assert build(config["transformer"])(torch.tensor([[2, 5, 3]])).last_hidden_state.shape == (1, 3, 64)


def test_what_is_no_model_is_left_to_other_tasks(tmp_path):
    from medstation_notes.foreign import read_model

    assert read_model(folder(tmp_path / "pictures", image__dcm=b"DICM", readme__txt=b"hello")) is None
    assert read_model(tmp_path / "pictures" / "readme.txt") is None


def test_an_exported_folder_is_read_the_same_by_the_library_it_is_for(tmp_path):
    """transformers' own loader on our folder gives the numbers that our encoder gives."""
    from transformers import AutoModel, AutoTokenizer

    from medstation.learning.weights import load_all
    from medstation_notes.hf_folder import export_folder
    from medstation_notes.mlm import MlmNetwork

    made, bench = sample_items(tmp_path, 3), Bench()
    (base,) = of(train("mlm", bench, cases(bench, {"train": made[:4], "test": made[4:]}), **TINY), Finished)
    export_folder(base.weights, base.config, tmp_path / "base")
    theirs = AutoModel.from_pretrained(tmp_path / "base", local_files_only=True).eval()
    words = AutoTokenizer.from_pretrained(tmp_path / "base", local_files_only=True)(
        "No chest pain.", return_tensors="pt"
    )
    ours = MlmNetwork(base.config)
    load_all(ours, unpack(base.weights))
    with torch.inference_mode():
        ids, mask = words["input_ids"], words["attention_mask"]
        expected = ours.eval().encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        assert torch.allclose(theirs(input_ids=ids, attention_mask=mask).last_hidden_state, expected, atol=1e-6)


def folder(path, **files):
    path.mkdir()
    for name, content in files.items():
        (path / name.replace("__", ".")).write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({}, "no model folder"),
        ({"config__json": b"{}", "pytorch_model__bin": b"\x80\x02."}, "pickled"),
        (
            {"config__json": b'{"model_type": "bert", "auto_map": {"AutoModel": "x.Y"}}', "model__safetensors": b""},
            "code",
        ),
        ({"config__json": b"{}", "model__safetensors": b"", "modeling_x__py": b"import os"}, "code"),
        ({"config__json": b'{"model_type": "bert", "trust_remote_code": true}', "model__safetensors": b""}, "code"),
        ({"config__json": b'{"model_type": "gpt2"}', "model__safetensors": b""}, "gpt2"),
        (
            {"config__json": b'{"model_type": "bert", "num_hidden_layers": 1000000000}', "model__safetensors": b""},
            "num_hidden_layers",
        ),
        ({"config__json": b"[" * 200_000, "model__safetensors": b""}, "no JSON"),
        ({"config__json": b"nothing", "model__safetensors": b""}, "no JSON"),
        ({"config__json": b'{"model_type": "bert"}', "model__safetensors": b""}, "tokenizer.json"),
    ],
)
def test_what_is_no_safe_model_folder_is_refused(tmp_path, files, told):
    from medstation_notes.hf_folder import import_folder

    with pytest.raises(Refused, match=told) as caught:
        import_folder(folder(tmp_path / "model", **files))
    assert caught.value.exit_code == 4


def test_a_pickled_checkpoint_is_refused_unread(tmp_path):
    from medstation_notes.hf_folder import import_folder

    (tmp_path / "model.pt").write_bytes(b"\x80\x02cos\nsystem\n")
    with pytest.raises(Refused, match="pickled"):
        import_folder(tmp_path / "model.pt")


@pytest.mark.realdata
@pytest.mark.slow
def test_the_crf_learns_real_diseases(realdata):
    made = items(realdata("text_ner_bio") / "ncbi_disease" / "train.tsv")
    bench = Bench()
    events = train("crf", bench, cases(bench, {"train": made[:120], "test": made[400:440]}), iterations=40)
    assert of(events, Started)[0].facts["types"] == ["Disease"]
    assert f1(of(events, Evaluation)[1]) > 0.5
