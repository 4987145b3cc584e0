"""Three hospitals, three vaults, one medium: learning together from the command line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from caller import Caller

from medstation.vault import Kdf, Vault
from medstation_samples import signals

NAMES = ("North", "South", "East")
SETTINGS = ("epochs=1", "lookback=48", "horizon=6", "width=16", "layers=1", "windows=4", "threads=1")


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Caller]:
    """A vault each, with glucose of four patients of its own and a data set of them."""
    made = {}
    for number, name in enumerate(NAMES):
        folder = tmp_path_factory.mktemp(name)
        (folder / "passphrase").write_text("a long enough passphrase\n")
        made[name] = Caller(folder / "vault", folder / "passphrase")
        Vault.create(made[name].folder, "a long enough passphrase", kdf=Kdf.weakest()).close()
        rng = np.random.default_rng(number)
        files = [signals._write_glucose(folder, 10 * number + patient, rng) for patient in range(4)]
        assert made[name]("import", *files).code == 0
        assert made[name]("dataset", "create", "own", "--recipe", "patchtst", "--split", "0.5,0.25,0.25").code == 0
    return made


def test_three_vaults_learn_one_model_and_no_patient_is_on_the_medium(sites: dict[str, Caller], tmp_path: Path) -> None:
    medium = tmp_path / "stick"
    cards = [tmp_path / f"{name}.medfed" for name in NAMES]
    for name, card in zip(NAMES, cards, strict=True):
        made = sites[name]("federate", "identity", name, "--out", card).json
        assert made["site"] == name and len(made["fingerprint"].split()) == 12
    told = [word for setting in SETTINGS for word in ("--set", setting)]
    planned = sites["North"]("federate", "plan", "glucose", "patchtst", "--dataset", "own", "--medium", medium,
                             "--rounds", "1", *told, "--sites", *cards)  # fmt: skip
    assert planned.code == 0 and planned.json["waits_for"] == list(NAMES)

    early = sites["South"]("federate", "turn", medium)
    assert early.code == 1 and "does not take part" in early.json["error"]["message"]
    for name in NAMES:
        joined = sites[name]("federate", "join", medium, "--dataset", "own").json
        assert [site["name"] for site in joined["sites"]] == list(NAMES)

    for name in ("South", "East"):
        assert sites[name]("federate", "turn", medium).json["did"] == ["trained for round 1"]
    last = sites["North"]("federate", "turn", medium).json
    assert last["did"] == ["trained for round 1", "closed round 1", "kept the common model"]
    assert last["done"] and last["cases"] == 6 and last["model"] == "glucose@1"
    assert sites["South"]("federate", "status", medium).json["done"]

    card = sites["North"]("models", "show", last["model"]).json
    assert card["card"]["sites"] == list(NAMES) and card["state"] == "candidate"
    actions = [entry["action"] for entry in sites["South"]("audit", "show", "--last", "50").json["entries"]]
    assert {"federation.key", "federation.join", "federation.deliver"} <= set(actions)
    written = b"".join(path.read_bytes() for path in medium.rglob("*") if path.is_file())
    assert len(written) > 10_000 and b"DEMO-G" not in written


def test_a_site_with_other_keys_than_planned_cannot_join(sites: dict[str, Caller], tmp_path: Path) -> None:
    nowhere = sites["East"]("federate", "join", tmp_path, "--dataset", "own")
    assert nowhere.code == 1 and "no federation" in nowhere.json["error"]["message"]
    renamed = sites["East"]("federate", "identity", "Elsewhere", "--out", tmp_path / "x.medfed")
    assert renamed.code == 1 and "known as East" in renamed.json["error"]["message"]
