"""From a model's card, run and history to the sections of its report. Plain values in, plain values out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from medstation.actions import report_charts as draw
from medstation.actions.charts import run_panels
from medstation.actions.report_parts import Chart, Section, Table, value
from medstation.api import Json, MetricSpec, ModelInfo, Recipe
from medstation.library import PARTS, Decision, Run

MOST_GROUPS = 14
_IN_WORDS = ("membership_auc", "low", "high", "members", "others")
"""What the privacy section says in a sentence."""


@dataclass(frozen=True)
class Known:
    """All that a report is made from. `run` and `events` are of the run that made the model, where one did."""

    model: ModelInfo
    recipe: Recipe
    run: Run | None
    events: Sequence[Json]
    decisions: Sequence[Decision]

    @property
    def card(self) -> Json:
        return self.model.card

    @property
    def examined(self) -> Json:
        found: Json = self.model.card.get("examined", {})
        return found

    @property
    def metric(self) -> MetricSpec:
        return self.recipe.metrics[0]


def sections(known: Known) -> tuple[Section, ...]:
    """Those sections that there is something to say in, in the order of what matters."""
    made = (
        verdict, proof, per_class, closer, calibration, subgroups, robustness, privacy, forgetting, course, notes,
        provenance, history,
    )  # fmt: skip
    return tuple(found for one in made if (found := one(known)) is not None)


def verdict(known: Known) -> Section | None:
    judged = known.card.get("judged")
    if not judged:
        return None
    needs = "It needs a written reason to be approved." if judged["needs_reason"] else "Nothing speaks against it."
    head = f"{judged['word'].capitalize()}, beside {judged['rival']}, on {judged['patients']} patients. {needs}"
    return Section("What the gate says", (head,), small=tuple(sentence(one["says"]) for one in judged["findings"]))


def proof(known: Known) -> Section:
    card, specs = known.card, {metric.name: metric for metric in known.recipe.metrics}
    if not card.get("test"):
        return Section("Before and after", ("It was not measured in this vault.",))
    rows = []
    for name, after in card["test"].items():
        before, difference = card.get("before", {}).get(name), card.get("difference", {}).get(name)
        rows.append(
            (
                specs[name].title if name in specs else name,
                value(before) if before else "",
                value(after),
                value(difference, "+") if difference else "",
                str(difference.get("says", "")) if difference else "",
            )
        )
    head = ("metric", "before", "after", "difference", "")
    told = f"On the same frozen test set of {card.get('test_patients', 0)} patients, 95 % intervals by patient."
    return Section("Before and after", (told,), (Table(head, tuple(rows)),), tuple(_proof_charts(known)))


def _proof_charts(known: Known) -> Iterator[Chart]:
    name, card = known.metric.name, known.card
    sides = {side: card.get(part, {}).get(name) for side, part in (("before", "before"), ("after", "test"))}
    found = {side: one for side, one in sides.items() if one}
    if found:
        yield Chart(f"{known.metric.title} before and after", draw.compared(known.metric.title, found))


def course(known: Known) -> Section | None:
    panels = run_panels(known.events, known.metric.name)
    if not panels:
        return None
    charts = tuple(Chart(f"{title} by epoch", draw.curves(title, lines)) for title, lines in panels.items())
    told = f"{known.card.get('epochs', '?')} epochs; it ended: {known.card.get('stopped', '')}."
    return Section("The run", (told,), charts=charts)


def per_class(known: Known) -> Section | None:
    told = known.examined.get("per_class")
    if not told:
        return None
    rows = tuple(
        (one["name"], *(f"{one[name]:.3f}" for name in ("precision", "recall", "f1")), str(one["cases"]))
        for one in told["classes"]
    )
    names = [one["name"] for one in told["classes"]]
    charts = [Chart("Confusion matrix", draw.confusion(names, told["confusion"]))]
    if lines := told["curves"]:
        charts += [Chart("ROC curves", draw.roc(lines)), Chart("Precision and recall", draw.precision_recall(lines))]
    areas = "; ".join(f"{one['name']} {value(one['area'])}" for one in told["curves"])
    text = (f"{told['cases']} test cases of {told['patients']} patients.",)
    small = (f"Area under the ROC curve, 95 % intervals by patient: {areas}.",) if areas else ()
    table = Table(("class", "precision", "recall", "F1", "cases"), rows)
    return Section("Class by class", text, (table,), tuple(charts), small)


def closer(known: Known) -> Section | None:
    told = known.examined.get("closer")
    if not told:
        return None
    rows = tuple((name, value(one), str(one["cases"])) for name, one in told.items())
    return Section("More closely", tables=(Table(("measure", "mean over cases", "cases"), rows),))


def calibration(known: Known) -> Section | None:
    told = known.examined.get("calibration")
    if not told:
        return None
    changed = told["temperature"] != 1.0
    text = [
        f"Expected calibration error on the {told['part']} cases: {told['after']['error']:.3f}"
        + (
            f" ({told['before']['error']:.3f} before its temperature of {told['temperature']:.2f})." if changed else "."
        ),
    ]
    if sets := told.get("sets"):
        text.append(
            f"Sets of classes that promise to hold the truth in {100 * sets['wanted']:.0f} % of cases held it in "
            f"{100 * sets['coverage']:.1f} %, with {sets['size']:.2f} classes on the mean."
        )
    sides = {"before": told["before"], "after": told["after"]} if changed else {"confidence": told["after"]}
    small = ("Error 0: of all that it says with 80 % confidence, 80 % is right.",)
    return Section("Confidence", tuple(text), charts=(Chart("Reliability", draw.reliability(sides)),), small=small)


def subgroups(known: Known) -> Section | None:
    name = known.metric.name
    found = {group: one[name] for group, one in known.card.get("subgroups", {}).items() if name in one}
    if not found:
        return None
    shown = dict(list(found.items())[:MOST_GROUPS])
    rows = tuple((group, value(one)) for group, one in shown.items())
    small = tuple(
        f"{gap['high']} is above {gap['low']} by {value(gap['difference'])}"
        + ("." if gap["shown"] else ": these patients cannot show a difference.")
        for gap in known.card.get("gaps", ())
    )
    chart = Chart(f"{known.metric.title} by group", draw.groups(known.metric.title, shown))
    return Section("Groups of patients", (), (Table(("group", known.metric.title), rows),), (chart,), small)


def robustness(known: Known) -> Section | None:
    told = known.examined.get("robustness")
    if not told or not told.get("curves"):
        return None
    charts = tuple(
        Chart(f"{told['measure']} under {name}", draw.strengths(name, one, told["clean"], told["measure"]))
        for name, one in told["curves"].items()
    )
    text = (f"How {told['measure']} falls when the input gets worse, on {told['cases']} cases.",)
    rows = tuple(
        (name, f"{point['strength']:g} {one['unit']}".strip(), value(point))
        for name, one in told["curves"].items()
        for point in one["points"]
    )
    table = Table(("damage", "strength", told["measure"]), (("none", "", value(told["clean"])), *rows))
    return Section("Robustness", text, (table,), charts)


def privacy(known: Known) -> Section | None:
    told = known.examined.get("privacy")
    if not told:
        return None
    text = []
    if "membership_auc" in told:
        auc = {"value": told["membership_auc"], "low": told["low"], "high": told["high"]}
        text.append(
            f"Telling those it learnt from and others apart by the loss: area {value(auc)} "
            f"({told['members']} and {told['others']} patients). 0.5 is no better than guessing."
        )
    rows = tuple(
        (name.replace("_", " "), _word(one))
        for name, one in told.items()
        if name not in _IN_WORDS and not isinstance(one, dict | list)
    )
    return Section("Privacy", tuple(text), (Table((), rows),) if rows else ())


def forgetting(known: Known) -> Section | None:
    told = known.examined.get("forgetting")
    if not told:
        return None
    rows = tuple(
        (name, value(before), value(told["after"][name]), value(told["difference"][name], "+"))
        for name, before in told.get("before", {}).items()
        if name in told.get("after", {}) and name in told.get("difference", {})
    )
    text = (f"On what {told['base']} was tested with: {told['cases']} cases of {told['patients']} patients.",)
    return Section("What it may have forgotten", text, (Table(("metric", "base", "now", "difference"), rows),))


def notes(known: Known) -> Section | None:
    told = [str(one) for one in known.card.get("notes", ())]
    return Section("Remarks of the run", tuple(told)) if told else None


def provenance(known: Known) -> Section:
    model, card = known.model, known.card
    parts = card.get("cases", {})
    rows = [
        ("recipe", f"{known.recipe.title} ({model.task}/{model.recipe})"),
        ("data set", str(card.get("dataset", ""))),
        ("records: train, validation, test", ", ".join(str(parts[name]) for name in PARTS if name in parts)),
        ("started from", str(card.get("base") or "scratch")),
        ("seed", str(card.get("seed", ""))),
        ("run", known.run.id if known.run else ""),
        ("parameters", f"{card.get('parameters', 0):,}"),
        ("weights", f"{card.get('bytes', 0) / 1e6:,.1f} MB, SHA-256 {str(card.get('sha256', ''))[:16]}…"),
        ("imported from", str(card.get("imported", ""))),
    ]
    settings = tuple((name.replace("_", " "), _word(one)) for name, one in card.get("settings", {}).items())
    known_rows = tuple(row for row in rows if row[1])
    tables = (Table((), known_rows), *((Table(("setting", "value"), settings),) if settings else ()))
    return Section("Where it comes from", tables=tables)


def history(known: Known) -> Section | None:
    if not known.decisions:
        return None
    rows = tuple((one.when[:16].replace("T", " "), one.state, one.author, one.reason) for one in known.decisions)
    return Section("Decisions", tables=(Table(("when", "state", "by", "reason"), rows),))


def sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def _word(one: object) -> str:
    if isinstance(one, bool):
        return "on" if one else "off"
    return f"{one:.4g}" if isinstance(one, float) else str(one)


def series_section(results: Json) -> Section:
    """What a cross-validation or a learning curve found (`medstation.actions.series`)."""
    told = results["series"]
    pooled = tuple((name, value(one)) for name, one in results["after"].items())
    count = results["patients"]
    if told["kind"] == "folds":
        rows = tuple((one["title"], str(one["cases"]), f"{one['value']:.3g}") for one in told["steps"])
        tables = (Table(("metric", "over all folds"), pooled), Table(("", "cases", told["metric"]), rows))
        text = f"{count} patients, each judged once by a model that never met them; the test part was left alone."
        return Section("Cross-validation", (text,), tables)
    points = tuple((str(one["cases"]), value(one)) for one in told["steps"])
    text = f"Judged on the {count} patients of the test part."
    gain = f"{told['more']} labels more are expected to change {told['metric']} by {value(told['gain'], '+')}."
    small = ("Carried on as one over the square root of the cases; that another training ends a little differently "
             "is not in the interval.",)  # fmt: skip
    return Section("Learning curve", (text, gain), (Table(("training cases", told["metric"]), points),), small=small)
