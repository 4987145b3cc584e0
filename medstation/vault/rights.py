"""What each role may do: one table, asked at the one door for writing, and before work that writes nothing.

Acts are called as they are in the audit log. Roles grow: whoever may do something, every higher role may too. An act
that stands in no table is an administrator's, so that a new one is not open by oversight.

The table binds what is done through MedStation. Whoever has unlocked the vault has its key in the memory of a process
of theirs, and a program of their own could use it: a role is a rule for colleagues, not a second lock.
"""

from __future__ import annotations

from collections.abc import Mapping

from medstation.vault.slots import ADMINISTRATOR, ANNOTATOR, APPROVER, READER, TRAINER, Person

VIEW, PREDICT, IMPORT, LABEL, EXPORT, DEIDENTIFY = "record.view", "predict", "import", "label", "export", "deidentify"
EVALUATE, ADD_MODEL, SET_POLICY = "evaluate", "model.add", "policy.set"

_OF_THE_PROGRAM = (
    "vault.create", "vault.unlock", "vault.unlock.failed", "vault.attempts.lost", "vault.migrate",
    "vault.header.upgrade", "vault.header.adopt", "vault.clean", "vault.reindex", "audit.signed", "audit.broken",
)  # fmt: skip
"""Entries that the program makes of itself, whoever has it open."""

ACTS: Mapping[str, Mapping[str, str]] = {
    READER: {
        **dict.fromkeys(_OF_THE_PROGRAM, "keeping the vault"),
        VIEW: "looking at a record",
        PREDICT: "running a model",
        "people.passphrase": "changing a passphrase",
    },
    ANNOTATOR: {
        IMPORT: "importing",
        LABEL: "labelling",
        "verdict": "judging a result",
        EXPORT: "exporting",
        DEIDENTIFY: "de-identifying",
        "deidentify.key": "de-identifying",
    },
    TRAINER: {
        "dataset.create": "making a data set",
        "run.create": "fine-tuning",
        "study.create": "searching for settings",
        "federation.plan": "planning a federation",
        "federation.turn": "learning together",
        "federation.deliver": "learning together",
        "federation.show": "learning together",
        "federation.absent": "learning together",
        "federation.close": "learning together",
        "run.state": "fine-tuning",
        "run.stop": "stopping a run",
        "run.finish": "fine-tuning",
        ADD_MODEL: "adding a model",
        "model.propose": "proposing a model",
        EVALUATE: "evaluating a model",
    },
    APPROVER: {
        "model.approve": "approving a model",
        "model.retire": "retiring a model",
        "model.rollback": "rolling a model back",
        "federation.key": "making this site's keys",
        "federation.join": "agreeing to learn together",
    },
    ADMINISTRATOR: {
        "people.add": "adding a person",
        "people.remove": "removing a person",
        "people.rename": "renaming a person",
        "people.role": "changing a role",
        "people.recovery": "making a recovery key",
        SET_POLICY: "changing a policy",
        "network.allow": "allowing a connection",
        "network.forbid": "forbidding a connection",
        "vault.backup": "backing up",
        "vault.restore": "restoring a backup",
        "vault.mend": "repairing from a backup",
        "audit.export": "exporting the audit log",
    },
}
"""Least role -> act -> what it is called in a refusal."""

_NEEDED = {act: (role, doing) for role, acts in ACTS.items() for act, doing in acts.items()}


def needed(act: str) -> tuple[str, str]:
    """The least role for an act, and what to call it."""
    return _NEEDED.get(act, (ADMINISTRATOR, act))


def may(person: Person, act: str) -> bool:
    return person.has(needed(act)[0])


def need(person: Person, act: str) -> None:
    """`Refused` unless `person` may do `act`: names the act, the role it needs and the one there is."""
    role, doing = needed(act)
    person.need(role, doing)
