"""medstation records, medstation show RECORD"""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import asdict

from medstation.actions.importing import record_summary
from medstation.cli.context import Context
from medstation.cli.output import table

HELP = "find records"
SHOW_HELP = "a record with its labels and predictions"


def add(parser: ArgumentParser) -> None:
    parser.add_argument("--task", default="", metavar="ID")
    parser.add_argument("--patient", default="", metavar="P")
    parser.add_argument("--query", default="", metavar="TEXT", help="in patient, title, date")
    parser.add_argument("--limit", type=int, default=1000, metavar="N", help="list at most N (1000; 0 for all)")
    parser.add_argument("--offset", type=int, default=0, metavar="N", help="leave out the first N")
    parser.set_defaults(run=run)


def add_show(parser: ArgumentParser) -> None:
    parser.add_argument("record", metavar="RECORD")
    parser.set_defaults(run=show)


def run(context: Context) -> int:
    given = context.arguments
    with context.workstation() as ws:
        page = ws.library.records(
            given.task, given.patient, given.query, given.limit + 1 if given.limit > 0 else -1, max(0, given.offset)
        )
    found = [record_summary(one) for one in (page[: given.limit] if given.limit > 0 else page)]
    more = len(found) < len(page)
    rows = [[one["id"], one["patient"], one["title"], one["subtitle"], one["when"][:10], one["kind"]] for one in found]
    text = table(["id", "patient", "title", "", "date", "kind"], rows, "no records")
    after = f"\nThere are more: --offset {max(0, given.offset) + given.limit} goes on." if more else ""
    context.output.result({"records": found, "more": more}, text + after)
    return 0


def show(context: Context) -> int:
    with context.workstation() as ws:
        record = ws.library.record(context.arguments.record)
        labels = [asdict(label) for label in ws.library.labels(record.id)]
        predictions = [asdict(prediction) for prediction in ws.library.predictions(record.id)]
        ws.library.note_view(record.id)
    result = {**record_summary(record), "person": asdict(record.person), "meta": record.meta}
    lines = [
        f"{record.id}  {record.title}",
        f"patient {record.person.key}  {record.person.name}",
        record.subtitle,
        record.when,
    ]
    lines += [f"note: {note}" for note in record.notes]
    lines += [
        f"label {one['id']} v{one['version']} {one['kind']} by {one['author']} {one['when'][:16]}" for one in labels
    ]
    lines += [f"prediction {one['id']} by {one['model']} {one['verdict']}" for one in predictions]
    text = "\n".join(line for line in lines if line)
    context.output.result({**result, "labels": labels, "predictions": predictions}, text)
    return 0
