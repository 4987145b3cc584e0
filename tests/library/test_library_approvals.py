"""What is decided of models: by a second person, with a reason where there are doubts, and never forgotten."""

from __future__ import annotations

import json

import pytest
from line_importer import TASK
from sqlcipher3 import dbapi2

from medstation.api import NotFound, Refused, WrongUsage
from medstation.library import Library
from medstation.vault import Vault

GOOD = {"word": "better", "needs_reason": False, "findings": []}
DOUBTFUL = {"word": "equal", "needs_reason": True, "findings": [{"says": "no difference shown", "grave": True}]}
WEIGHTS = (2).to_bytes(8, "little") + b"{}"


@pytest.fixture
def alone(vault: Vault) -> Library:
    """The library of a vault with one person, who made model `net` (m-1)."""
    library = Library(vault, vault.user.name)
    add(library)
    return library


@pytest.fixture
def maker(alone: Library) -> Library:
    """The same, with bob, who may approve too, and rita, who may not."""
    alone.vault.people.add("bob", "approver", "a passphrase of bob")
    alone.vault.people.add("rita", "reader", "a passphrase of rita")
    return alone


@pytest.fixture
def bob(maker: Library) -> Library:
    return Library(maker.vault, "bob")


def add(library: Library) -> str:
    return library.add_model("net", TASK, "recipe", WEIGHTS, {}, {}).id


def states(library: Library) -> dict[str, str]:
    return {f"{one.name}@{one.version}": one.state for one in library.models()}


def test_a_candidate_is_proposed_by_one_and_approved_by_another(maker: Library, bob: Library) -> None:
    assert maker.propose_model("net", "better on all test patients", GOOD).state == "proposed"
    assert bob.approve_model("net", judged=GOOD).state == "approved"
    assert [(one.state, one.author) for one in bob.decisions("net")] == [
        ("approved", "bob"), ("proposed", maker.user),
    ]  # fmt: skip
    entry = bob.vault.audit.entries(1)[0]
    assert (entry.actor, entry.action, entry.subject) == ("bob", "model.approve", "m-1")
    assert entry.detail == {"before": "proposed", "reason": "", "judged": "better", "replaced": ""}


def test_nobody_approves_what_they_proposed_or_made_where_another_could(maker: Library, bob: Library) -> None:
    with pytest.raises(Refused, match="a second person must approve it") as fault:
        maker.approve_model("net", "I know it is good", GOOD)
    assert "bob" in fault.value.hint and "rita" not in fault.value.hint
    bob.propose_model("net")
    with pytest.raises(Refused, match="second person"):
        bob.approve_model("net", "I proposed it", GOOD)
    assert maker.approve_model("net", judged=GOOD).state == "approved"


def test_alone_in_a_vault_one_says_why_nobody_else_could_check(alone: Library) -> None:
    with pytest.raises(Refused, match=r"nobody but .* may approve") as fault:
        alone.approve_model("net", judged=GOOD)
    assert "--reason" in fault.value.hint
    with pytest.raises(Refused, match="nobody but"):
        alone.check_approver("net")
    assert alone.approve_model("net", "the only physicist here", GOOD).state == "approved"
    assert alone.decisions("net")[0].reason == "the only physicist here"


@pytest.mark.parametrize("judged", [DOUBTFUL, None])
def test_doubts_of_the_gate_need_a_written_reason_which_is_kept(maker: Library, bob: Library, judged) -> None:
    with pytest.raises(Refused, match="needs a written reason"):
        bob.approve_model("net", "  ", judged)
    assert states(bob) == {"net@1": "candidate"}
    bob.approve_model("net", "smaller and as good", judged)
    kept = bob.decisions("net")[0]
    assert kept.reason == "smaller and as good" and kept.judged == (judged or {})
    assert bob.vault.audit.entries(1)[0].detail["reason"] == "smaller and as good"


def test_approving_a_version_retires_the_one_before_and_rolling_back_brings_it_again(
    maker: Library, bob: Library
) -> None:
    for _ in range(3):
        bob.approve_model(add(maker), judged=GOOD)
    assert states(bob) == {"net@1": "candidate", "net@2": "retired", "net@3": "retired", "net@4": "approved"}
    assert bob.roll_back("net", "worse on the new scanner").version == 3
    assert bob.approved_model("net").version == 3
    entry = bob.vault.audit.entries(1)[0]
    assert (entry.action, entry.detail["retired"], entry.detail["reason"]) == (
        "model.rollback", "net@4", "worse on the new scanner",
    )  # fmt: skip
    assert bob.roll_back("net").version == 2
    with pytest.raises(NotFound, match="no version of net was approved before net@2"):
        bob.roll_back("net")
    bob.retire_model("net@2")
    with pytest.raises(NotFound, match="no version of net is approved"):
        bob.roll_back("net")
    with pytest.raises(NotFound, match="no model"):
        bob.roll_back("other")


def test_what_is_decided_already_is_said(maker: Library, bob: Library) -> None:
    maker.propose_model("net")
    with pytest.raises(WrongUsage, match="proposed already"):
        maker.propose_model("net")
    bob.approve_model("net", judged=GOOD)
    with pytest.raises(WrongUsage, match="approved already"):
        bob.approve_model("net", judged=GOOD)
    assert bob.retire_model("net", "replaced by another product").state == "retired"
    assert bob.approve_model("net", "needed again", GOOD).state == "approved"


def test_decisions_cannot_be_changed_or_deleted(maker: Library, bob: Library) -> None:
    bob.approve_model("net", judged=GOOD)
    for sql in ("UPDATE model_states SET reason = 'x'", "DELETE FROM model_states"):
        with pytest.raises(dbapi2.DatabaseError, match="decided"), bob.vault.write("bob", "") as tx:
            tx.execute(sql)


def test_what_is_found_later_is_kept_on_the_card(maker: Library) -> None:
    card = maker.note_on_card("m-1", "judged", GOOD).card
    assert card["judged"] == GOOD and json.loads(json.dumps(card)) == card
