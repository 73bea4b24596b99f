"""The board says how old it is, and Enter opens nobody who was not selected."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.tui.at_screen import SMALL, Desk, at_screen

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.only_on("sqlcipher", reason="screens see the same HTTP whatever the engine"),
]


@pytest.mark.parametrize("how", ["asked", "polled"])
async def test_a_board_that_cannot_be_read_anew_says_of_when_it_is(ward_desk: Desk, how: str) -> None:
    """Else it says Ready of somebody who has just had a dose, while the server is away."""
    async with at_screen(ward_desk, SMALL) as screen:
        await screen.clock_in(ward_desk.ward.nia)
        assert "THIS BOARD IS OF" not in await screen.shows("SELECTED ROW")
        ward_desk.ward.handed_over()
        ward_desk.network.cut("/board")
        if how == "asked":
            await screen.press("f2")
            await screen.shows("cannot be reached")
        else:
            screen.app.board._poll()
        await screen.shows("THIS BOARD IS OF 13:00", "what was given since is not on it")
        ward_desk.network.mend()
        await screen.press("f2")
        assert "THIS BOARD IS OF" not in await screen.shows("With the patient")


async def test_enter_meant_for_somebody_who_has_gone_opens_nobody_else(ward_desk: Desk) -> None:
    """Rows go while a nurse looks elsewhere; the cursor must then not mean the next patient at once."""
    async with at_screen(ward_desk, SMALL) as screen:
        await screen.clock_in(ward_desk.ward.nia)
        await screen.shows("SELECTED ROW")
        board = screen.app.board
        assert board.seen is not None
        (one,) = board.seen.rows
        gone = replace(one, row=one.row.model_copy(update={"patient": "gone"}))
        board._see(replace(board.seen, rows=(one, gone)))
        await screen.press("down")
        board._see(replace(board.seen, rows=(one,)))
        await screen.shows("not on the board any more")
        await screen.press("enter")
        assert screen.app.screen is board, screen.text()
        await screen.press("enter")
        await screen.shows("may I prepare?")


async def test_a_row_picked_again_is_opened_at_once(ward_desk: Desk) -> None:
    async with at_screen(ward_desk, SMALL) as screen:
        await screen.clock_in(ward_desk.ward.nia)
        await screen.shows("SELECTED ROW")
        board = screen.app.board
        assert board.seen is not None
        (one,) = board.seen.rows
        gone = replace(one, row=one.row.model_copy(update={"patient": "gone"}))
        board._see(replace(board.seen, rows=(gone, one)))
        await screen.press("up")
        board._see(replace(board.seen, rows=(one,)))
        await screen.press("up", "enter")
        assert screen.app.screen is not board
