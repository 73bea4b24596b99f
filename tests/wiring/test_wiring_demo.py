"""The parts of the demo: its clock, its schedule, its folder, and that it notices what does not hold."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hat_clinic.domain.entries.patients import Identifier
from hat_clinic.domain.patients import is_test_number
from hat_clinic.handlers.verdict import Code, Verdict
from hat_clinic.security.signing import require_passphrase, require_pin
from hat_clinic.store.sites import SiteRow
from hat_clinic.store.unusable import StoreUnusable
from hat_clinic.vocabulary.errors import Finding, Refused, Rejected
from hat_clinic.vocabulary.quantities import Expression, Mass, Strength, Volume
from hat_clinic.wiring.demo import titration
from hat_clinic.wiring.demo.outcome import Outcome
from hat_clinic.wiring.demo.people import ANA, BEN, FOUNDERS, HIRED
from hat_clinic.wiring.demo.premises import MARK, Premises, is_demo, make_premises, require_replaceable
from hat_clinic.wiring.demo.team import Expected, Team
from hat_clinic.wiring.demo.told_clock import Calendar, ToldClock, ToldIds
from hat_clinic.wiring.register_pages import Register
from hat_clinic.wiring.system import SystemClock, SystemIds

START = datetime(2026, 3, 26, 5, 30, tzinfo=UTC)
HYDRATE = Expression.HYDROCHLORIDE_MONOHYDRATE


@dataclass(frozen=True)
class Fixed:
    """A machine whose clock stands at one moment."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment

    def boottime_ns(self) -> int:
        return 0


def clock() -> ToldClock:
    return ToldClock(START, SystemClock())


# --- the clock ----------------------------------------------------------------------------


def test_the_clock_stands_until_it_is_told() -> None:
    told = clock()
    assert told.now() == told.now() == START
    assert told.pass_time(minutes=3) == START + timedelta(minutes=3)
    assert told.boottime_ns() == 180 * 10**9
    told.tell(START + timedelta(hours=1))
    assert told.now() == START + timedelta(hours=1)


def test_the_clock_is_not_told_an_earlier_moment() -> None:
    with pytest.raises(ValueError):
        clock().tell(START - timedelta(seconds=1))


@pytest.mark.parametrize(
    "later, shown", [(timedelta(days=5), timedelta(days=5)), (timedelta(days=-5), timedelta(0))]
)
def test_let_go_it_follows_the_machine_and_never_goes_back(later: timedelta, shown: timedelta) -> None:
    told = ToldClock(START, Fixed(START + later))
    told.let_go()
    assert told.now() == START + shown
    assert told.boottime_ns() == shown // timedelta(microseconds=1) * 1000


def test_ids_carry_the_told_time() -> None:
    told = clock()
    ids = ToldIds(told, SystemIds())
    first = ids.uuid7()
    told.pass_time(days=1)
    assert int(first.replace("-", "")[:12], 16) == int(START.timestamp() * 1000)
    assert first < ids.uuid7()


def test_the_last_of_five_days_is_yesterday_also_when_the_clocks_change() -> None:
    days = Calendar(datetime(2026, 3, 30, 10, tzinfo=UTC), "Europe/Zurich", 5)
    assert days.date(5).isoformat() == "2026-03-29"
    assert days.at(4, "09:00") == datetime(2026, 3, 28, 8, tzinfo=UTC)
    assert days.at(5, "09:00") == datetime(2026, 3, 29, 7, tzinfo=UTC)


# --- the schedule -------------------------------------------------------------------------


def test_the_schedule_is_the_published_one_as_a_syringe_can_measure_it() -> None:
    found = titration.read_titration()
    vial = Strength(Mass.mg(10_000, HYDRATE), Volume(100_000))
    measured = found.measured(vial, Volume(10))
    assert [[each.mass.micrograms // 1000 for each in day] for day in measured] == [
        [15, 15, 30, 30], [45] * 3, [67] * 3, [100] * 3, [150] * 3,
    ]  # fmt: skip
    assert [each.micrograms for each in found.daily_maxima()] == [90_000, 135_000, 202_500, 303_750, 455_625]
    assert "Swissmedic" in found.source


# --- the people ---------------------------------------------------------------------------


def test_everybody_can_clock_in_and_no_patient_can_exist() -> None:
    for one in (*FOUNDERS, *HIRED):
        require_passphrase(one.passphrase)
        require_pin(one.pin)
    for patient in (ANA, BEN):
        assert is_test_number(Identifier("nhs-number", patient.nhs_number))


def test_what_does_not_hold_is_noticed() -> None:
    team = Team(clock(), SystemIds(), {})

    def refuse() -> None:
        raise Refused((Finding("AD23", "not fit"),))

    team.refused("for another rule", {"AD24"}, refuse)
    team.refused("accepted", {"AD23"}, lambda: None)
    team.refused("as expected", {"AD23"}, refuse)
    assert [each.held for each in team.expected] == [False, False, True]


@pytest.mark.parametrize("held", [(True, True), (True, False), (False, True)])
def test_the_demo_holds_only_if_all_of_it_does(held: tuple[bool, bool]) -> None:
    register = Register(SiteRow("demo1", "a.invalid/demo1", "North Street", "Europe/Zurich"), (), {}, {})
    expected = tuple(Expected("something", each) for each in held)
    assert Outcome(register, Verdict(Code.HOLDS, "a", ()), expected).held is all(held)
    assert register.premises == "DEMO North Street (a.invalid/demo1)"


# --- the folder ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def premises(tmp_path_factory: pytest.TempPathFactory) -> Premises:
    told = clock()
    return make_premises(tmp_path_factory.mktemp("demo") / "clinic", told, ToldIds(told, SystemIds()))


def test_an_earlier_demo_is_replaced_unless_it_is_served(premises: Premises) -> None:
    told, ids, before = clock(), SystemIds(), (premises.path / "policy.txt").read_text()
    (premises.path / "left behind").write_text("by the earlier one")
    engine = premises.folder.engine()
    try:
        with pytest.raises(StoreUnusable):
            make_premises(premises.path, told, ids)
    finally:
        engine.dispose()
    assert (premises.path / "left behind").exists()
    make_premises(premises.path, told, ids)
    assert not (premises.path / "left behind").exists()
    assert (premises.path / "policy.txt").read_text() != before


def test_a_demo_says_so_in_its_settings(premises: Premises) -> None:
    assert is_demo(premises.path) and premises.folder.settings.demo
    assert premises.policy.origin.partition("/")[0].endswith(".invalid")


@pytest.mark.parametrize("kind", ["file", "link", "other mark", "linked mark"])
def test_refuses_to_touch_what_is_no_demo(tmp_path: Path, premises: Premises, kind: str) -> None:
    place = tmp_path / "place"
    if kind == "file":
        place.write_text("mine")
    elif kind == "link":
        os.symlink(premises.path, place)
    else:
        place.mkdir()
        (place / "mine").write_text("mine")
        if kind == "other mark":
            (place / MARK).write_text("a note of mine that happens to have this name")
        else:
            os.symlink(premises.path / MARK, place / MARK)
    with pytest.raises(Rejected):
        require_replaceable(place)


def test_a_new_or_empty_folder_will_do(tmp_path: Path) -> None:
    require_replaceable(tmp_path)
    require_replaceable(tmp_path / "new")
