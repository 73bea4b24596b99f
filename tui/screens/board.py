"""The board: who is here, how each is, what is due. No patient's banner, for there are several."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.coordinate import Coordinate
from textual.widgets import DataTable, Input

from hat_clinic.client.identity import Identity
from hat_clinic.vocabulary.errors import HatError, Unauthenticated
from hat_clinic.vocabulary.moments import clock_text
from tui import shown, words
from tui.desk import SeenBoard, SeenRow
from tui.screens.fields import field
from tui.screens.frame import Frame
from tui.screens.lines import Line, line
from tui.screens.visit import ArriveScreen, LeaveScreen

POLL_SECONDS = 20
WIDE = 100


class BoardScreen(Frame):
    """One row a patient, in order of arrival. Focus rests in the scan box; arrows move the row."""

    asks_on_enter = True
    heading = words.BOARD
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open", show=True),
        Binding("up", "row(-1)", "Row", show=False),
        Binding("down", "row(1)", "Row", show=False),
        Binding("f2", "refresh", "Refresh"),
        Binding("f3", "clock_in", "Clock in"),
        Binding("f4", "ask_again", "Ask again"),
        Binding("f6", "arrive", "Arrive"),
        Binding("f7", "leaving", "Leave"),
        Binding("ctrl+l", "lock", "Lock"),
        Binding("escape", "stay", "Stay", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.seen: SeenBoard | None = None
        self.read_at: datetime | None = None
        self.stale = False
        self.gone = False
        """Whether the row that was selected is gone, and nobody has chosen another one since."""

    def step(self) -> ComposeResult:
        """Scan box, rows, and the selected row in words."""
        yield from field("scan", "SCAN", hint=words.SCAN)
        table: DataTable[str] = DataTable(id="rows", cursor_type="row", zebra_stripes=False)
        table.can_focus = False
        yield table
        yield line("", id="selected")

    def on_mount(self) -> None:
        """The board is read again from time to time, which keeps nobody signed in."""
        self.set_interval(POLL_SECONDS, self._poll)

    def on_screen_resume(self) -> None:
        """Typing goes into the scan box."""
        self.query_one("#scan", Input).focus()

    def on_resize(self, event: events.Resize) -> None:
        """Columns as wide as the window lets them be; text wraps and is never cut."""
        self._fill(self._under_cursor())

    # --- reading --------------------------------------------------------------------------

    def refresh_board(self, *said: str, patient: str | None = None) -> None:
        """The board as it is now, saying this; the row of this patient is selected, if one is named."""
        self.look(self.clinic.desk.board, lambda found: self._read(found, said, patient))

    def failed(self, error: HatError) -> None:
        """What went wrong is said; and whatever it was, that this board has not been read since."""
        self._tell_stale()
        super().failed(error)

    def _tell_stale(self) -> None:
        """That nothing newer than this was read, until something is.

        Why: when the server is away a dose may be given on paper, and this one may say Ready.
        """
        self.stale = self.seen is not None
        self._tell_selected()

    def _poll(self) -> None:
        if self.app.screen is self and not self.busy and self.clinic.desk.current is not None:
            self.run_worker(self._polled(), exclusive=True, group="poll")

    async def _polled(self) -> None:
        try:
            found = await asyncio.to_thread(self.clinic.desk.board)
        except Unauthenticated as error:
            self.failed(error)
        except HatError:
            self._tell_stale()
        else:
            self._see(found)

    def _read(self, found: SeenBoard, said: tuple[str, ...], patient: str | None) -> None:
        self.clinic.place, self.clinic.zone = found.board.name, found.board.zone
        self.tell_headline()
        self._see(found, patient)
        self.say(*said)

    def _see(self, found: SeenBoard, patient: str | None = None) -> None:
        """Rows come and go: the cursor stays with its patient, or goes to this one."""
        still_gone = self.gone and patient is None
        patient = patient or self._under_cursor()
        here = [each.row.patient for each in found.rows]
        self.gone = still_gone or (patient is not None and patient not in here)
        self.seen, self.stale, self.read_at = found, False, self.clinic.now()
        self._fill(patient)

    def _under_cursor(self) -> str | None:
        return None if self.selected is None else self.selected.row.patient

    def _fill(self, patient: str | None) -> None:
        table = self.query_one("#rows", DataTable)
        table.clear(columns=True)
        wide = self.size.width >= WIDE
        widths = (1, 31, 26, 13, 15) if wide else (1, 23, 23, 6, 14)
        for label, width in zip(("", "PATIENT", "STATE", "DUE", "TODAY"), widths, strict=True):
            table.add_column(label, width=width)
        for each in () if self.seen is None else self.seen.rows:
            table.add_row(*self._cells(each), height=None, key=each.row.patient)
        places = [each.row.patient for each in self._rows()]
        if patient in places:
            table.move_cursor(row=places.index(patient))
        self._tell_selected()

    def _mark(self) -> None:
        """The selected row has a mark of its own, for whoever sees no colours."""
        table = self.query_one("#rows", DataTable)
        for place in range(table.row_count):
            table.update_cell_at(Coordinate(place, 0), "▌" if place == table.cursor_row else "")

    def _cells(self, each: SeenRow) -> tuple[str, str, str, str, str]:
        now, zone = self.clinic.now(), self.clinic.zone
        mark, state = shown.state(each.row, now, zone)
        name, due = shown.name_of(each.identity), shown.due(each.row, now, zone)
        return "", name, f"{mark} {state}", due, shown.today(each.row).replace(" of ", "\nof ")

    def _rows(self) -> tuple[SeenRow, ...]:
        return () if self.seen is None else self.seen.rows

    @property
    def selected(self) -> SeenRow | None:
        """The row under the cursor."""
        rows = self._rows()
        at = self.query_one("#rows", DataTable).cursor_row
        return rows[at] if 0 <= at < len(rows) else None

    def _tell_selected(self) -> None:
        self._mark()
        told, one = self.query_one("#selected", Line), self.selected
        if self.seen is None or one is None:
            told.tell("" if self.seen is None else "\n".join((*self._as_read(), words.NOBODY)))
            return
        now, zone = self.clinic.now(), self.clinic.zone
        name = words.ERASED if one.identity is None else self._banner(one.identity)
        lines = [*self._as_read(), f"SELECTED ROW   {name}"]
        for course in one.row.courses:
            lines += shown.course_lines(course, one.row, now, zone)
            lines += [words.stop(each.rule, each.words) for each in course.stops]
        if not one.row.courses:
            lines.append(words.NO_COURSE)
        told.tell("\n".join(lines))

    def _as_read(self) -> tuple[str, ...]:
        if not self.stale or self.read_at is None:
            return ()
        return (words.STALE.format(at=clock_text(self.read_at, self.clinic.zone)),)

    def _banner(self, identity: Identity) -> str:
        return shown.banner(identity, self.clinic.today())

    # --- keys -----------------------------------------------------------------------------

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        """The selected row is told in words."""
        self._tell_selected()

    def action_row(self, by: int) -> None:
        """The cursor is one row further."""
        self.gone = False
        table = self.query_one("#rows", DataTable)
        table.move_cursor(row=min(max(table.cursor_row + by, 0), max(len(self._rows()) - 1, 0)))

    def enter_typed(self, field: Input) -> None:
        """What was typed is found; nothing typed opens the row."""
        text = field.value.strip()
        if not text:
            self.action_open()
            return
        # What is scanned next is another card, and not the rest of one that was not found.
        field.select_all()
        matches = [place for place, each in enumerate(self._rows()) if _matches(each, text)]
        if len(matches) == 1:
            field.value, self.gone = "", False
            self.query_one("#rows", DataTable).move_cursor(row=matches[0])
            self.say()
        elif matches:
            self.say(words.FOUND_SEVERAL.format(count=len(matches), text=text))
        else:
            self.say(words.NOT_FOUND_HERE.format(text=text))

    def action_open(self) -> None:
        """The selected patient's next step."""
        one = self.selected
        if self.gone:
            self.gone = False
            self.say(words.GONE)
        elif one is not None and one.identity is not None and not self.busy and not self.too_small:
            self.clinic.open(one, one.identity)

    def action_refresh(self) -> None:
        """The board as it is now."""
        self.refresh_board()

    def action_clock_in(self) -> None:
        """Somebody else clocks in here too."""
        from tui.screens.clock_in import ClockInScreen

        self.clinic.step(ClockInScreen())

    def action_ask_again(self) -> None:
        """What was sent without an answer is asked for again."""
        if self.fresh("f4"):
            self.ask(
                self.clinic.desk.ask_again, lambda said: self.refresh_board(*(said or (words.NOTHING_OPEN,)))
            )

    def action_arrive(self) -> None:
        """Somebody has come."""
        if self.fresh("f6"):
            self.clinic.step(ArriveScreen())

    def action_leaving(self) -> None:
        """The selected patient leaves: asked again, on a screen of its own."""
        one = self.selected
        if self.fresh("f7") and one is not None and one.identity is not None and one.row.visit is not None:
            self.clinic.step(LeaveScreen(one.row, one.identity))

    def action_lock(self) -> None:
        """Nobody looks until a PIN was typed."""
        if self.fresh("ctrl+l", unseen=True):
            self.clinic.lock_now()

    def action_stay(self) -> None:
        """Esc is safe here too."""
        self.query_one("#scan", Input).value = ""
        self.say()


def _matches(one: SeenRow, text: str) -> bool:
    if one.identity is None:
        return False
    wanted = text.casefold().replace(" ", "")
    numbers = [each.value.casefold().replace(" ", "") for each in one.identity.identifiers]
    names = [f"{one.identity.family}{one.identity.given}".casefold(), one.identity.given.casefold()]
    return wanted in numbers or any(name.replace(" ", "").startswith(wanted) for name in names)
