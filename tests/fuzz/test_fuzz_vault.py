"""What lies on the disk of a vault, or comes to it as a model: it is what it was, or it is refused."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from mutations import fuzz, mutated

from medstation.actions.packages import is_package, read_package
from medstation.api import MedStationError, Refused
from medstation.library.safetensors_header import count_parameters
from medstation.vault import Kdf, Vault, back_up
from medstation.vault.backup_file import BackupFile
from medstation.vault.blob_format import BlobCipher
from medstation.vault.blob_reader import BlobReader
from medstation.vault.blob_writer import BlobWriter
from medstation.vault.header import Header

KEY, BLOB = bytes(range(32)), "0123456789abcdef" * 2
CONTENT = b"what was stored" * 20_000
TENSORS = b'\x3e\0\0\0\0\0\0\0{"mean":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}      \0\0\0\0'


def sealed(folder: Path) -> Path:
    path = folder / "blob"
    if not path.exists():
        with BlobWriter(path, BLOB, BlobCipher(KEY, BLOB), digest=False) as writer:
            writer.write(CONTENT)
            writer.finish()
    return path


@fuzz
@given(data=st.data())
def test_a_blob(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "changed"
    path.write_bytes(data.draw(mutated([sealed(tmp_path).read_bytes()])))
    try:
        with BlobReader(path, BLOB, BlobCipher(KEY, BLOB)) as reader:
            assert reader.read() == CONTENT
    except Refused as error:
        assert BLOB in error.message


@fuzz
@given(data=st.data())
def test_a_vault_s_header(tmp_path: Path, data: st.DataObject) -> None:
    """One that is read as sound, but was changed, is not taken for genuine with the vault's key."""
    folder = tmp_path / "vault"
    if not folder.exists():
        Vault.create(folder, "passphrase", kdf=Kdf.weakest()).close()
    true = (folder / "vault.json").read_bytes()
    with Vault.open(folder, "passphrase") as vault:
        key = vault.key
    try:
        head = Header.from_bytes(data.draw(mutated([true])), Path("vault.json"))
    except MedStationError as error:
        assert error.hint
        return
    genuine = Header.from_bytes(true, Path("vault.json"))
    assert head == genuine or not head.revision or not head.is_genuine(key)


@fuzz
@given(data=st.data())
def test_a_backup(tmp_path: Path, data: st.DataObject) -> None:
    """It opens with the list of contents that it had, or it is refused."""
    path = tmp_path / "a.backup"
    if not path.exists():
        with Vault.create(tmp_path / "vault", "passphrase", kdf=Kdf.weakest()) as vault:
            pending = vault.blobs.put(CONTENT)
            with vault.write("ada", "keep") as tx:
                tx.keep(pending)
            back_up(vault, path)
            (tmp_path / "key").write_bytes(vault.key)
    from medstation.vault.keys import SubKeys

    changed = tmp_path / "changed"
    changed.write_bytes(data.draw(mutated([path.read_bytes()])))
    with BackupFile(path) as true:
        key = SubKeys.of((tmp_path / "key").read_bytes(), true.header.id).backup
        contents = true.index(key)
    try:
        with BackupFile(changed) as file:
            assert file.index(key) == contents
    except MedStationError as error:
        assert error.hint


@fuzz
@given(data=mutated([TENSORS]))
def test_the_header_of_weights(data: bytes) -> None:
    try:
        assert count_parameters(data) >= 0
    except Refused as error:
        assert error.hint


@fuzz
@given(data=st.data())
def test_a_model_package(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "model.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model.json", json.dumps({"name": "a", "task": "toy.numbers", "recipe": "mean", "config": {}}))
        archive.writestr("weights.safetensors", TENSORS)
    path.write_bytes(data.draw(mutated([path.read_bytes()])))
    is_package(path)
    try:
        described, weights = read_package(path)
        assert described["name"] == "a" or weights == TENSORS, "a zip file's own checksum tells one change"
    except Refused as error:
        assert error.hint
