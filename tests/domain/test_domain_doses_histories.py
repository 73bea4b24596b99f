"""Random histories: what was drawn closes to nothing, and what was permitted never exceeds a limit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from hat_clinic.domain.doses import Dose, Stage, open_mass
from hat_clinic.domain.doses.state import accounted_mass
from hat_clinic.domain.entries import Recorded
from hat_clinic.vocabulary.errors import Refused, Rejected
from hat_clinic.vocabulary.quantities import Mass
from hat_clinic.vocabulary.terms import Whereabouts
from tests.domain.told_doses import BO, HYDRATE, ToldDoses, mg, of_vial, pack, step

SINGLE, MAXIMUM, GAP = 200, 450, timedelta(minutes=30)
STEPS = st.tuples(st.integers(0, 11), st.integers(0, 999))
WHERE = tuple(Whereabouts)


@dataclass
class Walk:
    """A clinic in which somebody tries things at random; what is refused did not happen."""

    clinic: ToldDoses = field(default_factory=ToldDoses.at_noon)
    waiting: list[Recorded] = field(default_factory=list)
    count: int = 0

    def __post_init__(self) -> None:
        self.clinic.pack = pack(minimum_gap=30)
        self.clinic.prescribe(step(largest_single=mg(SINGLE), daily_maximum=mg(MAXIMUM)))

    def one(self, verb: int, number: int, reports: bool) -> None:
        name = max(self.clinic.doses, default="")
        acts: tuple[Callable[[], object], ...] = (
            lambda: self._permit(number),
            lambda: self.clinic.prepare(name),
            lambda: self.clinic.verify(name, mass=None if number % 10 else mg(1)),
            lambda: self.clinic.hand_over(name),
            lambda: self._give(name, number, reports),
            lambda: self.clinic.saw_given(name),
            lambda: self._account(name, number),
            lambda: self._confirm(),
            lambda: self.clinic.pass_time(minutes=number % 45),
            lambda: self.clinic.pass_time(minutes=number),
            lambda: self._report(number) if reports else None,
            lambda: self._on_the_way(name),
        )
        try:
            acts[verb]()
        except (Refused, Rejected, KeyError):
            return

    def _permit(self, number: int) -> None:
        self.count += 1
        self.clinic.permit(f"{self.count:04d}", of_vial(number % 230 + 1))

    def _on_the_way(self, name: str) -> None:
        """The usual course, so that long histories get somewhere."""
        self._permit(150)
        name = max(self.clinic.doses)
        self.clinic.prepare(name)
        self.clinic.verify(name)
        self.clinic.hand_over(name)

    def _give(self, name: str, number: int, reports: bool) -> None:
        dose = self.clinic.doses[name]
        if not reports and dose.stage is not Stage.HANDED_OVER:
            return
        whole = dose.mass.micrograms // 1000
        given = whole if number % 3 else number % (whole + 1)
        self.clinic.give(name, given, whole - given)

    def _account(self, name: str, number: int) -> None:
        left = open_mass(self.clinic.doses[name]).micrograms // 1000
        self.waiting.append(self.clinic.account(name, number % (left + 1), WHERE[number % len(WHERE)]))

    def _report(self, number: int) -> None:
        self.count += 1
        self.waiting.append(self.clinic.report(f"{self.count:04d}", of_vial(number + 1), given=number + 1))

    def _confirm(self) -> None:
        if self.waiting:
            self.clinic.confirm(self.waiting.pop(0), BO)

    def close(self) -> None:
        """Everybody accounts for what is open and somebody else confirms it."""
        for name, dose in list(self.clinic.doses.items()):
            left = open_mass(dose)
            if not left.is_zero:
                self.waiting.append(self.clinic.account(name, left.micrograms // 1000))
        while self.waiting:
            self._confirm()


def require_equation(dose: Dose) -> None:
    """drawn == given + surplus wasted by two + accounted + open, at every moment."""
    if dose.drawn is None:
        return
    zero = Mass.zero(HYDRATE)
    given_mass = zero if dose.given is None else dose.given
    surplus = dose.surplus if dose.surplus_wasted else zero
    assert dose.drawn == given_mass + surplus + accounted_mass(dose) + open_mass(dose)


def require_stock(walk: Walk) -> None:
    """What is in the containers and what was drawn make what was received."""
    containers = [each for each in walk.clinic.containers.values() if each.product == "diaphin-10g"]
    held = sum(each.remaining.micrograms for each in containers)
    overdrawn = sum(each.overdrawn.micrograms for each in containers if each.overdrawn is not None)
    drawn = sum(dose.drawn.micrograms for dose in walk.clinic.doses.values() if dose.drawn is not None)
    assert held - overdrawn + drawn == 2 * 10_000_000


def given_by_day(walk: Walk) -> dict[date, Mass]:
    totals: dict[date, Mass] = {}
    for dose in walk.clinic.doses.values():
        if dose.given is not None and dose.given_at is not None:
            day = walk.clinic.calendar.day(dose.given_at)
            totals[day] = totals.get(day, mg(0)) + dose.given
    return totals


def is_out(dose: Dose) -> bool:
    """Drug of this dose is out of its containers, and not all of it has its place."""
    return dose.drawn is not None and dose.stage is not Stage.CLOSED


def require_limits(walk: Walk) -> None:
    doses = walk.clinic.doses.values()
    assert all(dose.mass <= mg(SINGLE) for dose in doses)
    assert all(total <= mg(MAXIMUM) for total in given_by_day(walk).values())
    assert sum(is_out(dose) for dose in doses) <= 1
    injected = [dose for dose in doses if dose.given is not None and not dose.given.is_zero]
    handed_over: list[tuple[datetime, datetime]] = sorted(
        (dose.handed_over_at, dose.given_at)
        for dose in injected
        if dose.handed_over_at is not None and dose.given_at is not None
    )
    assert len(handed_over) == len(injected)
    assert all(later[0] - earlier[1] >= GAP for earlier, later in pairwise(handed_over))


@settings(max_examples=150, deadline=None)
@given(st.lists(STEPS, max_size=50))
def test_legal_histories_close_to_nothing_and_never_exceed_a_limit(steps: list[tuple[int, int]]) -> None:
    walk = Walk()
    for verb, number in steps:
        walk.one(verb, number, reports=False)
        for dose in walk.clinic.doses.values():
            require_equation(dose)
        require_limits(walk)
    walk.close()
    require_stock(walk)
    assert all(not is_out(dose) for dose in walk.clinic.doses.values())


@settings(max_examples=150, deadline=None)
@given(st.lists(STEPS, max_size=50))
def test_histories_with_any_report_in_them_close_to_nothing_too(steps: list[tuple[int, int]]) -> None:
    walk = Walk()
    for verb, number in steps:
        walk.one(verb, number, reports=True)
        for dose in walk.clinic.doses.values():
            require_equation(dose)
    walk.close()
    require_stock(walk)
    assert all(not is_out(dose) for dose in walk.clinic.doses.values())


@settings(max_examples=100, deadline=None)
@given(st.lists(STEPS, max_size=50))
def test_the_history_counts_what_its_doses_count(steps: list[tuple[int, int]]) -> None:
    walk = Walk()
    for verb, number in steps:
        walk.one(verb, number, reports=True)
    history = walk.clinic.history
    if history is None:
        return
    for row in history.recent:
        dose = walk.clinic.doses[row.dose]
        assert row.open == (dose.stage is not Stage.CLOSED)
        assert row.counted == (dose.given if dose.stage is Stage.CLOSED else dose.mass)
    assert len({row.day for row in history.recent if not row.open}) <= 4


def test_walks_get_somewhere() -> None:
    """The histories above are not empty: the usual course is among their verbs."""
    walk = Walk()
    for verb, number in (
        (11, 0),
        (4, 1),
        (5, 0),
        (9, 60),
        (11, 0),
        (4, 3),
        (6, 500),
        (7, 0),
        (9, 60),
        (0, 9),
    ):
        walk.one(verb, number, reports=False)
    assert [dose.stage for dose in walk.clinic.doses.values()].count(Stage.CLOSED) >= 1
    assert len(walk.clinic.doses) >= 2
