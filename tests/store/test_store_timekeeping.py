"""When the wall clock is in doubt: against the time since the machine started, and at start."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hat_clinic.store.timekeeping import Timekeeper
from hat_clinic.vocabulary.moments import moment_text

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
TICK = timedelta(microseconds=1)


def ns(passed: timedelta) -> int:
    return passed // timedelta(microseconds=1) * 1000


def started(last: datetime = NOON) -> Timekeeper:
    keeper = Timekeeper()
    assert keeper.drift(NOON, 0, moment_text(last), None) is None
    return keeper


def after(
    keeper: Timekeeper, wall: timedelta, boot: timedelta, agreed: int | None = None
) -> timedelta | None:
    return keeper.drift(NOON + wall, ns(boot), moment_text(NOON), agreed)


@pytest.mark.parametrize("off", [2 * SECOND, -2 * SECOND])
def test_boundary_two_seconds_are_no_doubt(off: timedelta) -> None:
    assert after(started(), timedelta(hours=1) + off, timedelta(hours=1)) is None


@pytest.mark.parametrize("off", [2 * SECOND + TICK, 3600 * SECOND, timedelta(days=3653)])
def test_a_jump_forward_is_in_doubt(off: timedelta) -> None:
    assert after(started(), timedelta(hours=1) + off, timedelta(hours=1)) == off


@pytest.mark.parametrize("off", [timedelta(seconds=2, microseconds=1), timedelta(minutes=30)])
def test_a_jump_back_is_in_doubt(off: timedelta) -> None:
    assert after(started(), timedelta(hours=1) - off, timedelta(hours=1)) == -off


def test_a_machine_that_slept_is_not_in_doubt() -> None:
    assert after(started(), timedelta(hours=9), timedelta(hours=9)) is None


def test_the_doubt_lasts_while_the_clock_is_wrong_and_ends_when_it_is_right_again() -> None:
    keeper, hour = started(), timedelta(hours=1)
    assert after(keeper, 2 * hour, hour) == hour
    assert after(keeper, 3 * hour, 2 * hour) == hour
    assert after(keeper, 3 * hour, 3 * hour) is None


def test_slow_corrections_are_forgiven_one_by_one() -> None:
    keeper = started()
    for step in range(1, 10):
        assert after(keeper, step * (timedelta(minutes=1) + SECOND), step * timedelta(minutes=1)) is None


def test_small_steps_back_end_two_seconds_behind_the_newest_entry() -> None:
    keeper, step = started(), timedelta(seconds=1, milliseconds=1)
    assert after(keeper, -step, timedelta(0)) is None
    for _ in range(3):
        assert after(keeper, -2 * step, timedelta(0)) == -2 * step
    newer = moment_text(NOON + 60 * SECOND)
    assert keeper.drift(NOON + 58 * SECOND, ns(60 * SECOND), newer, None) is None
    assert keeper.drift(NOON + 58 * SECOND - TICK, ns(60 * SECOND), newer, None) == -2 * SECOND - TICK


def test_two_people_put_the_clock_right() -> None:
    keeper, hour = started(), timedelta(hours=1)
    assert after(keeper, 2 * hour, hour) == hour
    assert after(keeper, 2 * hour, hour, agreed=7) is None
    assert after(keeper, 3 * hour, 2 * hour, agreed=7) is None


def test_boundary_at_start_a_day_of_rest_is_no_doubt() -> None:
    started(NOON - timedelta(hours=24))


def test_at_start_more_than_a_day_of_rest_is_in_doubt() -> None:
    rest = timedelta(hours=24, microseconds=1)
    assert Timekeeper().drift(NOON, 0, moment_text(NOON - rest), None) == rest


def test_at_start_a_time_before_the_last_entry_is_in_doubt() -> None:
    assert Timekeeper().drift(NOON, 0, moment_text(NOON + 3 * SECOND), None) == -3 * SECOND


def test_a_new_log_has_nothing_to_doubt() -> None:
    assert Timekeeper().drift(NOON, 0, "", None) is None
