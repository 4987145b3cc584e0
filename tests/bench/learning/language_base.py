"""A base for the comparisons on notes, made here: a small language model, then taught chemicals and diseases.

    python tests/bench/learning/language_base.py OUT [epochs]

writes OUT.safetensors and OUT.json. The words come from the training part of NCBI disease, BC5CDR, AnatEM and PubMedQA
(no labels), the entities from BC5CDR; nothing is read of the abstracts that NCBI models are tested on.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ground import DATA, Bench, Ground, ncbi, outcome
from ground import _looked as looked
from ground import _placed as placed

from medstation.api import Case, Event, Finished, Json, Metric, ModelInfo, Person, Record
from medstation_notes import conll, note
from medstation_notes.mlm import MlmRecipe
from medstation_notes.transformer_tokens import TokensRecipe

READ = 1000
"""Texts for the language model."""
SENTENCES = 10
"""Of the word lists, which have no documents, that many sentences make a text: about an abstract."""


@dataclass(frozen=True)
class Text:
    """A text in memory, as the one file of a record."""

    text: str

    def __len__(self) -> int:
        return 1

    def name(self, index: int) -> str:
        return "text"

    def facts(self, index: int) -> Json:
        return {"format": "text", "encoding": "utf-8"}

    def size(self, index: int) -> int:
        return len(self.text.encode())

    def read(self, index: int, offset: int = 0, length: int = -1) -> bytes:
        return self.text.encode()[offset : offset + length if length >= 0 else None]

    def readinto(self, index: int, offset: int, buffer: memoryview) -> None:
        buffer[:] = self.read(index, offset, len(buffer))


def abstracts() -> list[str]:
    """About 3 million letters of titles and abstracts."""
    learnt = ncbi(MlmRecipe())
    train = [case for case in learnt.cases if case.part == "train"]
    found = [note.read(case.record, learnt.bench.files(case.record)).text for case in train]
    for path in sorted((DATA / "text_ner_bio").glob("*/*.tsv")):
        if path.parent.name != "ncbi_disease":
            sentences = conll.sentences_of(path.read_text("utf-8"))
            found += [conll.rebuilt(sentences[at : at + SENTENCES])[0] for at in range(0, len(sentences), SENTENCES)]
    asked = json.loads((DATA / "text_pubmedqa" / "pqal_dev500.json").read_text("utf-8"))
    return found + ["\n".join([one["QUESTION"], *one["CONTEXTS"]]) for one in asked.values()]


def ground() -> Ground:
    """The language model's recipe over all abstracts; every fortieth is kept to see how well it guesses."""
    bench, cases = Bench(), []
    for number, text in enumerate(abstracts()):
        record = Record(f"r-{number}", "notes.documents", "note", Person(f"P{number}"), "text", "", "", {})
        bench.sources[record.id] = Text(text)
        cases.append(Case(record, "", "train" if number % 40 else "validation"))
    return Ground(MlmRecipe(), cases, bench)


def entities(folder: str, files: tuple[str, ...], held: int, part: str = "validation", seed: int = 0) -> Ground:
    """Abstracts of a corpus of `text_ner_bio` with their entities; `held` of them are the `part`, the rest to learn."""
    paths = [DATA / "text_ner_bio" / folder / f"{name}.tsv" for name in files]
    found = looked(paths, "notes.documents", labels=True)
    order = np.random.default_rng(seed).permutation(len(found))
    bench, cases = Bench(), []
    for place, number in enumerate(order.tolist()):
        cases.append(placed(bench, *found[number], part if place < held else "train", place))
    return Ground(TokensRecipe(), cases, bench)


def load(path: str) -> tuple[ModelInfo, bytes]:
    """What `main` wrote."""
    config = json.loads(Path(path + ".json").read_text("utf-8"))
    info = ModelInfo("base", "base", 1, "candidate", "notes.documents", "transformer-tokens", config, {})
    return info, Path(path + ".safetensors").read_bytes()


def taught(events: Iterator[Event]) -> Finished:
    """The finished run; its curves are printed on the way."""
    kept = []
    for event in events:
        kept.append(event)
        if isinstance(event, Metric) and "learning_rate" in event.values:
            print(json.dumps([event.epoch, dict(event.values)]), flush=True)
    return outcome(kept)[0]


def main(out: str, epochs: int = 4, files: tuple[str, ...] = ("train", "devel")) -> None:
    begun = time.process_time()
    sizes = {"layers": 2, "width": 128, "window": 128, "stride": 16, "vocabulary": 5000, "threads": 1}
    language = taught(ground().fewer(READ).fit(epochs=1, batch_size=8, windows=1, learning_rate=1e-3, **sizes))
    learnt = entities("bc5cdr", files, 40)
    base = learnt.keep(language)
    window = {"window": 128, "stride": 16, "threads": 1}
    finished = taught(learnt.fit(base=base, epochs=epochs, batch_size=4, learning_rate=1e-3, patience=0, **window))
    Path(out + ".safetensors").write_bytes(finished.weights)
    Path(out + ".json").write_text(json.dumps(finished.config), "utf-8")
    spent = round(time.process_time() - begun)
    print(json.dumps({"entities f1": finished.facts["best_value"], "cpu_seconds": spent}))


if __name__ == "__main__":
    main(sys.argv[1], *(int(one) for one in sys.argv[2:]))
