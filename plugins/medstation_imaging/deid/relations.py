"""What files of one patient or one study know of each other: a name in one's header may be typed into another."""

from __future__ import annotations

from pydicom.dataset import Dataset

from medstation_imaging.deid.identity import Identity
from medstation_imaging.deid.settings import Choices
from medstation_imaging.deid.source import identity_of, patient_identity


class Relations:
    """Gathered from every file before the first one is written.

    Two files belong together if they are of one patient or of one study, or each belongs with a third. Names, values
    and dates are shared. UIDs are not: they are replaced wherever the standard lets one stand, and looking for
    thousands of them in every text would take hours.
    """

    def __init__(self) -> None:
        self._leader: dict[str, str] = {}
        self._gathered: dict[str, Identity] = {}

    def note(self, dataset: Dataset, choices: Choices) -> None:
        """One more file of the batch."""
        first, *others = (self._lead(key) for key in _keys(dataset))
        gathered = self._gathered.setdefault(first, Identity())
        gathered.share(identity_of(dataset, choices))
        for other in others:
            if other != first:
                self._leader[other] = first
                gathered.share(self._gathered.pop(other, Identity()))

    def identity_of(self, dataset: Dataset, choices: Choices) -> Identity:
        """The file's own identifying values, with what its relatives know."""
        own = identity_of(dataset, choices)
        for key in _keys(dataset):
            own.share(self._gathered.get(self._lead(key), Identity()))
        return own

    def _lead(self, key: str) -> str:
        """The key that stands for all that belong together."""
        while (leader := self._leader.get(key, key)) != key:
            key = leader
        return key


def _keys(dataset: Dataset) -> tuple[str, str]:
    return f"patient {patient_identity(dataset)}", f"study {dataset.get('StudyInstanceUID', '')}"
