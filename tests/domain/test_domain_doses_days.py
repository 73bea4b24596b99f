"""Which day a dose counts on, how long ago it ended, and titration as the Swiss text has it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hat_clinic.domain.doses import ClockAcceptance, SiteCalendar
from hat_clinic.domain.doses.state import HistoryDose, pause_since
from hat_clinic.domain.pack_files import parse_pack
from hat_clinic.domain.packs import Pack
from hat_clinic.vocabulary.ids import DoseId
from hat_clinic.vocabulary.quantities import Expression, Mass, Volume
from tests.domain.told_doses import CALENDAR, HYDRATE, NOON, ToldDoses, draw, mg, of_vial, step

PACKS = Path(__file__).parents[2] / "hat_clinic" / "packs"
DAY = timedelta(days=1)


def at(month: int, day: int, hour: int, minute: int) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def clinic_at(moment: datetime, calendar: SiteCalendar = CALENDAR) -> ToldDoses:
    clinic = ToldDoses.at_noon()
    clinic.moment, clinic.calendar = moment, calendar
    clinic.prescribe(
        step(starts=moment - DAY, ends=moment + 30 * DAY, daily_maximum=mg(100), earliest_after_previous=0)
    )
    return clinic


# --- the clinic's day ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "same_day"),
    [
        (at(1, 5, 2, 59), at(1, 5, 3, 0), False),  # 03:59 and 04:00 by the clinic's clock
        (at(1, 5, 3, 0), at(1, 6, 2, 59), True),
        (at(3, 28, 3, 0), at(3, 29, 1, 59), True),  # the night with 23 hours: 04:00 to 03:59
        (at(3, 28, 3, 0), at(3, 29, 2, 0), False),
        (at(10, 24, 2, 0), at(10, 25, 2, 59), True),  # the night with 25 hours
        (at(10, 24, 2, 0), at(10, 25, 3, 0), False),
    ],
)
def test_boundary_the_days_maximum_counts_on_the_clinics_day(
    first: datetime, second: datetime, same_day: bool
) -> None:
    clinic = clinic_at(first)
    clinic.had("d1", 60)
    clinic.moment = second
    fresh = of_vial(60, "v002")
    assert clinic.refused(clinic.permit, "d2", fresh) == ({"AD30"} if same_day else set())


def test_a_dose_counts_on_the_day_it_ended_even_if_it_was_prepared_before() -> None:
    clinic = clinic_at(at(1, 5, 2, 55))
    clinic.handed_over("d1", 60)
    clinic.moment = at(1, 5, 3, 5)
    clinic.give("d1", 60)
    clinic.saw_given("d1")
    assert clinic.refused(clinic.permit, "d2", of_vial(60)) == {"AD30"}


def test_a_dose_that_is_out_counts_on_every_day_until_it_is_closed() -> None:
    clinic = clinic_at(at(1, 5, 12, 0))
    clinic.handed_over("d1", 60)
    clinic.moment += 2 * DAY
    assert clinic.refused(clinic.permit, "d2", of_vial(60, "v002")) == {"AD30", "AD31"}


# --- pauses are on UTC instants -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("ended", "now", "found"),
    [
        # 01:50, then 03:10 by the wall: eighty minutes to look at, twenty to live.
        (at(3, 29, 0, 50), at(3, 29, 1, 10), {"AD28"}),
        (at(3, 29, 0, 50), at(3, 29, 1, 20), set()),
        # 02:50 CEST, then 02:10 CET by the wall: minus forty minutes to look at.
        (at(10, 25, 0, 50), at(10, 25, 1, 10), {"AD28"}),
        (at(10, 25, 0, 50), at(10, 25, 1, 20), set()),
    ],
)
def test_a_pause_is_as_long_as_it_was_whatever_the_wall_clock_shows(
    ended: datetime, now: datetime, found: set[str]
) -> None:
    clinic = clinic_at(ended)
    clinic.prescribe(step(starts=ended - DAY, ends=ended + DAY))
    clinic.had("d1", 60)
    clinic.moment = now
    assert clinic.refused(clinic.permit, "d2", of_vial(60)) == found


def test_boundary_across_an_accepted_clock_only_the_time_since_then_is_sure() -> None:
    clinic = ToldDoses.at_noon()
    clinic.had("d1")
    clinic.accepted = ClockAcceptance(len(clinic.entries), NOON + timedelta(hours=5))
    clinic.moment = NOON + timedelta(hours=5, minutes=29)
    assert clinic.refused(clinic.permit, "d2", of_vial(10)) == {"AD28"}
    clinic.pass_time(minutes=1)
    assert clinic.refused(clinic.permit, "d2", of_vial(10)) == set()


def test_a_clock_set_back_keeps_nobody_waiting_for_a_time_that_never_was() -> None:
    clinic = ToldDoses.at_noon()
    clinic.had("d1")
    clinic.accepted = ClockAcceptance(len(clinic.entries), NOON - timedelta(hours=3))
    clinic.moment = NOON - timedelta(hours=2, minutes=30)
    assert clinic.refused(clinic.permit, "d2", of_vial(10)) == set()


ENDED = HistoryDose(DoseId("d"), NOON.date(), mg(1), mg(1), False, 1, 5, NOON)


@pytest.mark.parametrize(
    ("minutes", "accepted", "already_given", "expected"),
    [
        (20, None, False, 20),
        (-20, None, False, 0),
        (-20, None, True, 20),
        (20, ClockAcceptance(6, NOON + timedelta(minutes=15)), False, 5),
        (10, ClockAcceptance(6, NOON + timedelta(minutes=15)), False, 0),
        (10, ClockAcceptance(6, NOON + timedelta(minutes=15)), True, 10),
        (20, ClockAcceptance(6, NOON + timedelta(minutes=15)), True, 5),
        (20, ClockAcceptance(5, NOON + timedelta(minutes=15)), False, 20),
    ],
)
def test_the_least_time_that_can_have_passed(
    minutes: int, accepted: ClockAcceptance | None, already_given: bool, expected: int
) -> None:
    pause = pause_since(ENDED, NOON + timedelta(minutes=minutes), accepted, already_given)
    assert pause == timedelta(minutes=expected)


def test_an_end_in_the_future_is_no_pause_at_all() -> None:
    """As after a clock was set back and nobody has accepted it yet."""
    clinic = ToldDoses.at_noon()
    clinic.had("d1")
    clinic.pass_time(hours=-2)
    assert clinic.refused(clinic.permit, "d2", of_vial(10)) == {"AD28"}


# --- titration, Swissmedic-approved text Diaphin i.v. -------------------------------------------


@pytest.fixture
def swiss() -> ToldDoses:
    """A patient who never had a dose, prescribed more than titration lets through."""
    file = parse_pack((PACKS / "swissmedic-diaphin-iv.toml").read_bytes())
    clinic = ToldDoses.at_noon()
    clinic.pack = Pack(
        file.pack, file.version, file.sha256, file.values, 0, file.jurisdiction, file.expression
    )
    clinic.prescribe(step(earliest_after_previous=0))
    return clinic


def test_boundary_day_one_15_then_15_at_once_then_30_every_half_hour(swiss: ToldDoses) -> None:
    assert swiss.refused(swiss.had, "d1", 20) == {"TI01"}
    swiss.had("d1", 15)
    assert swiss.refused(swiss.had, "d2", 16) == {"AD29"}
    swiss.had("d2", 15)
    assert swiss.refused(swiss.had, "d3", 15) == {"AD29"}
    swiss.pass_time(minutes=29)
    assert swiss.refused(swiss.had, "d3", 30) == {"AD29"}
    swiss.pass_time(minutes=1)
    assert swiss.refused(swiss.had, "d3", 31) == {"TI02"}
    swiss.had("d3", 30)
    swiss.pass_time(minutes=30)
    swiss.had("d4", 30)
    assert swiss.history is not None
    assert swiss.history.total(NOON.date(), HYDRATE, swiss.moment) == mg(90)


def test_the_second_dose_at_once_is_for_who_asked_for_no_pause_and_on_the_first_day(
    swiss: ToldDoses,
) -> None:
    swiss.had("d1", 15)
    swiss.prescribe(step(earliest_after_previous=30))
    assert swiss.refused(swiss.had, "d2", 15) == {"AD28", "AD29"}


def test_boundary_the_next_days_largest_dose_is_half_of_the_day_before(swiss: ToldDoses) -> None:
    """Three doses a day after 90 mg: 45, then 67.5 measured as 67, then 100.5 measured as 100."""
    for name, milligrams in (("a", 15), ("b", 15), ("c", 30), ("d", 30)):
        swiss.had(name, milligrams)
        swiss.pass_time(minutes=30)
    for number, (container, single, above) in enumerate(
        [("v002", 45_000, 46_000), ("v002", 67_000, 68_000), ("v002", 100_000, 101_000)]
    ):
        swiss.moment = NOON + (number + 1) * DAY
        swiss.containers[container] = ToldDoses.at_noon().containers[container]
        for repeat in range(3):
            name = f"{number}-{repeat}"
            too_much = draw(container, Mass(above, HYDRATE), Volume(above // 100))
            assert swiss.refused(swiss.permit, name, too_much) == {"TI04"}
            swiss.had_of(name, draw(container, Mass(single, HYDRATE), Volume(single // 100)))
            swiss.pass_time(minutes=30)


def test_boundary_at_two_a_day_a_dose_rises_by_half(swiss: ToldDoses) -> None:
    swiss.had("a", 15)
    swiss.pass_time(hours=3)
    swiss.had("b", 30)
    swiss.moment = NOON + DAY
    swiss.containers["v001"] = ToldDoses.at_noon().containers["v001"]
    assert swiss.refused(swiss.permit, "c", of_vial(46)) == {"TI05"}
    assert swiss.refused(swiss.permit, "c", of_vial(45)) == set()


def test_refuses_TI07_after_a_pack_in_another_expression_was_adopted(swiss: ToldDoses) -> None:
    assert swiss.pack is not None
    for other in (Expression.BASE, None):
        swiss.pack = replace(swiss.pack, expression=other)
        assert swiss.refused(swiss.permit, "d1", of_vial(15)) == {"TI07"}
