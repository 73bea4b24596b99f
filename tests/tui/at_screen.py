"""A terminal of the served ward, its screens driven by keys alone."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from hat_clinic.client.terminal import Terminal
from tests.api.served import Served
from tests.api.served_ward import served_ward
from tests.client.at_work import PASSPHRASE, PIN, Network, enrolment, keep_credential
from tests.clinic import Member
from tests.handlers.dosing import Ward
from tui.app import ClinicApp

WIDE, SMALL = (100, 30), (80, 24)
PATIENCE = 30


@dataclass
class Desk:
    """A ward, its server, and the network between that and the screens."""

    ward: Ward
    house: Served
    network: Network
    terminal: Terminal


@contextmanager
def desk(engine: Engine, folder: Path) -> Iterator[Desk]:
    """A served ward with one terminal; nia, noa and dan can clock in."""
    with served_ward(engine) as (ward, house):
        for one in (ward.nia, ward.noa, ward.dan):
            keep_credential(house, one)
        network, clinic = Network(house.http), ward.clinic
        terminal = Terminal(enrolment(house), folder, clinic.clock, clinic.ids, network)
        yield Desk(ward, house, network, terminal)


@dataclass
class AtScreen:
    """Somebody in front of the screen: presses keys, reads, and waits for what must come."""

    desk: Desk
    app: ClinicApp
    pilot: Pilot[None]

    def text(self) -> str:
        """What can be read now. The one place that knows how Textual keeps its lines."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text.rstrip() for strip in strips)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def burst(self, *keys: str) -> None:
        """Keys that come faster than the screens take them up, as a scanner sends them; then rest.

        Why: a screen that is drawn anew after each of them shows nothing more, and takes most of a test.
        """
        for key in keys[:-1]:
            self.app.post_message(events.Key(key, " " if key == "space" else None))
        await self.press(*keys[-1:])

    async def type(self, text: str) -> None:
        await self.fill(text)

    async def fill(self, *texts: str) -> None:
        """One text a field, Tab between them."""
        typed = "\t".join(texts)
        await self.burst(*({" ": "space", "\t": "tab"}.get(each, each) for each in typed))

    async def shows(self, *words: str) -> str:
        """The screen once it shows all of this and has come to rest; fails, showing itself, if never."""
        before = ""
        for _ in range(PATIENCE * 20):
            await self.pilot.pause()
            text = self.text()
            flat = " ".join(text.replace("\N{NO-BREAK SPACE}", " ").split())
            if text == before and all(" ".join(word.split()) in flat for word in words):
                return text
            before = text
            await asyncio.sleep(0.05)
        raise AssertionError(f"never shown: {words}\n{self.text()}")

    async def paste(self, text: str) -> None:
        """As a scanner or a pasted text comes: at once, into the field that has the focus."""
        self.app.post_message(events.Paste(text))
        await self.pilot.pause()

    async def sign_on(self, one: Member) -> None:
        await self.fill(one.staff_code, "")
        await self.paste(PASSPHRASE)
        await self.press("tab")
        await self.fill(PIN, PIN)
        await self.press("f6")

    async def clock_in(self, one: Member) -> None:
        await self.shows("Clock in", "PIN AGAIN")
        await self.sign_on(one)
        await self.shows("is clocked in on this terminal")

    async def at_work(self, *people: Member) -> None:
        """They are clocked in and the board is shown; what is typed for it, another test types."""
        for one in people:
            await asyncio.to_thread(self.app.desk.clock_in, one.staff_code, PASSPHRASE, PIN, PIN)
        self.app.call_later(self.app.to_board)
        await self.shows("SELECTED ROW")

    async def both_at_work(self) -> None:
        await self.at_work(self.desk.ward.nia, self.desk.ward.noa)

    async def both_clock_in(self) -> None:
        await self.clock_in(self.desk.ward.nia)
        await self.press("f3")
        await self.clock_in(self.desk.ward.noa)

    async def to_permit(self) -> None:
        """The board's only patient is opened."""
        await self.shows("SELECTED ROW")
        await self.press("enter")
        await self.shows("may I prepare?", "CONTAINERS")

    async def permitted(self, milligrams: str = "") -> None:
        await self.to_permit()
        if milligrams:
            await self.press("shift+tab")
            await self.retype("dose", milligrams)
            await self.press("tab")
        await self.type(self.desk.ward.vials[0][-4:])
        await self.press("f6")
        await self.shows("I have drawn it", "DRAW")

    async def retype(self, name: str, text: str) -> None:
        found = self.app.screen.query_one(f"#{name}", Input)
        assert found.has_focus
        await self.burst("end", *["backspace"] * len(found.value))
        await self.type(text)

    async def prepared(self, milligrams: str = "") -> None:
        await self.permitted(milligrams)
        await self.press("f6")
        await self.shows("exactly as it will be signed")
        await self.type(PIN)
        await self.press("f8")
        await self.shows("SECOND SIGNER", "DOSE YOU READ")

    async def verified(self, milligrams: str = "15") -> None:
        await self.prepared("" if milligrams == "15" else milligrams)
        await self.reads(self.desk.ward.noa, milligrams)
        await self.shows("hand it over")

    async def reads(self, one: Member, milligrams: str, pin: str = PIN, ending: str = "") -> None:
        await self.fill(one.staff_code, milligrams, ending or self.desk.ward.vials[0][-4:], pin)
        await self.press("f8")

    async def handed_over(self, milligrams: str = "15") -> None:
        await self.verified(milligrams)
        await self.press("f6")
        await self.shows("LEFT IN SYRINGE")

    async def given(self, left: str = "0", milligrams: str = "15") -> None:
        await self.handed_over(milligrams)
        await self.fill(left)
        await self.press("f6")
        await self.shows("exactly as it will be signed", "GIVEN")
        await self.type(PIN)
        await self.press("f8")
        await self.shows("what you saw", "WHAT THE FIRST PERSON SIGNED")

    async def seconds(self, one: Member) -> None:
        await self.fill(one.staff_code, PIN)
        await self.press("f8")


@asynccontextmanager
async def at_screen(desk: Desk, size: tuple[int, int] = WIDE) -> AsyncIterator[AtScreen]:
    """The app in a terminal of this size. No press there is a held key unless a test says so."""
    ticks = itertools.count()
    app = ClinicApp(desk.terminal, lambda: float(next(ticks)))
    async with app.run_test(size=size, notifications=True) as pilot:
        yield AtScreen(desk, app, pilot)
    desk.terminal.close()
