"""The sixteen client processes, started once for each file of races."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.races.course import sixteen
from tests.races.processes import Process


@pytest.fixture(scope="module")
def racers() -> Iterator[list[Process]]:
    with sixteen() as found:
        yield found
