"""Fields: a label, a line to type in, a unit."""

from __future__ import annotations

from collections.abc import Iterator

from textual.containers import Horizontal
from textual.widgets import Input

from tui.screens.frame import line


def field(
    name: str, label: str, unit: str = "", *, secret: bool = False, hint: str = "", value: str = ""
) -> Iterator[Horizontal]:
    """One field; nothing is filled in but what is safe to."""
    typed = Input(value, id=name, password=secret, placeholder=hint, compact=True)
    # The edges stand there for whoever sees no colours.
    parts = (line(label, "label"), line("▏", "edge"), typed, line("▕", "edge"), line(unit, "unit"))
    yield Horizontal(*parts, classes="field")
