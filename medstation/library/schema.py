"""The library's tables, step by step. A step that was released is never changed; a new one is added."""

from __future__ import annotations

from medstation.library.words import PEOPLE, RECORDS, index_person, index_record
from medstation.vault import Migration, Transaction


def m001_people_and_records(tx: Transaction) -> None:
    """`originals`: the bytes of files; `pieces`: what an importer found in them; `records`: what it made of a group."""
    _run(
        tx,
        """CREATE TABLE people (
            id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, name TEXT NOT NULL, sex TEXT NOT NULL,
            birth_date TEXT NOT NULL)""",
        """CREATE TABLE groups (
            id INTEGER PRIMARY KEY, task TEXT NOT NULL, person INTEGER NOT NULL REFERENCES people, name TEXT NOT NULL,
            UNIQUE (task, person, name))""",
        """CREATE TABLE originals (
            id INTEGER PRIMARY KEY, task TEXT NOT NULL, sha256 TEXT NOT NULL, source TEXT NOT NULL,
            blob TEXT NOT NULL REFERENCES blobs, start INTEGER NOT NULL, length INTEGER NOT NULL,
            UNIQUE (task, sha256))""",
        "CREATE INDEX originals_by_blob ON originals (blob)",
        """CREATE TABLE pieces (
            id INTEGER PRIMARY KEY, grp INTEGER NOT NULL REFERENCES groups,
            original INTEGER NOT NULL REFERENCES originals, ordinal INTEGER NOT NULL, facts TEXT NOT NULL,
            digest BLOB NOT NULL, UNIQUE (grp, original, ordinal))""",
        "CREATE INDEX pieces_by_content ON pieces (original, digest)",
        """CREATE TABLE records (
            id INTEGER PRIMARY KEY AUTOINCREMENT, task TEXT NOT NULL, person INTEGER NOT NULL REFERENCES people,
            grp INTEGER NOT NULL REFERENCES groups, part TEXT NOT NULL, kind TEXT NOT NULL, title TEXT NOT NULL,
            subtitle TEXT NOT NULL, taken TEXT NOT NULL, meta TEXT NOT NULL, notes TEXT NOT NULL,
            own_notes TEXT NOT NULL DEFAULT '[]', UNIQUE (grp, part), UNIQUE (id, person))""",
        "CREATE INDEX records_by_person ON records (person)",
        """CREATE TABLE record_files (
            record INTEGER NOT NULL REFERENCES records ON DELETE CASCADE, position INTEGER NOT NULL,
            piece INTEGER NOT NULL REFERENCES pieces, PRIMARY KEY (record, position)) WITHOUT ROWID""",
        "CREATE INDEX record_files_by_piece ON record_files (piece)",
        "CREATE TABLE thumbnails (record INTEGER PRIMARY KEY REFERENCES records ON DELETE CASCADE, png BLOB NOT NULL)",
    )


def m002_labels(tx: Transaction) -> None:
    _run(
        tx,
        """CREATE TABLE labels (
            id INTEGER PRIMARY KEY, record INTEGER NOT NULL REFERENCES records, kind TEXT NOT NULL,
            version INTEGER NOT NULL, author TEXT NOT NULL, at TEXT NOT NULL, summary TEXT NOT NULL, payload BLOB,
            blob TEXT REFERENCES blobs, UNIQUE (record, kind, version), UNIQUE (id, record))""",
    )
    _forbid(tx, "labels", "UPDATE", "labels are never changed: add a new version")
    _forbid(tx, "labels", "DELETE", "labels are never deleted")


def m003_datasets(tx: Transaction) -> None:
    """The part belongs to the patient, and an item to its record's own patient: one patient cannot be in two parts."""
    _run(
        tx,
        """CREATE TABLE datasets (
            id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, task TEXT NOT NULL, label_kind TEXT NOT NULL,
            at TEXT NOT NULL, author TEXT NOT NULL, seed INTEGER NOT NULL, fractions TEXT NOT NULL,
            frozen INTEGER NOT NULL DEFAULT 0)""",
        """CREATE TABLE dataset_patients (
            dataset INTEGER NOT NULL REFERENCES datasets, person INTEGER NOT NULL REFERENCES people,
            part TEXT NOT NULL CHECK (part IN ('train', 'validation', 'test')),
            PRIMARY KEY (dataset, person)) WITHOUT ROWID""",
        """CREATE TABLE dataset_items (
            dataset INTEGER NOT NULL, record INTEGER NOT NULL, person INTEGER NOT NULL, label INTEGER,
            position INTEGER NOT NULL, PRIMARY KEY (dataset, record),
            FOREIGN KEY (dataset, person) REFERENCES dataset_patients (dataset, person),
            FOREIGN KEY (record, person) REFERENCES records (id, person),
            FOREIGN KEY (label, record) REFERENCES labels (id, record)) WITHOUT ROWID""",
        "CREATE INDEX dataset_items_by_record ON dataset_items (record)",
        """CREATE TRIGGER datasets_freeze_only BEFORE UPDATE ON datasets
            WHEN OLD.frozen OR NOT NEW.frozen OR OLD.name <> NEW.name OR OLD.task <> NEW.task
            BEGIN SELECT RAISE(ABORT, 'a data set never changes'); END""",
    )
    _forbid(tx, "datasets", "DELETE", "a data set is never deleted")
    for table in ("dataset_patients", "dataset_items"):
        _forbid(tx, table, "UPDATE", "a data set never changes")
        _forbid(tx, table, "DELETE", "a data set never changes")
        frozen = "WHEN (SELECT frozen FROM datasets WHERE id = NEW.dataset)"
        _forbid(tx, table, "INSERT", "a data set never changes", frozen)


def m004_runs_and_models(tx: Transaction) -> None:
    _run(
        tx,
        """CREATE TABLE models (
            id INTEGER PRIMARY KEY, name TEXT NOT NULL, version INTEGER NOT NULL, task TEXT NOT NULL,
            recipe TEXT NOT NULL, state TEXT NOT NULL CHECK (state IN ('candidate', 'approved', 'retired')),
            config TEXT NOT NULL, card TEXT NOT NULL, blob TEXT NOT NULL REFERENCES blobs,
            run INTEGER REFERENCES runs, author TEXT NOT NULL, at TEXT NOT NULL, UNIQUE (name, version))""",
        """CREATE TABLE runs (
            id INTEGER PRIMARY KEY, name TEXT NOT NULL, task TEXT NOT NULL, recipe TEXT NOT NULL,
            dataset INTEGER NOT NULL REFERENCES datasets, base INTEGER REFERENCES models, settings TEXT NOT NULL,
            seed INTEGER NOT NULL, state TEXT NOT NULL, message TEXT NOT NULL, author TEXT NOT NULL, at TEXT NOT NULL,
            model INTEGER REFERENCES models, results TEXT NOT NULL DEFAULT '{}',
            owner INTEGER NOT NULL, owner_since REAL NOT NULL, stop_requested INTEGER NOT NULL DEFAULT 0)""",
        """CREATE TABLE run_events (
            id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES runs, at TEXT NOT NULL, event TEXT NOT NULL)""",
        "CREATE INDEX run_events_by_run ON run_events (run)",
        """CREATE TABLE checkpoints (
            run INTEGER PRIMARY KEY REFERENCES runs, epoch INTEGER NOT NULL, blob TEXT NOT NULL REFERENCES blobs,
            at TEXT NOT NULL)""",
    )


def m005_predictions(tx: Transaction) -> None:
    _run(
        tx,
        """CREATE TABLE predictions (
            id INTEGER PRIMARY KEY, record INTEGER NOT NULL REFERENCES records,
            model INTEGER NOT NULL REFERENCES models, kind TEXT NOT NULL, at TEXT NOT NULL,
            author TEXT NOT NULL, findings TEXT NOT NULL, confidence REAL, summary TEXT NOT NULL,
            payload BLOB, blob TEXT REFERENCES blobs, UNIQUE (id, record))""",
        "CREATE INDEX predictions_by_record ON predictions (record)",
        """CREATE TABLE verdicts (
            id INTEGER PRIMARY KEY, prediction INTEGER NOT NULL REFERENCES predictions,
            verdict TEXT NOT NULL CHECK (verdict IN ('accepted', 'corrected', 'rejected')),
            label INTEGER REFERENCES labels, note TEXT NOT NULL, author TEXT NOT NULL, at TEXT NOT NULL)""",
        "CREATE INDEX verdicts_by_prediction ON verdicts (prediction)",
    )
    _forbid(tx, "verdicts", "UPDATE", "verdicts are never changed: add a new one")
    _forbid(tx, "verdicts", "DELETE", "verdicts are never deleted")


def m006_fingerprints(tx: Transaction) -> None:
    """Content is recognised by a keyed fingerprint; what was stored before stays known by its SHA-256."""
    _run(
        tx,
        "ALTER TABLE originals RENAME COLUMN sha256 TO fingerprint",
        "UPDATE originals SET fingerprint = 'sha256:' || fingerprint",
        "CREATE INDEX originals_of_before ON originals (task, length) WHERE fingerprint GLOB 'sha256:*'",
    )


def m007_search(tx: Transaction) -> None:
    """Indexes in the order of lists, and one for words: see `words`."""
    words = "USING fts5 (text, content = '', contentless_delete = 1, tokenize = 'ascii')"
    _run(
        tx,
        "CREATE UNIQUE INDEX people_in_order ON people (name COLLATE NOCASE, key)",
        "CREATE INDEX records_in_order ON records (person, taken)",
        "DROP INDEX records_by_person",
        "CREATE INDEX records_by_task ON records (task)",
        f"CREATE VIRTUAL TABLE {PEOPLE} {words}",
        f"CREATE VIRTUAL TABLE {RECORDS} {words}",
        f"""CREATE TRIGGER record_words_forget AFTER DELETE ON records
            BEGIN DELETE FROM {RECORDS} WHERE rowid = OLD.id; END""",
    )
    for person in tx.all("SELECT id FROM people"):
        index_person(tx, person["id"])
    for record in tx.all("SELECT id FROM records"):
        index_record(tx, record["id"])


def m008_model_states(tx: Transaction) -> None:
    """The states of a model one after the other, with who, why and what the gate said; the newest counts."""
    _run(
        tx,
        """CREATE TABLE model_states (
            id INTEGER PRIMARY KEY, model INTEGER NOT NULL REFERENCES models,
            state TEXT NOT NULL CHECK (state IN ('proposed', 'approved', 'retired')), reason TEXT NOT NULL,
            judged TEXT NOT NULL, author TEXT NOT NULL, at TEXT NOT NULL)""",
        "CREATE INDEX model_states_by_model ON model_states (model)",
        """INSERT INTO model_states (model, state, reason, judged, author, at)
            SELECT id, state, '', '{}', author, at FROM models WHERE state != 'candidate' ORDER BY id""",
        "ALTER TABLE models DROP COLUMN state",
    )
    _forbid(tx, "model_states", "UPDATE", "what was decided of a model stays: decide anew")
    _forbid(tx, "model_states", "DELETE", "what was decided of a model is never deleted")


def m009_studies(tx: Transaction) -> None:
    """Searches for settings; a trial is written once, when it is over."""
    _run(
        tx,
        """CREATE TABLE studies (
            id INTEGER PRIMARY KEY, task TEXT NOT NULL, recipe TEXT NOT NULL,
            dataset INTEGER NOT NULL REFERENCES datasets, base INTEGER REFERENCES models, settings TEXT NOT NULL,
            space TEXT NOT NULL, seed INTEGER NOT NULL, author TEXT NOT NULL, at TEXT NOT NULL)""",
        """CREATE TABLE trials (
            id INTEGER PRIMARY KEY, study INTEGER NOT NULL REFERENCES studies, at TEXT NOT NULL,
            trial TEXT NOT NULL)""",
        "CREATE INDEX trials_by_study ON trials (study)",
    )


def m010_federations(tx: Transaction) -> None:
    """Learning together: this site's keys, and what it agreed to take part in."""
    _run(
        tx,
        "CREATE TABLE site_keys (id INTEGER PRIMARY KEY CHECK (id = 1), keys TEXT NOT NULL, at TEXT NOT NULL)",
        """CREATE TABLE federations (
            id TEXT PRIMARY KEY, name TEXT NOT NULL, dataset INTEGER NOT NULL REFERENCES datasets, plan TEXT NOT NULL,
            author TEXT NOT NULL, at TEXT NOT NULL)""",
    )


MIGRATIONS: tuple[Migration, ...] = (
    m001_people_and_records,
    m002_labels,
    m003_datasets,
    m004_runs_and_models,
    m005_predictions,
    m006_fingerprints,
    m007_search,
    m008_model_states,
    m009_studies,
    m010_federations,
)


def _run(tx: Transaction, *statements: str) -> None:
    for statement in statements:
        tx.execute(statement)


def _forbid(tx: Transaction, table: str, verb: str, why: str, when: str = "") -> None:
    name = f"{table}_no_{verb.lower()}"
    tx.execute(f"CREATE TRIGGER {name} BEFORE {verb} ON {table} {when} BEGIN SELECT RAISE(ABORT, '{why}'); END")
