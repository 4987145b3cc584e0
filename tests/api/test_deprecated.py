"""What is to leave the API is still there, and says what to use instead."""

from __future__ import annotations

from medstation import api
from medstation.api.deprecated import DEPRECATED


def test_every_deprecated_name_still_works_and_names_its_successor() -> None:
    for deprecation in DEPRECATED:
        assert hasattr(api, deprecation.name)
        assert deprecation.instead


def test_every_public_name_is_there() -> None:
    assert [name for name in api.__all__ if not hasattr(api, name)] == []
