"""A dose from key press to checkpoint, at both sizes of terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from hat_clinic.projections.doses import DOSES
from tests.tui.at_screen import SMALL, WIDE, Desk, at_screen, desk

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def ward_desk(engine: Engine, tmp_path: Path) -> Iterator[Desk]:
    with desk(engine, tmp_path) as one:
        yield one


@pytest.mark.parametrize("size", [WIDE, SMALL], ids=["100x30", "80x24"])
async def test_a_whole_dose_by_keys_alone(ward_desk: Desk, size: tuple[int, int]) -> None:
    async with at_screen(ward_desk, size) as screen:
        await screen.both_clock_in()
        await screen.given()
        await screen.witnessed(ward_desk.ward.noa)
        await screen.shows("On record, signed by both", "Board", "15 mg of 30 mg")
    (dose,) = ward_desk.ward.clinic.state(lambda tx: DOSES.find(tx, open=0))
    assert dose.given_verified and dose.given is not None and dose.given.micrograms == 15_000
    newest = ward_desk.terminal.heads.newest
    assert newest is not None and newest.size == ward_desk.house.size()
