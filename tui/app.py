"""The app: one desk, the board under everything, and one step above it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import date, datetime
from typing import ClassVar

from textual import events
from textual.app import App
from textual.binding import Binding, BindingType

from hat_clinic.client.clocking import ClockIn
from hat_clinic.client.identity import Identity
from hat_clinic.client.terminal import Terminal
from hat_clinic.vocabulary.moments import clinic_day
from hat_clinic.wire.board import BoardRow, DoseView
from tui import words
from tui.desk import Desk, SeenBoard, SeenRow
from tui.screens.board import BoardScreen
from tui.screens.clock_in import ClockInScreen, UnlockScreen
from tui.screens.fields import Typed
from tui.screens.frame import Frame
from tui.screens.given import AccountScreen, GivenScreen, HandOverScreen
from tui.screens.permit import DrawScreen, PermitScreen
from tui.screens.second import VerifyScreen, WitnessScreen
from tui.screens.visit import AssessScreen, IdentifyScreen

log = logging.getLogger(__name__)
HELD_DOWN = 0.8
"""Seconds. A key pressed again sooner is the terminal repeating it."""
LEFT_ALONE, LOOKED_AFTER = 120, 5
"""Seconds without a key after which the screen locks, and how often that is looked after."""


class ClinicApp(App[None]):
    """The terminal of one clinic. `ticks` tells seconds, for telling a held key from a new press."""

    CSS_PATH = "app.tcss"
    TITLE = "hat-clinic"
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [(0, "-small"), (80, "-wide")]  # noqa: RUF012 - Textual declares it so
    VERTICAL_BREAKPOINTS = [(0, "-short"), (24, "-low"), (28, "-high")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+q", "leave", "Quit", priority=True)]

    def __init__(self, terminal: Terminal, ticks: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.desk = Desk(terminal)
        self.board = BoardScreen()
        self.place = ""
        self.zone = ""
        self._ticks = ticks
        self._pressed: dict[str, float] = {}
        self._last_key = ticks()
        self._locked: ClockIn | None = None

    def now(self) -> datetime:
        """The moment, by this terminal's clock."""
        return self.desk.terminal.clock.now()

    def today(self) -> date:
        """The date at the site."""
        return clinic_day(self.now(), self.zone or "UTC", 0)

    @property
    def frame(self) -> Frame:
        """The screen in front."""
        assert isinstance(self.screen, Frame)
        return self.screen

    def pressed_anew(self, key: str) -> bool:
        """Whether this press is one of its own; every press counts, so a held key never gets through."""
        now, before = self._ticks(), self._pressed.get(key)
        self._pressed[key] = now
        return before is None or now - before >= HELD_DOWN

    def on_mount(self) -> None:
        """Somebody clocks in first."""
        self.theme = "textual-dark"
        self.push_screen(self.board)
        self.push_screen(ClockInScreen())
        self.set_interval(LOOKED_AFTER, self._lock_if_left)

    async def on_event(self, event: events.Event) -> None:
        """Every key says that somebody is there, and has acted before the next is looked at."""
        if not isinstance(event, events.Key):
            await super().on_event(event)
            return
        self._last_key, field = self._ticks(), self.focused
        await super().on_event(event)
        if isinstance(field, Typed):
            await field.acted()

    def _lock_if_left(self) -> None:
        left = self._ticks() - self._last_key >= LEFT_ALONE
        if left and self.desk.current is not None and not self.frame.busy:
            self.lock_now(words.LOCKED_ALONE)

    def step(self, screen: Frame) -> None:
        """This step stands above the board, in place of the one before."""
        if isinstance(self.screen, BoardScreen):
            self.push_screen(screen)
        else:
            self.switch_screen(screen)

    def to_board(self, *said: str, patient: str | None = None) -> None:
        """The board, fresh, saying this, at this patient's row; while nobody is signed in, the lock."""
        if self.desk.current is None:
            self.step(UnlockScreen(said) if self.desk.people else ClockInScreen())
            return
        board = self.board
        while self.screen is not board:
            self.pop_screen()
        board.refresh_board(*said, patient=patient)

    def lock_now(self, *said: str) -> None:
        """Looking has ended, on the server too."""
        self.frame.ask(self.desk.lock, lambda _: self.lock(*said))

    def lock(self, *said: str) -> None:
        """Nobody looks; the locked screen hides the step, which stays as it is behind it."""
        self._locked, self.desk.current = self.desk.current, None
        self.push_screen(UnlockScreen(said))

    def unlocked(self, one: ClockIn) -> None:
        """Whoever locked it goes on where they were, anybody else from the board."""
        if one is not self._locked:
            self.to_board()
            return
        self.pop_screen()
        if self.screen is self.board:
            self.board.refresh_board()

    def go_on(self, patient: str) -> None:
        """The next step of this patient, whatever the step before changed."""

        def find(found: SeenBoard) -> None:
            for one in found.rows:
                if one.row.patient == patient and one.identity is not None:
                    self.open(one, one.identity)
                    return
            self.to_board()

        self.frame.look(self.desk.board, find)

    def open(self, one: SeenRow, identity: Identity) -> None:
        """The step that this patient waits for: what is open comes before anything new."""
        row = one.row
        if row.doses:
            self.open_dose(row, identity, row.doses[0].dose)
        elif row.visit is None:
            self.frame.say(words.NOT_HERE)
        elif not row.visit.identified:
            self.step(IdentifyScreen(row, identity))
        elif not row.visit.fit:
            self.step(AssessScreen(row, identity))
        elif row.courses:
            course = next((each for each in row.courses if not each.stops), row.courses[0])
            self.step(PermitScreen(row, identity, course))
        else:
            self.frame.say(words.NO_COURSE)

    def open_dose(self, row: BoardRow, identity: Identity, dose: str, *said: str) -> None:
        """The step that this dose waits for, saying this."""

        def show(view: DoseView) -> None:
            step = self._step_of(row, identity, view, said)
            if step is None:
                self.to_board(*said)
            else:
                self.step(step)

        self.frame.look(lambda: self.desk.dose(dose, identity), show)

    def _step_of(
        self, row: BoardRow, identity: Identity, view: DoseView, said: tuple[str, ...]
    ) -> Frame | None:
        match view.stage:
            case "permitted":
                return DrawScreen(row, identity, view)
            case "prepared":
                return VerifyScreen(row, identity, view.dose)
            case "verified":
                return HandOverScreen(row, identity, view, *said)
            case "handed_over":
                return GivenScreen(row, identity, view, *said)
            case _:
                pass
        waiting = view.given or next(iter(view.waiting), None)
        if waiting is not None:
            return WitnessScreen(row, identity, view, waiting)
        if view.entered is not None and view.entered.open.ug:
            return AccountScreen(row, identity, view, *said)
        return None

    async def action_leave(self) -> None:
        """Everybody is clocked out and the program ends."""
        await asyncio.to_thread(self.desk.clock_all_out)
        self.exit()

    def _handle_exception(self, error: Exception) -> None:
        """The program ends, and says no more than that on the screen.

        Why: Textual prints every local variable of every frame, and those are PINs and names.
        """
        self._return_code = 1
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        log.error("the screens failed", exc_info=error)
        self._exit_renderables.append(words.FAILED)
        self._close_messages_no_wait()
