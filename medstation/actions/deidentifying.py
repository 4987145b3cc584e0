"""De-identification: copies without identity, of files on the disk or of records in the vault."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from medstation.actions.many_files import FilesOnDisk, JoinedFiles
from medstation.actions.walking import walk
from medstation.actions.workstation import Workstation, at_work, find_plugins
from medstation.api import Fetched, FileSource, Json, NotFound, Skipped, TaskSpec, WrongUsage, resolve, resolve_ref
from medstation.api.encoding import skipped_to_json
from medstation.jobs import Desk, Job, Pool
from medstation.registry import Registry
from medstation.vault import Migration, Transaction, Vault, now, rights

if TYPE_CHECKING:
    import numpy as np

KEY_BYTES = 32


def start_files(
    pool: Pool, paths: Iterable[Path], out: Path, settings: Mapping[str, object], key: bytes, task: str = ""
) -> Job:
    """Of files and folders. Result: the task's report (see `Deidentify`) with "skipped", what could not be read."""
    request = _request(find_plugins(), task, out, settings)
    request |= {"paths": [str(Path(path).absolute()) for path in paths], "key": key.hex()}
    return pool.submit("medstation.actions.deidentifying:run_files", request, "De-identify", wait_for_warm=False)


def start_records(
    ws: Workstation, record_ids: Sequence[str], out: Path, settings: Mapping[str, object], reason: str = ""
) -> Job:
    """Of records of one task: an export, and so in the audit log. Their pseudonyms are kept in the vault."""
    ws.library.check_export(reason)
    task = _task_of(ws, record_ids)
    request = _request(ws.registry, task, out, settings) | {"records": list(record_ids), "reason": reason}
    target = "medstation.actions.deidentifying:run_records"
    return ws.submit(rights.DEIDENTIFY, target, request, "De-identify", wait_for_warm=False)


def start_look(ws: Workstation, record_ids: Sequence[str]) -> Job:
    """The pictures of records that may hold text, for a person to confirm where; see `LookForText`.

    Result: its facts, and the pictures in `Done.arrays`.
    """
    spec = task_for(ws.registry, _task_of(ws, record_ids))
    if not spec.deidentify_look:
        raise NotFound(f"{spec.title} cannot show where pictures hold text", "Use medstation deidentify --review.")
    request = {"look": spec.deidentify_look, "records": list(record_ids)}
    target = "medstation.actions.deidentifying:run_look"
    return ws.submit(rights.DEIDENTIFY, target, request, "Look for text", wait_for_warm=False)


def _task_of(ws: Workstation, record_ids: Sequence[str]) -> str:
    tasks = {ws.library.record(record_id).task for record_id in record_ids}
    if len(tasks) != 1:
        raise WrongUsage("the records are not of one task", "De-identify the records of each task by themselves.")
    return tasks.pop()


def task_for(registry: Registry, task: str) -> TaskSpec:
    """The task that can de-identify: the named one, or the first that can."""
    specs = [registry.task(task)] if task else list(registry.tasks.values())
    spec = next((one for one in specs if one.deidentify), None)
    if spec is None:
        raise NotFound(f"{task or 'no task'} can de-identify", "Tasks that can: imaging.series.")
    return spec


def vault_key(vault: Vault, user: str) -> bytes:
    """The vault's own secret for pseudonyms, made when it is first needed."""
    vault.migrate("deidentifying", MIGRATIONS)
    with vault.read() as reader:
        row = reader.one("SELECT key FROM deidentifying")
    if row is None:
        with vault.write(user, "deidentify.key") as tx:
            row = tx.one("SELECT key FROM deidentifying")  # another process may have been faster
            if row is None:
                tx.insert("deidentifying", key=secrets.token_bytes(KEY_BYTES))
                row = tx.one("SELECT key FROM deidentifying")
    assert row
    return bytes(row["key"])


def run_files(request: Json, desk: Desk) -> Json:
    found = list(walk(Path(path) for path in request["paths"]))
    paths = [path for path in found if not isinstance(path, Skipped)]
    skipped = [skipped_to_json(path) for path in found if isinstance(path, Skipped)]
    spec = task_for(find_plugins(), request["task"])
    result = _run(spec, FilesOnDisk(paths), request, bytes.fromhex(request["key"]), desk)
    return result | {"skipped": skipped}


def run_records(request: Json, desk: Desk) -> Json:
    with at_work(request, desk) as bench:
        library = bench.library
        library.check_export(request["reason"])
        spec = task_for(bench.registry, request["task"])
        owners: list[tuple[str, FileSource]] = []
        for record_id in request["records"]:
            owners.append((library.record(record_id).person.key, library.files(record_id)))
        joined = JoinedFiles([files for _, files in owners])
        result = _run(spec, joined, request, vault_key(library.vault, library.user), desk)
        _keep_pseudonyms(library.vault, library.user, joined, [person for person, _ in owners], result)
        library.note_export(",".join(request["records"]), "deidentified", [request["out"]], request["reason"])
        return result


def run_look(request: Json, desk: Desk) -> tuple[Json, Mapping[str, np.ndarray]]:
    with at_work(request, desk) as bench:
        files = JoinedFiles([bench.library.files(record_id) for record_id in request["records"]])
        found: Fetched = resolve_ref(request["look"])(files, desk.report)
        return dict(found.facts), found.arrays


def _request(registry: Registry, task: str, out: Path, settings: Mapping[str, object]) -> Json:
    spec = task_for(registry, task)
    checked = resolve(spec.deidentify_settings, settings)
    return {"task": spec.id, "out": str(Path(out).absolute()), "settings": checked}


def _run(spec: TaskSpec, files: FileSource, request: Json, key: bytes, desk: Desk) -> Json:
    result: Json = resolve_ref(spec.deidentify)(files, Path(request["out"]), request["settings"], key, desk.report)
    return result


def _keep_pseudonyms(vault: Vault, user: str, joined: JoinedFiles, people: Sequence[str], result: Json) -> None:
    """Who is who, for the people of this vault alone."""
    pairs = {(people[joined.source_of(one["number"] - 1)], one["patient"]) for one in result.get("files", ())}
    if not pairs:
        return
    with vault.write(user, "") as tx:
        for person, pseudonym in sorted(pairs):
            known = tx.one("SELECT 1 FROM pseudonyms WHERE person = ? AND pseudonym = ?", person, pseudonym)
            if known is None:
                tx.insert("pseudonyms", person=person, pseudonym=pseudonym, since=now())


def m001_key_and_pseudonyms(tx: Transaction) -> None:
    tx.execute("CREATE TABLE deidentifying (key BLOB NOT NULL)")
    tx.execute(
        """CREATE TABLE pseudonyms (
            person TEXT NOT NULL, pseudonym TEXT NOT NULL, since TEXT NOT NULL, PRIMARY KEY (person, pseudonym))"""
    )


MIGRATIONS: tuple[Migration, ...] = (m001_key_and_pseudonyms,)
