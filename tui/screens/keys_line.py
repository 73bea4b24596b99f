"""The last line of a screen: the keys that do something here."""

from __future__ import annotations

from textual.screen import Screen
from textual.widgets import Footer


class KeysLine(Footer):
    """The keys, made anew only when others are to be shown.

    Why: Textual makes its footer anew, key by key, whenever the focus moves, a third of a screen's work.
    """

    standing: tuple[tuple[str, str, bool], ...] = ()

    def bindings_changed(self, screen: Screen[object]) -> None:
        """It shows the keys of this moment."""
        active = [each for each in screen.active_bindings.values() if each.binding.show]
        keys = tuple((each.binding.key, each.binding.description, each.enabled) for each in active)
        if keys != self.standing and screen.app.app_focus:
            self.standing = keys
            super().bindings_changed(screen)
