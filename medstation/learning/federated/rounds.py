"""A federation on a medium: one folder with the plan and, for each round, what every site put there.

    plan.medfed                     the model to begin with, the sites and their keys; signed by the coordinator
    round-0001/SITE.update.medfed   a site's change, times its number of cases, masked
    round-0001/absent.medfed        the coordinator says who is missing (only if somebody is)
    round-0001/SITE.shown.medfed    a site shows the keys that it had with those who are missing, for this round
    round-0001/global.medfed        the common model after the round

Everything is read from there and checked against the plan's keys; nothing of it is a secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from medstation.api import BadInput, Json, NotFound, Refused
from medstation.learning.federated.letters import SUFFIX, Letter, opened, peek
from medstation.learning.federated.masks import from_whole, mask, pair_key, summed, to_whole
from medstation.learning.federated.plan import Keys, Plan

Arrays = dict[str, np.ndarray]
PLAN = f"plan{SUFFIX}"


class Medium:
    """The folder of one federation, read and checked."""

    def __init__(self, folder: Path) -> None:
        path = folder / PLAN
        if not path.is_file():
            raise NotFound(f"there is no federation in {folder}", f"Choose the folder that holds {PLAN}.")
        data = path.read_bytes()
        head = peek(data, PLAN)
        try:
            self.plan = Plan.from_json(head["plan"])
        except (KeyError, TypeError, ValueError) as error:
            raise Refused(f"{path} holds no plan: {error}", "Ask the coordinator for it again.") from error
        self.folder = folder
        public = bytes.fromhex(self.plan.site(self.plan.coordinator).signs)
        self.start: Arrays = opened(data, PLAN, public).arrays

    @classmethod
    def begin(cls, folder: Path, plan: Plan, weights: Arrays, keys: Keys) -> Medium:
        """A new federation in `folder`, signed by its coordinator."""
        if (folder / PLAN).exists():
            raise BadInput(f"{folder} holds a federation already", "Choose another folder.")
        head = {"kind": "plan", "from": keys.name, "plan": plan.to_json()}
        Letter(head, weights).write(folder / PLAN, keys.signs)
        return cls(folder)

    @property
    def done(self) -> int:
        """Rounds that have their common model."""
        count = 0
        while self._path(count + 1, "global").is_file():
            count += 1
        return count

    @property
    def current(self) -> int:
        """The round that is under way (from 1)."""
        return self.done + 1

    def weights(self) -> Arrays:
        """The common model as it stands: the plan's, with what the rounds changed."""
        done = self.done
        return {**self.start, **self._read(done, "global", self.plan.coordinator).arrays} if done else self.start

    def delivered(self) -> list[str]:
        """Sites whose update of the current round is there and sound. `Refused` names one that is not."""
        found = [site.name for site in self.plan.sites if self._path(self.current, f"{site.name}.update").is_file()]
        for name in found:
            self._update(name)
        return found

    def deliver(self, keys: Keys, changes: Mapping[str, np.ndarray], cases: int) -> Path:
        """A site's update: its changes times its cases, and their number, as one masked vector."""
        values = [np.asarray(changes[name], np.float64).ravel() * cases for name in self.plan.shared]
        numbers = to_whole(np.concatenate([*values, [float(cases)]]))
        pairs = {site.name: self._pair(keys, site.name) for site in self.plan.sites if site.name != keys.name}
        masked = numbers + mask(pairs, keys.name, len(numbers))
        return self._write(keys, f"{keys.name}.update", {"kind": "update"}, {"masked": masked})

    def say_absent(self, keys: Keys) -> list[str]:
        """The coordinator closes the round for those who have not delivered; their names."""
        present = self.delivered()
        if len(present) < self.plan.least:
            raise BadInput(
                f"{len(present)} sites delivered round {self.current}; {self.plan.least} must",
                "Wait for more: fewer could be read from their sum.",
            )
        missing = [site.name for site in self.plan.sites if site.name not in present]
        if missing:
            self._write(keys, "absent", {"kind": "absent", "present": present, "missing": missing})
        return missing

    def absent(self) -> tuple[list[str], list[str]]:
        """(present, missing) as the coordinator said it for the current round; both empty if it said nothing."""
        if not self._path(self.current, "absent").is_file():
            return [], []
        head = self._read(self.current, "absent", self.plan.coordinator).head
        return list(head["present"]), list(head["missing"])

    def show(self, keys: Keys) -> Path | None:
        """Show this round's keys with the missing sites; None when it is not asked for, or was done.

        `Refused` when the statement would let a single site be read.
        """
        present, missing = self.absent()
        if keys.name not in present or self._path(self.current, f"{keys.name}.shown").is_file():
            return None
        named = sorted(site.name for site in self.plan.sites)
        if sorted([*present, *missing]) != named or len(present) < self.plan.least:
            raise Refused(
                f"the coordinator's statement of round {self.current} does not fit the plan",
                "Show nothing, and ask the coordinator what happened.",
            )
        shown = {name: self._pair(keys, name).hex() for name in missing}
        return self._write(keys, f"{keys.name}.shown", {"kind": "shown", "keys": shown})

    def awaited(self) -> list[str]:
        """Whose turn it is before the round can be closed."""
        present, missing = self.absent()
        if not missing:
            delivered = self.delivered()
            return [site.name for site in self.plan.sites if site.name not in delivered]
        return [name for name in present if not self._path(self.current, f"{name}.shown").is_file()]

    def close(self, keys: Keys) -> Path:
        """The coordinator adds up the round; masks cancel, what the missing ones left is taken out."""
        if waiting := self.awaited():
            raise BadInput(f"round {self.current} waits for {', '.join(waiting)}", "Say who is missing, or wait.")
        present, missing = self.absent()
        present = present or self.delivered()
        shown = {
            (name, other): bytes.fromhex(key)
            for name in (present if missing else ())
            for other, key in self._read(self.current, f"{name}.shown", name).head["keys"].items()
        }
        updates = [self._update(name) for name in present]
        total = from_whole(summed(updates, shown, len(updates[0])))
        weights = self._moved(total[:-1] / total[-1])
        return self._write(keys, "global", {"kind": "global", "present": present, "cases": int(total[-1])}, weights)

    def cases(self) -> int:
        """Cases that the last closed round learnt from, over all sites."""
        return int(self._read(self.done, "global", self.plan.coordinator).head["cases"]) if self.done else 0

    def _moved(self, change: np.ndarray) -> Arrays:
        before, weights, at = self.weights(), {}, 0
        for name in self.plan.shared:
            old = before[name]
            step = change[at : at + old.size].reshape(old.shape)
            weights[name] = np.ascontiguousarray((old + step).astype(old.dtype))
            at += old.size
        return weights

    def _update(self, name: str) -> Any:
        numbers = self._read(self.current, f"{name}.update", name).arrays.get("masked")
        wanted = sum(self.start[one].size for one in self.plan.shared) + 1
        if numbers is None or numbers.dtype != np.uint64 or numbers.shape != (wanted,):
            raise Refused(
                f"the update of {name} in round {self.current} has another shape than the model",
                f"Leave {name} out of this round, and ask it to look which plan it follows.",
            )
        return numbers

    def _pair(self, keys: Keys, other: str) -> bytes:
        public = bytes.fromhex(self.plan.site(other).exchanges)
        return pair_key(keys.exchanges, public, self.plan.id, self.current, (keys.name, other))

    def _path(self, number: int, what: str) -> Path:
        return self.folder / f"round-{number:04d}" / f"{what}{SUFFIX}"

    def _write(self, keys: Keys, what: str, head: Json, arrays: Arrays | None = None) -> Path:
        path = self._path(self.current, what)
        if path.exists():
            raise BadInput(f"{path} is there already", "This turn was done; see `medstation federate status`.")
        full = {**head, "from": keys.name, "federation": self.plan.id, "round": self.current}
        return Letter(full, arrays or {}).write(path, keys.signs)

    def _read(self, number: int, what: str, by: str) -> Letter:
        path = self._path(number, what)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise BadInput(f"{path} cannot be read: {error.strerror}", "Put the medium in again.") from error
        letter = opened(data, path.name, bytes.fromhex(self.plan.site(by).signs))
        head = letter.head
        if (head.get("federation"), head.get("round"), head.get("from")) != (self.plan.id, number, by):
            raise Refused(f"{path.name} belongs to another round or federation", f"Ask {by} for the right one.")
        return letter
