"""The toy recipe, fresh for each test."""

from __future__ import annotations

import pytest
from toy import Toy


@pytest.fixture
def toy() -> Toy:
    return Toy()
