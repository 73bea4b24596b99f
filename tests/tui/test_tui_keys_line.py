"""The last line of a screen."""

from __future__ import annotations

import pytest
from textual.widgets._footer import FooterKey

from tests.tui.at_screen import Desk, at_screen

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.only_on("sqlcipher", reason="screens see the same HTTP whatever the engine"),
]


async def test_the_line_of_keys_is_made_anew_only_for_other_keys(ward_desk: Desk) -> None:
    async with at_screen(ward_desk) as screen:
        await screen.shows("Clock in", "^q Quit")
        keys = list(screen.app.screen.query(FooterKey))
        await screen.press("tab")
        await screen.shows("Clock in")
        assert list(screen.app.screen.query(FooterKey)) == keys != []
