"""The demo from the empty folder to the verdict. What is shown of it is the command line's affair."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from hat_clinic.client.terminal import Terminal
from hat_clinic.handlers.verifying import Progress
from hat_clinic.vocabulary.ids import IdSource
from hat_clinic.vocabulary.moments import Clock
from hat_clinic.wiring.demo.bedside import Bedside
from hat_clinic.wiring.demo.board import board_text
from hat_clinic.wiring.demo.days import FiveDays
from hat_clinic.wiring.demo.opening import (
    adopt_pack,
    enrol_both,
    open_clinic,
    prescribe_stable,
    prescribe_titration,
    receive_stock,
)
from hat_clinic.wiring.demo.outcome import Outcome, judge
from hat_clinic.wiring.demo.people import BEDSIDE, NIA
from hat_clinic.wiring.demo.premises import TERMINALS, ZONE, Premises, make_premises
from hat_clinic.wiring.demo.server import served
from hat_clinic.wiring.demo.team import Team, at_work
from hat_clinic.wiring.demo.titration import read_titration
from hat_clinic.wiring.demo.told_clock import Calendar, ToldClock, ToldIds
from hat_clinic.wiring.system import SystemClock, SystemIds

PLAYING = "playing five clinic days"
BEFORE = 4
"""Steps before the first patient: the folder, the staff, the stock, the prescriptions."""


@dataclass(frozen=True, slots=True)
class Played:
    """A demo that has been played and is still served at `url`, by the machine's own clock."""

    premises: Premises
    outcome: Outcome
    board: str
    url: str


@contextmanager
def played(path: Path, real: Clock, ids: IdSource, progress: Progress) -> Iterator[Played]:
    """Five days have passed in a fresh clinic in `path`, and it is judged what held.

    Raises: what `make_premises` and `served` raise; HatError, for what the play did not expect.
    """
    titration = read_titration()
    days = Calendar(real.now(), ZONE, len(titration.days))
    clock = ToldClock(days.at(1, "06:30"), real)
    told = ToldIds(clock, ids)
    progress(PLAYING, 0, BEFORE)
    premises = make_premises(path, clock, told)
    with served(premises.folder, clock, told) as serving:
        first, second = premises.first, premises.second
        with at_work(path / TERMINALS, serving.url, first, second, clock, told) as team:
            play = _open(team, premises, days, progress)
            steps = play.steps()
            for number, step in enumerate(steps):
                progress(PLAYING, BEFORE + number, BEFORE + len(steps))
                step()
            progress(PLAYING, BEFORE + len(steps), BEFORE + len(steps))
            clock.let_go()
            play.this_morning()
            board = board_text(team.look(NIA))
        yield Played(premises, judge(play, premises, progress), board, serving.url)


def _open(team: Team, premises: Premises, days: Calendar, progress: Progress) -> FiveDays:
    """The clinic's first morning, up to the moment before the first patient comes."""
    progress(PLAYING, 1, BEFORE)
    team.clock.tell(days.at(1, "07:00"))
    open_clinic(team, premises)
    progress(PLAYING, 2, BEFORE)
    team.clock.tell(days.at(1, "07:30"))
    adopt_pack(team, days.date(1))
    cupboard, bedside = receive_stock(team), Bedside(team)
    progress(PLAYING, 3, BEFORE)
    ana, ben = enrol_both(bedside)
    titration = read_titration()
    orders = prescribe_titration(team, ana, days, titration), prescribe_stable(team, ben, days)
    return FiveDays(team, bedside, days, cupboard, titration, *orders)


@contextmanager
def bedside_terminal(done: Played) -> Iterator[Terminal]:
    """The terminal where doses are prepared, for people to work at, by the machine's own clock."""
    enrolment = replace(done.premises.first, url=done.url)
    folder = done.premises.path / TERMINALS / BEDSIDE
    terminal = Terminal(enrolment, folder, SystemClock(), SystemIds())
    try:
        yield terminal
    finally:
        terminal.close()
