"""Fields: a label, a line to type in, a unit."""

from __future__ import annotations

from collections.abc import Iterator

from textual import events
from textual.binding import Binding
from textual.containers import Horizontal
from textual.widgets import Input

from tui.screens.frame import line

_EDITING = {
    key.strip(): each.action
    for each in Input.BINDINGS
    if isinstance(each, Binding)
    for key in each.key.split(",")
}


class Typed(Input):
    """A line to type in, in which keys act in the order they were typed.

    Why: Textual puts a digit in at once, but Backspace goes by way of the whole screen, and the next
    digit overtakes it: of 15, Backspace, 4, typed fast, 15 would stand.
    """

    async def on_key(self, event: events.Key) -> None:
        """A key that edits, or asks for what stands here, has acted before the next one is looked at."""
        action = _EDITING.get(event.key)
        if action is not None:
            event.stop()
            await self.run_action(action)


def field(
    name: str, label: str, unit: str = "", *, secret: bool = False, hint: str = "", value: str = ""
) -> Iterator[Horizontal]:
    """One field; nothing is filled in but what is safe to."""
    typed = Typed(value, id=name, password=secret, placeholder=hint, compact=True)
    # The edges stand there for whoever sees no colours.
    parts = (line(label, "label"), line("▏", "edge"), typed, line("▕", "edge"), line(unit, "unit"))
    yield Horizontal(*parts, classes="field")
