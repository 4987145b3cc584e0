"""What an administrator decides for everybody: policies, and exceptions from no network."""

from __future__ import annotations

import pytest

from medstation.api import BadInput, NotFound, Refused, WrongUsage
from medstation.vault import EXPORT_REASON, Address, Vault


@pytest.fixture
def reader(vault: Vault) -> Vault:
    vault.people.add("Ona", "reader", "ona's own")
    return Vault.open(vault.folder, "ona's own")


def test_a_policy_is_off_until_it_is_switched_on_and_each_change_is_told(vault: Vault) -> None:
    assert vault.policies.all() == {EXPORT_REASON: False}
    vault.policies.set(EXPORT_REASON, True)
    vault.policies.set(EXPORT_REASON, True)
    with Vault.open(vault.folder, "correct horse battery staple") as other:
        assert other.policies.is_on(EXPORT_REASON)
    vault.policies.set(EXPORT_REASON, False)
    told = [entry for entry in vault.audit.entries() if entry.action == "policy.set"]
    assert [entry.detail for entry in told] == [
        {"before": "on", "after": "off"},
        {"before": "off", "after": "on"},
    ]
    assert {(entry.actor, entry.subject) for entry in told} == {("owner", EXPORT_REASON)}


def test_an_unknown_policy_is_told(vault: Vault) -> None:
    with pytest.raises(WrongUsage, match="no policy"):
        vault.policies.set("dress-code", True)


def test_a_connection_is_allowed_with_a_reason_and_forbidden_again(vault: Vault) -> None:
    pacs = Address.parse("PACS.hospital.org:104")
    made = vault.connections.allow(pacs, " The archive ")
    assert vault.connections.all() == [made]
    assert (str(made.address), made.reason, made.author) == ("pacs.hospital.org:104", "The archive", "owner")
    with pytest.raises(BadInput, match="already"):
        vault.connections.allow(pacs, "again")
    vault.connections.forbid(pacs)
    assert vault.connections.all() == []
    with pytest.raises(NotFound):
        vault.connections.forbid(pacs)
    told = [(entry.action, entry.subject, entry.detail) for entry in vault.audit.entries(2)]
    assert told == [
        ("network.forbid", "pacs.hospital.org:104", {}),
        ("network.allow", "pacs.hospital.org:104", {"reason": "The archive"}),
    ]


def test_no_connection_without_a_reason(vault: Vault) -> None:
    with pytest.raises(WrongUsage, match="reason"):
        vault.connections.allow(Address("pacs", 104), "  ")


def test_only_an_administrator_decides(reader: Vault) -> None:
    with reader:
        for decide in (
            lambda: reader.policies.set(EXPORT_REASON, True),
            lambda: reader.connections.allow(Address("pacs", 104), "for me"),
            lambda: reader.connections.forbid(Address("pacs", 104)),
        ):
            with pytest.raises(Refused, match="administrator, and Ona is reader"):
                decide()


@pytest.mark.parametrize("text", ["pacs:104", "10.1.2.3:1", "[fd00::7]:65535", "a-b.c_d.org:80"])
def test_addresses_are_written_as_they_are_read(text: str) -> None:
    assert str(Address.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    ["", "pacs", "pacs:", ":104", "pacs:0", "pacs:65536", "pacs:١٠٤", "fd00::7:104", "[pacs]:104", "[10.1.2.3]:1",
     "*:1", "a b:1", "pacs:104/x", "https://pacs:104", f"{'a' * 254}:1"],
)  # fmt: skip
def test_what_is_no_address_is_told(text: str) -> None:
    with pytest.raises(WrongUsage, match="HOST:PORT"):
        Address.parse(text)
