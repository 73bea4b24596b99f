"""The board says how old it is when nothing newer could be read."""

from __future__ import annotations

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
        await screen.at_work(ward_desk.ward.nia)
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
