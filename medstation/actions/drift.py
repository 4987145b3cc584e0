"""Watching a model in use: are the records still like those it learnt from, is it as sure, are its results accepted?

All from what the library holds; no model is run. Distributions are compared by the two-sample Kolmogorov-Smirnov test,
with the level divided by the number of comparisons (Bonferroni).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field

import numpy as np

from medstation.actions.lineage import run_of
from medstation.actions.subgroups import age
from medstation.api import Json, MedStationError, ModelInfo, Record
from medstation.library import Library, Prediction

LEVEL = 0.05
LEAST = 10
"""Records on each side, fewer say nothing."""
MOST = 500
"""The newest records that are looked at."""
RECENT = 30
"""The newest verdicts, compared with those before them."""
NEW_SHARE = 0.1
"""Records with a device or the like that was never learnt from: more than this part is told."""
ENOUGH_CORRECTIONS = 10
"""Corrected cases that make another fine-tuning worth it."""
_UNTOLD = {"study", "series", "frame_of_reference", "series_number", "start", "order", "sop", "series_description",
           "study_description", "affine"}  # fmt: skip
"""What differs in every record and says nothing of how it was made."""


@dataclass(frozen=True)
class Change:
    """One thing that was compared: what it was when the model learnt, what it is now, and whether it drifted."""

    name: str
    then: str
    now: str
    drifted: bool


@dataclass(frozen=True)
class Drift:
    """`learnt` and `seen` are records compared; `months` has {"month", "predictions", "accepted", "corrected",
    "rejected"}; `waiting` corrected cases have not been learnt from yet.
    """

    model: str
    learnt: int
    seen: int
    changes: tuple[Change, ...]
    months: tuple[Json, ...]
    waiting: int
    caveats: tuple[str, ...] = field(default=())

    @property
    def drifted(self) -> bool:
        return any(one.drifted for one in self.changes)

    def to_json(self) -> Json:
        return {**asdict(self), "drifted": self.drifted, "enough": self.waiting >= ENOUGH_CORRECTIONS}


def watched(library: Library, model: ModelInfo) -> Drift:
    """How a model fares since it learnt."""
    said = library.predictions_of(model.id)
    reference = _learnt(library, model)
    known = {record.id for record in reference}
    newest = list(dict.fromkeys(one.record for one in reversed(said) if one.record not in known))[:MOST]
    fresh = [library.record(record) for record in newest]
    caveats = []
    if not reference:
        caveats.append("What it learnt from is not in this vault, so records cannot be compared.")
    elif min(len(reference), len(fresh)) < LEAST:
        caveats.append(f"{len(fresh)} new records and {len(reference)} learnt ones: at least {LEAST} of each tell.")
    compared = [*_records(reference, fresh), *_confidence(model, said, known), *_verdicts(said)]
    return Drift(
        model=f"{model.name}@{model.version}",
        learnt=len(reference),
        seen=len(fresh),
        changes=tuple(compared),
        months=tuple(_months(said)),
        waiting=len(library.corrections(model.name)),
        caveats=tuple(caveats),
    )


def _learnt(library: Library, model: ModelInfo) -> list[Record]:
    made_by = run_of(library, model)
    try:
        items = library.dataset(made_by.dataset).part("train") if made_by else ()
    except MedStationError:
        items = ()
    return [library.record(item.record_id) for item in items]


def _records(reference: Sequence[Record], fresh: Sequence[Record]) -> Iterator[Change]:
    """Numbers of the records by their distribution, words by what is new among them."""
    if min(len(reference), len(fresh)) < LEAST:
        return
    then, now = [_traits(one) for one in reference], [_traits(one) for one in fresh]
    names = sorted({name for traits in (*then, *now) for name in traits})
    numbers = [name for name in names if _enough(_values(then, name)) and _enough(_values(now, name))]
    for name in numbers:
        yield _shifted(name, _values(then, name), _values(now, name), LEVEL / len(numbers))
    for name in names:
        yield from _unheard(name, _words(then, name), _words(now, name))


def _traits(record: Record) -> dict[str, float | str]:
    """Numbers and words that tell how a record was made: its meta, flattened, with the patient's sex and age."""
    traits = dict(_flat(record.meta, ""))
    if record.person.sex:
        traits["sex"] = record.person.sex
    if (years := age(record)) is not None:
        traits["age"] = years
    return traits


def _flat(value: object, name: str) -> Iterator[tuple[str, float | str]]:
    if isinstance(value, bool):
        yield name, str(value)
    elif isinstance(value, int | float):
        yield name, float(value)
    elif isinstance(value, str) and value and len(value) <= 60:
        yield name, value
    elif isinstance(value, Mapping):
        for key, one in value.items():
            if key not in _UNTOLD:
                yield from _flat(one, f"{name} {key}".strip().replace("_", " "))
    elif isinstance(value, list | tuple) and len(value) <= 3:
        for place, one in enumerate(value):
            if isinstance(one, int | float):
                yield from _flat(one, f"{name} {place + 1}")


def _values(traits: Iterable[Mapping[str, float | str]], name: str) -> list[float]:
    return [one for some in traits if isinstance(one := some.get(name), float) and np.isfinite(one)]


def _words(traits: Iterable[Mapping[str, float | str]], name: str) -> list[str]:
    return [one for some in traits if isinstance(one := some.get(name), str)]


def _enough(values: Sequence[float]) -> bool:
    return len(values) >= LEAST


def _shifted(name: str, then: Sequence[float], now: Sequence[float], level: float) -> Change:
    from scipy.stats import ks_2samp

    chance = float(ks_2samp(then, now).pvalue)
    return Change(name, _spread(then), _spread(now), chance < level)


def _spread(values: Sequence[float]) -> str:
    low, middle, high = np.quantile(values, [0.05, 0.5, 0.95])
    return f"{middle:.3g} ({low:.3g} to {high:.3g})"


def _unheard(name: str, then: Sequence[str], now: Sequence[str]) -> Iterator[Change]:
    """A word (a device, a site) that was not among those learnt from, where more than a few records have one."""
    if not then or not now or len(set(then)) > len(then) / 2:  # a word of its own in every record tells nothing
        return
    fresh = Counter(one for one in now if one not in set(then))
    count = fresh.total()
    if count >= max(3, NEW_SHARE * len(now)):
        most = ", ".join(word for word, _ in fresh.most_common(3))
        yield Change(name, ", ".join(sorted(set(then))[:3]), f"{most} in {count} of {len(now)} records", True)


def _confidence(model: ModelInfo, said: Sequence[Prediction], known: set[str]) -> Iterator[Change]:
    """How sure it is, beside how sure it was on its test patients."""
    kept = model.card.get("examined", {}).get("confidences", {})
    now = [one.confidence for one in said if one.confidence is not None and one.record not in known][-MOST:]
    if kept and _enough(now) and kept["cases"] >= LEAST:
        then = np.interp(np.linspace(0, 1, kept["cases"]), np.linspace(0, 1, len(kept["quantiles"])), kept["quantiles"])
        yield _shifted("confidence", then.tolist(), now, LEVEL)


def _verdicts(said: Sequence[Prediction]) -> Iterator[Change]:
    """The share of accepted results among the newest verdicts, beside those before (Fisher's exact test)."""
    judged = [one.verdict == "accepted" for one in said if one.verdict]
    before, recent = judged[:-RECENT], judged[-RECENT:]
    if len(before) < LEAST:
        return
    from scipy.stats import fisher_exact

    table = [[sum(before), len(before) - sum(before)], [sum(recent), len(recent) - sum(recent)]]
    chance = float(fisher_exact(table).pvalue)
    shares = [f"{100 * sum(some) / len(some):.0f} % of {len(some)}" for some in (before, recent)]
    fell = sum(recent) / len(recent) < sum(before) / len(before)
    yield Change("accepted results", shares[0], shares[1], chance < LEVEL and fell)


def _months(said: Sequence[Prediction]) -> Iterator[Json]:
    by_month: dict[str, Counter[str]] = {}
    for one in said:
        by_month.setdefault(one.when[:7], Counter())[one.verdict or "none"] += 1
    for month, counts in sorted(by_month.items()):
        verdicts = {name: counts[name] for name in ("accepted", "corrected", "rejected")}
        yield {"month": month, "predictions": counts.total(), **verdicts}


def waiting(library: Library, task: str) -> tuple[str, int]:
    """The model of a task for which the most corrected cases wait, and how many; ("", 0) when they are too few."""
    names = dict.fromkeys(model.name for model in library.models(task))
    counts = {name: len(library.corrections(name)) for name in names}
    most = max(counts, key=lambda name: counts[name], default="")
    return (most, counts[most]) if most and counts[most] >= ENOUGH_CORRECTIONS else ("", 0)
