"""The desk: a transaction that may write, thrown away with its database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine

from hat_clinic.store.engine import writing


@pytest.fixture
def desk(engine: Engine) -> Iterator[Connection]:
    with writing(engine) as connection:
        yield connection
