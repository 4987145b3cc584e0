"""What clinical notes bring: one task, declared. Everything heavy is named as text and loaded on first use."""

from __future__ import annotations

from collections.abc import Callable

from medstation.api import API_VERSION, Demo, Exporter, LabelKind, Setting, TaskSpec, hookimpl
from medstation_notes.crf_settings import CRF
from medstation_notes.declared import REQUIREMENTS
from medstation_notes.neural_settings import MLM, TAGGER, TRANSFORMER_CLASS, TRANSFORMER_TOKENS

LABEL_KINDS = (
    LabelKind("spans", "Entities", "medstation_notes.labels:read_spans", ("*.spans.json", "*.conll", "*.bio", "*.iob2"),
              belongs_to="medstation_notes.labels:owner"),
    LabelKind("class", "Note class", "medstation_notes.labels:read_class", ("*.class.json", "*.class.txt"),
              belongs_to="medstation_notes.labels:owner"),
)  # fmt: skip

_LABELLED = ("label", "prediction")

EXPORTERS = (
    Exporter("csv", "Table (CSV)", ".csv", _LABELLED, "medstation_notes.export_csv:write", ("spans", "class")),
    Exporter("conll", "CoNLL (IOB2)", ".conll", _LABELLED, "medstation_notes.export_conll:write", ("spans",)),
    Exporter("json", "Spans (JSON)", ".spans.json", _LABELLED, "medstation_notes.export_text:write_spans", ("spans",)),
    Exporter("fhir", "FHIR R4 (JSON)", ".fhir.json", _LABELLED, "medstation_notes.export_fhir:write", ("spans",)),
    Exporter("txt", "Text", ".txt", ("record",), "medstation_notes.export_text:write_text"),
)

IMPORT_SETTINGS = (
    Setting("text_column", "text", "", "Column of the note", "Empty finds the usual names: text, note, report, ..."),
    Setting("patient_column", "text", "", "Column of the patient", "Empty finds patient, subject_id, mrn, ..."),
    Setting("date_column", "text", "", "Column of the date", "Empty finds date, note_date, charttime, ..."),
    Setting("id_column", "text", "", "Column of the note's name", "Empty finds id, note_id, title, ..."),
    Setting(
        "sentences",
        "integer",
        10,
        "Sentences per document",
        "For CoNLL files that do not mark their documents; 0 makes one note of the whole file.",
        minimum=0,
        maximum=100_000,
    ),
)

DOCUMENTS = TaskSpec(
    id="notes.documents",
    title="Notes",
    summary="Clinical notes and other texts: read, mark entities, classify, learn, predict.",
    icon="notes",
    api_version=API_VERSION,
    accepts=(
        "Text (.txt)",
        "Tables (.csv, .tsv, .jsonl)",
        "CoNLL/BIO (.conll, .bio, .tsv)",
        "PubTator (.pubtator, .txt)",
    ),
    record_kinds=("note",),
    label_kinds=LABEL_KINDS,
    recipes=(CRF, TAGGER, TRANSFORMER_TOKENS, TRANSFORMER_CLASS, MLM),
    exporters=EXPORTERS,
    importer="medstation_notes.importer:NotesImporter",
    view="medstation_notes.view:NotesView",
    requirements=REQUIREMENTS,
    import_settings=IMPORT_SETTINGS,
    picture="medstation_notes.picture:picture",
    explain_picture="medstation_notes.explaining:picture",
    demo=Demo("medstation_samples.notes:write", "crf", {"iterations": 60}),
    warm=("numpy", "medstation_notes.crf"),
    import_model="medstation_notes.foreign:read_model",
    export_model="medstation_notes.foreign:write_model",
)


@hookimpl
def register_tasks(register: Callable[[TaskSpec], None]) -> None:
    register(DOCUMENTS)
