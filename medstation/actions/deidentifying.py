"""De-identification: copies without identity, of files on the disk or of records in the vault."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from medstation.actions.walking import walk
from medstation.actions.workstation import Workstation, at_work, find_plugins
from medstation.api import BadInput, FileSource, Json, NotFound, Skipped, TaskSpec, WrongUsage, resolve, resolve_ref
from medstation.api.encoding import skipped_to_json
from medstation.jobs import Desk, Job, Pool
from medstation.registry import Registry
from medstation.vault import Migration, Transaction, Vault, now

KEY_BYTES = 32


def start_files(
    pool: Pool, paths: Iterable[Path], out: Path, settings: Mapping[str, object], key: bytes, task: str = ""
) -> Job:
    """Of files and folders. Result: the task's report (see `Deidentify`) with "skipped", what could not be read."""
    request = _request(find_plugins(), task, out, settings)
    request |= {"paths": [str(Path(path).absolute()) for path in paths], "key": key.hex()}
    return pool.submit("medstation.actions.deidentifying:run_files", request, "De-identify", wait_for_warm=False)


def start_records(ws: Workstation, record_ids: Sequence[str], out: Path, settings: Mapping[str, object]) -> Job:
    """Of records of one task: an export, and so in the audit log. Their pseudonyms are kept in the vault."""
    tasks = {ws.library.record(record_id).task for record_id in record_ids}
    if len(tasks) != 1:
        raise WrongUsage("the records are not of one task", "De-identify the records of each task by themselves.")
    request = _request(ws.registry, tasks.pop(), out, settings) | {"records": list(record_ids), "user": ws.library.user}
    return ws.pool.submit("medstation.actions.deidentifying:run_records", request, "De-identify", wait_for_warm=False)


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
    result = _run(spec, _OnDisk(paths), request, bytes.fromhex(request["key"]), desk)
    return result | {"skipped": skipped}


def run_records(request: Json, desk: Desk) -> Json:
    with at_work(request, desk) as bench:
        library = bench.library
        spec = task_for(bench.registry, request["task"])
        owners: list[tuple[str, FileSource]] = []
        for record_id in request["records"]:
            owners.append((library.record(record_id).person.key, library.files(record_id)))
        joined = _Joined([files for _, files in owners])
        result = _run(spec, joined, request, vault_key(library.vault, library.user), desk)
        _keep_pseudonyms(library.vault, library.user, joined, [person for person, _ in owners], result)
        library.note_export(",".join(request["records"]), "deidentified", [request["out"]])
        return result


def _request(registry: Registry, task: str, out: Path, settings: Mapping[str, object]) -> Json:
    spec = task_for(registry, task)
    checked = resolve(spec.deidentify_settings, settings)
    return {"task": spec.id, "out": str(Path(out).absolute()), "settings": checked}


def _run(spec: TaskSpec, files: FileSource, request: Json, key: bytes, desk: Desk) -> Json:
    result: Json = resolve_ref(spec.deidentify)(files, Path(request["out"]), request["settings"], key, desk.report)
    return result


def _keep_pseudonyms(vault: Vault, user: str, joined: _Joined, people: Sequence[str], result: Json) -> None:
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


class _OnDisk:
    """A `FileSource` over any files on the disk."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = tuple(paths)

    def __len__(self) -> int:
        return len(self._paths)

    def name(self, index: int) -> str:
        return str(self._paths[index])

    def facts(self, index: int) -> Json:
        return {}

    def size(self, index: int) -> int:
        return self._paths[index].stat().st_size

    def read(self, index: int, offset: int = 0, length: int = -1) -> bytes:
        try:
            with self._paths[index].open("rb") as file:
                file.seek(offset)
                return file.read(length)
        except OSError as error:
            raise BadInput(f"it cannot be read: {error.strerror}", "Check its permissions and the medium.") from error

    def readinto(self, index: int, offset: int, buffer: memoryview) -> None:
        data = self.read(index, offset, len(buffer))
        if len(data) < len(buffer):
            raise BadInput(f"{self.name(index)} ends before its data do", "Copy the file again from its source.")
        buffer[:] = data


class _Joined:
    """The files of several records as one `FileSource`."""

    def __init__(self, sources: Sequence[FileSource]) -> None:
        self._sources = sources
        self._places = [(number, index) for number, source in enumerate(sources) for index in range(len(source))]

    def source_of(self, index: int) -> int:
        return self._places[index][0]

    def __len__(self) -> int:
        return len(self._places)

    def _at(self, index: int) -> tuple[FileSource, int]:
        number, inner = self._places[index]
        return self._sources[number], inner

    def name(self, index: int) -> str:
        source, inner = self._at(index)
        return source.name(inner)

    def facts(self, index: int) -> Json:
        source, inner = self._at(index)
        return source.facts(inner)

    def size(self, index: int) -> int:
        source, inner = self._at(index)
        return source.size(inner)

    def read(self, index: int, offset: int = 0, length: int = -1) -> bytes:
        source, inner = self._at(index)
        return source.read(inner, offset, length)

    def readinto(self, index: int, offset: int, buffer: memoryview) -> None:
        source, inner = self._at(index)
        source.readinto(inner, offset, buffer)
