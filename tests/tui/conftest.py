"""A desk of the served ward for every test of the screens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.tui.at_screen import Desk, desk


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def ward_desk(engine: Engine, tmp_path: Path) -> Iterator[Desk]:
    with desk(engine, tmp_path) as one:
        yield one
