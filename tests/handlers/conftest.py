"""A ward whose people, stock and patient are ready, for every test that asks for no other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from tests.handlers.dosing import Ward


@pytest.fixture
def ward(engine: Engine) -> Iterator[Ward]:
    one = Ward.open(engine)
    yield one
    one.clinic.close()
