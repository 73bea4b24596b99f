"""Clocking in for a shift, and opening a locked screen."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from hat_clinic.client.clocking import ClockIn
from hat_clinic.vocabulary.errors import HatError, Unauthenticated
from tui import shown, words
from tui.screens.fields import field
from tui.screens.frame import GO_ON, Frame
from tui.screens.lines import line


class ClockInScreen(Frame):
    """Staff code, passphrase, and a PIN for this shift, twice."""

    heading = words.CLOCK_IN
    locks = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding(GO_ON, "go_on", "Clock in")]

    def step(self) -> ComposeResult:
        """The four fields."""
        for each in words.CLOCK_IN_HOW:
            yield line(each, "how")
        yield from field("staff_code", "STAFF CODE")
        yield from field("passphrase", "PASSPHRASE", secret=True)
        yield from field("pin", "PIN", secret=True)
        yield from field("again", "PIN AGAIN", secret=True)

    def action_go_on(self) -> None:
        """The person is clocked in, or why not is said."""
        if not self.fresh(GO_ON):
            return
        code, passphrase = self.typed("staff_code").strip(), self.typed("passphrase")
        pin, again = self.typed("pin"), self.typed("again")
        desk = self.clinic.desk
        self.ask(
            lambda: desk.clock_in(code, passphrase, pin, again), self._clocked_in, words.NOT_CLOCKED
        )

    def failed(self, error: HatError) -> None:
        """What went wrong; the server does not tell a wrong staff code from a wrong passphrase."""
        super().failed(error)
        if isinstance(error, Unauthenticated):
            self.say(*words.of_error(error), *words.OR_STAFF_CODE)

    def _clocked_in(self, found: tuple[ClockIn, list[str]]) -> None:
        one, said = found
        for secret in ("passphrase", "pin", "again"):
            self.query_one(f"#{secret}", Input).value = ""
        time = shown.minutes_text(one.until - self.clinic.now())
        self.clinic.to_board(words.CLOCKED_IN.format(name=one.name, time=time), *said)


class UnlockScreen(Frame):
    """Nothing of any patient is shown; staff code and PIN of somebody clocked in here open it."""

    heading = words.LOCKED
    locks = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(GO_ON, "go_on", "Open"),
        Binding("f3", "clock_in", "Clock in"),
        Binding("escape", "back", show=False),
    ]

    def __init__(self, said: tuple[str, ...] = ()) -> None:
        super().__init__()
        self._said = said

    def step(self) -> ComposeResult:
        """The two fields."""
        yield line(words.LOCKED_HOW, "how")
        yield from field("staff_code", "STAFF CODE")
        yield from field("pin", "PIN", secret=True)

    def on_mount(self) -> None:
        """Why it is locked."""
        self.say(*self._said)

    def action_go_on(self) -> None:
        """The board is open, or why not is said."""
        if not self.fresh(GO_ON):
            return
        code, pin = self.typed("staff_code"), self.typed("pin")
        self.query_one("#pin", Input).value = ""
        self.ask(lambda: self.clinic.desk.unlock(code, pin), self.clinic.unlocked, words.NOT_CLOCKED)

    def action_clock_in(self) -> None:
        """Somebody else clocks in."""
        self.clinic.step(ClockInScreen())

    def action_back(self) -> None:
        """There is no way back without a PIN."""
