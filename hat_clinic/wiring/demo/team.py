"""People at their terminals: every act of the demo goes through the typed client and HTTP.

Each signature opens the person's key with their PIN, each outcome is proven before it counts, as
on any terminal. What is expected to be refused must be refused, with its rule, and on record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hat_clinic.client.clocking import ClockIn
from hat_clinic.client.enrolment import Enrolment
from hat_clinic.client.first_passphrase import keep_first_passphrase
from hat_clinic.client.statements import ToSign
from hat_clinic.client.terminal import Done, Terminal
from hat_clinic.domain import codec
from hat_clinic.vocabulary.errors import NotPermitted, Refused
from hat_clinic.vocabulary.ids import IdSource, PersonId
from hat_clinic.wire.board import Board
from hat_clinic.wiring.demo.board import Seen
from hat_clinic.wiring.demo.people import BEDSIDE, SECOND, Player
from hat_clinic.wiring.demo.told_clock import ToldClock

LOOKS_FOR = timedelta(minutes=4)
"""A minute less than a sign-in lives idle."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed act on record: the statement, and what it came to."""

    shown: ToSign
    done: Done

    @property
    def payload_hash(self) -> bytes:
        """How a second statement names this one."""
        return self.shown.payload_hash

    @property
    def made(self) -> Mapping[str, str]:
        """The ids it brought into being."""
        return self.shown.made


@dataclass(frozen=True, slots=True)
class Expected:
    """Something that had to happen, and whether it did."""

    what: str
    held: bool
    found: str = ""


@dataclass
class _AtWork:
    clock_in: ClockIn
    seen: datetime


@dataclass
class Team:
    """The players at the two terminals, and what has been expected of the clinic so far."""

    clock: ToldClock
    ids: IdSource
    seats: dict[str, Terminal]
    expected: list[Expected] = field(default_factory=list)
    _at_work: dict[str, _AtWork] = field(default_factory=dict)

    # --- acts -----------------------------------------------------------------------------

    def perform(self, who: Player, act: str, **body: Any) -> Done:
        """The attributed act is done, and proven to be."""
        return self._seat(who).perform(self._awake(who), act, _plain(body))

    def sign(self, who: Player, act: str, expects: Mapping[str, Any] | None = None, **body: Any) -> Signed:
        """The act is signed by its person, done, and proven to be."""
        terminal, clocked_in = self._seat(who), self._awake(who)
        shown = terminal.draw(clocked_in, act, _plain(body), _plain(expects or {}))
        return Signed(shown, terminal.sign(clocked_in, shown, who.pin))

    def both(self, first: Player, second: Player, act: str, **body: Any) -> Signed:
        """The act is signed by one person and confirmed by another."""
        signed = self.sign(first, act, **body)
        self.clock.pass_time(seconds=20)
        self.sign(second, "confirm-act", names=signed.payload_hash, names_tag=signed.shown.tag)
        return signed

    def look(self, who: Player) -> Seen:
        """The board as this person's terminal shows it; it shows no name that it did not find in the log."""
        terminal, clocked_in = self._seat(who), self._awake(who)
        board = terminal.http.view(Board, "/board", clocked_in.require_token())
        identities = {
            row.patient: terminal.log.identity(row.identity, row.patient)
            for row in board.rows
            if row.identity is not None
        }
        return Seen(board, identities)

    # --- expectations ---------------------------------------------------------------------

    def expect(self, what: str, held: bool, found: str = "") -> None:
        """`what` is on the list of what had to be so."""
        self.expected.append(Expected(what, held, found))

    def refused(self, what: str, rules: set[str], attempt: Callable[[], object]) -> None:
        """The attempt was refused for exactly these rules; the client has proven it is on record."""
        try:
            attempt()
        except (Refused, NotPermitted) as refusal:
            found = {each.rule for each in refusal.findings}
            self.expect(f"{what}: refused", found == rules, str(refusal))
        else:
            self.expect(f"{what}: refused", False, "it was accepted")

    def first_passphrase(self, who: Player, person: PersonId, seed: bytes) -> None:
        """The key that two people have granted opens by this person's passphrase from now on."""
        at = self.seats[BEDSIDE]  # the other terminal is not enrolled yet
        terminal = at.enrolment.terminal
        keep_first_passphrase(at.http, at.origin, terminal, person, seed, who.passphrase, self.ids.random)

    def wake(self, *people: Player) -> None:
        """They are there, each at a terminal of their own, and their screens are not locked.

        Why at once: each has a PIN or a passphrase to be derived from, which takes a while.
        """
        with ThreadPoolExecutor(len(people)) as pool:
            list(pool.map(self._awake, people))

    # --- being there ----------------------------------------------------------------------

    def _seat(self, who: Player) -> Terminal:
        return self.seats[who.seat]

    def _awake(self, who: Player) -> ClockIn:
        """The person is clocked in for this shift, and the screen is not locked."""
        terminal, now = self._seat(who), self.clock.now()
        at_work = self._at_work.get(who.staff_code)
        if at_work is None or not at_work.clock_in.seed.is_live(now):
            clocked_in = terminal.clock_in(who.staff_code, who.passphrase, who.pin, who.pin)
            at_work = self._at_work[who.staff_code] = _AtWork(clocked_in, now)
        elif now - at_work.seen > LOOKS_FOR:
            terminal.unlock(at_work.clock_in, who.pin)
        at_work.seen = now
        return at_work.clock_in


def _plain(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body as JSON spells it, as the ledger does; what is None is left out."""
    return {name: _spelt(value) for name, value in body.items() if value is not None}


def _spelt(value: Any) -> Any:
    return [_spelt(each) for each in value] if isinstance(value, tuple) else codec.encode(value)


@contextmanager
def at_work(
    folder: Path, url: str, first: Enrolment, second: Enrolment, clock: ToldClock, ids: IdSource
) -> Iterator[Team]:
    """Both terminals are on, and ask the server at `url`; they are off afterwards."""
    seats: dict[str, Terminal] = {}
    try:
        for name, enrolment in ((BEDSIDE, first), (SECOND, second)):
            seats[name] = Terminal(replace(enrolment, url=url), folder / name, clock, ids)
        yield Team(clock, ids, seats)
    finally:
        for terminal in seats.values():
            terminal.close()
