"""What a federation is: its model, its sites with their keys, and how many rounds. Made once, signed, never changed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from medstation.api import BadInput, Json

LEAST = 3
"""Fewer sites cannot hide from each other: of two, each knows the other's update from the sum."""


@dataclass(frozen=True)
class Site:
    """A site as the others know it; the keys are hexadecimal."""

    name: str
    signs: str
    exchanges: str

    @property
    def fingerprint(self) -> str:
        """Twelve groups of digits to compare by telephone."""
        digest = hashlib.sha256(bytes.fromhex(self.signs) + bytes.fromhex(self.exchanges)).digest()
        numbers = str(int.from_bytes(digest[:20], "big")).zfill(48)[-48:]
        return " ".join(numbers[at : at + 4] for at in range(0, 48, 4))


@dataclass(frozen=True)
class Keys:
    """A site's own keys: one to sign, one to agree on masks."""

    name: str
    signs: Ed25519PrivateKey
    exchanges: X25519PrivateKey

    @classmethod
    def make(cls, name: str) -> Keys:
        if not name.strip() or "/" in name or "\\" in name or name.startswith("."):
            raise BadInput(f"{name!r} cannot be the name of a site", "It becomes a file name: letters and digits.")
        return cls(name, Ed25519PrivateKey.generate(), X25519PrivateKey.generate())

    @property
    def site(self) -> Site:
        public = (key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw) for key in (self.signs, self.exchanges))
        return Site(self.name, *(one.hex() for one in public))

    def to_json(self) -> Json:
        raw = (Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        return {
            "name": self.name,
            "signs": self.signs.private_bytes(*raw).hex(),
            "exchanges": self.exchanges.private_bytes(*raw).hex(),
        }

    @classmethod
    def from_json(cls, data: Json) -> Keys:
        signs, exchanges = bytes.fromhex(data["signs"]), bytes.fromhex(data["exchanges"])
        return cls(
            data["name"], Ed25519PrivateKey.from_private_bytes(signs), X25519PrivateKey.from_private_bytes(exchanges)
        )


@dataclass(frozen=True)
class Plan:
    """`id` is unique; `shared` names the tensors that travel after the start; `least` sites must deliver each round.

    `settings` are the recipe's, the same at every site; "epochs" among them is how many each site trains a round.
    """

    id: str
    name: str
    coordinator: str
    task: str
    recipe: str
    config: Json
    settings: Json
    shared: tuple[str, ...]
    rounds: int
    least: int
    seed: int
    sites: tuple[Site, ...]

    def __post_init__(self) -> None:
        names = [site.name for site in self.sites]
        if len(set(names)) != len(names):
            raise BadInput("two sites of the federation have the same name", "Let one of them make its identity anew.")
        if self.least < LEAST or len(names) < self.least:
            raise BadInput(
                f"{len(names)} sites, of which {self.least} must deliver, are too few",
                f"At least {LEAST} must: of two, each would know the other's update from the sum.",
            )
        if self.coordinator not in names:
            raise BadInput("the coordinator is not among the sites", "Give its own identity file too.")

    def site(self, name: str) -> Site:
        """`BadInput` for a name that is not in the plan."""
        found = next((site for site in self.sites if site.name == name), None)
        if found is None:
            raise BadInput(f"{name!r} is no site of {self.name}", "Sites: " + ", ".join(one.name for one in self.sites))
        return found

    def to_json(self) -> Json:
        return {**asdict(self), "shared": list(self.shared), "sites": [asdict(site) for site in self.sites]}

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> Plan:
        values: Json = dict(data)
        sites = tuple(Site(**one) for one in values.pop("sites"))
        return cls(**{**values, "shared": tuple(values["shared"]), "sites": sites})
