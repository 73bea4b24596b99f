"""A ward, and an intruder who holds every key of it. Files whose ward is another make their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from tests.auditor.forged_entries import Forger
from tests.handlers.dosing import Ward


@pytest.fixture
def ward(engine: Engine) -> Iterator[Ward]:
    one = Ward.open(engine)
    yield one
    one.clinic.close()


@pytest.fixture
def forger(ward: Ward) -> Forger:
    return Forger(ward.clinic)
