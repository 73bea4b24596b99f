"""Fields: a label, a line to type in, a unit."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress

from textual import events
from textual.binding import Binding
from textual.containers import Horizontal
from textual.widgets import Input

from tui import words
from tui.screens.frame import Frame, Several
from tui.screens.lines import line

LONGEST_WAIT = 1
"""Seconds. A key acts in thousandths of one."""
_EDITING = {
    key.strip(): each.action
    for each in Input.BINDINGS
    if isinstance(each, Binding)
    for key in each.key.split(",")
}


class Typed(Input):
    """A line to type in, in which keys act in the order they were typed.

    Why: Textual puts a digit in at once, but Backspace goes by way of the whole screen, and the next
    digit overtakes it: of 15, Backspace, 4, typed fast, 15 would stand; and of 15, F6, 4 the server
    would be asked for 154.
    """

    async def on_key(self, event: events.Key) -> None:
        """A key that edits, or is the screen's, has acted before the next one is looked at."""
        screen = self.screen
        assert isinstance(screen, Frame)
        own = screen.keys()
        if (event.is_printable or event.key in _EDITING) and self._is_held(screen, event):
            return
        if event.key == "enter":
            event.stop()
            screen.enter_typed(self)
        elif event.key in _EDITING:
            event.stop()
            await self.run_action(_EDITING[event.key])
        elif event.key in own:
            event.stop()
            await self.app.run_action(own[event.key], screen)

    def action_copy(self) -> None:
        """What may not be seen is not copied either: the clipboard is everybody's."""
        if not self.password:
            super().action_copy()

    def action_cut(self) -> None:
        """As `action_copy`."""
        if not self.password:
            super().action_cut()

    def on_paste(self, event: events.Paste) -> None:
        """What is pasted is typed."""
        screen = self.screen
        assert isinstance(screen, Frame)
        self._is_held(screen, event)

    @staticmethod
    def _is_held(screen: Frame, event: events.Event) -> bool:
        """Whether an act is being asked with what stands here: then nothing is typed, and that is said.

        Why: a PIN that comes before its screen would stand in clear in a field of this one, and what
        was asked would no longer be what stands here.
        """
        held = screen.busy and screen.unanswered is not words.ONLY_LOOKED
        if held:
            event.stop()
            event.prevent_default()
            screen.say(words.BUSY)
        return held

    async def acted(self) -> None:
        """Every key that was typed here has acted; or the screen is gone, and nobody waits for ever."""
        done = asyncio.Event()
        if self.call_later(done.set):
            with suppress(TimeoutError):
                await asyncio.wait_for(done.wait(), LONGEST_WAIT)


class Scanned(Typed, Several):
    """One or more containers, in which keys act in the order they were typed."""


def field(
    name: str,
    label: str,
    unit: str = "",
    *,
    secret: bool = False,
    hint: str = "",
    value: str = "",
    several: bool = False,
) -> Iterator[Horizontal]:
    """One field; nothing is filled in but what is safe to."""
    typed = (Scanned if several else Typed)(value, id=name, password=secret, placeholder=hint, compact=True)
    # The edges stand there for whoever sees no colours.
    parts = (line(label, "label"), line("▏", "edge"), typed, line("▕", "edge"), line(unit, "unit"))
    yield Horizontal(*parts, classes="field")
