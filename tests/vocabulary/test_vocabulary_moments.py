"""Moments are UTC to the microsecond; the clinic's day never goes back, not even in October."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hat_clinic.vocabulary.errors import Rejected
from hat_clinic.vocabulary.moments import (
    clinic_day,
    clock_text,
    date_text,
    duration_text,
    local_text,
    moment_text,
    parse_moment,
    require_moment,
    require_zone,
    weekday_text,
)

ZURICH = "Europe/Zurich"
LONDON = "Europe/London"
moments = st.datetimes(timezones=st.just(UTC))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_moment_is_written_with_six_digits() -> None:
    assert moment_text(datetime(2026, 11, 23, 3, 34, 5, 1, UTC)) == "2026-11-23T03:34:05.000001Z"
    assert moment_text(datetime(2026, 11, 23, tzinfo=UTC)) == "2026-11-23T00:00:00.000000Z"


@given(moments)
def test_text_and_moment_are_one_to_one(moment: datetime) -> None:
    assert parse_moment(moment_text(moment)) == moment
    assert parse_moment(moment_text(moment)).tzinfo is UTC


@given(moments, moments)
def test_texts_sort_like_moments(a: datetime, b: datetime) -> None:
    assert (a < b) == (moment_text(a) < moment_text(b))


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23T03:34:05Z",
        "2026-11-23T03:34:05.00000Z",
        "2026-11-23T03:34:05.0000001Z",
        "2026-11-23T03:34:05.000001+00:00",
        "2026-11-23T04:34:05.000001+01:00",
        "2026-11-23 03:34:05.000001Z",
        "2026-11-23t03:34:05.000001z",
        "2026-11-23T03:34:05,000001Z",
        "2026-11-23T03:34:05.000001Z\n",
        " 2026-11-23T03:34:05.000001Z",
        "2026-11-23T03:34:60.000000Z",
        "2026-11-23T24:00:00.000000Z",
        "2026-02-29T00:00:00.000000Z",
        "0000-01-01T00:00:00.000000Z",
        "٢٠٢٦-11-23T03:34:05.000001Z",
        "",
    ],
)
def test_refuses_every_other_text(text: str) -> None:
    with pytest.raises(Rejected) as caught:
        parse_moment(text, "happened_at")
    assert caught.value.field == "happened_at"


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 1, 1),  # noqa: DTZ001 -- the naive time under test
        datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1))),
        datetime(2026, 1, 1, tzinfo=ZoneInfo(LONDON)),
    ],
)
def test_refuses_a_moment_outside_utc(moment: datetime) -> None:
    with pytest.raises(ValueError, match="in UTC"):
        require_moment(moment)
    with pytest.raises(ValueError, match="in UTC"):
        moment_text(moment)
    with pytest.raises(ValueError, match="in UTC"):
        clinic_day(moment, ZURICH, 0)
    with pytest.raises(ValueError, match="in UTC"):
        clock_text(moment, ZURICH)


@pytest.mark.parametrize("name", ["Europe/Zuerich", "", "../etc/passwd", "/etc/localtime", "Europe"])
def test_refuses_an_unknown_zone(name: str) -> None:
    with pytest.raises(Rejected) as caught:
        require_zone(name)
    assert caught.value.field == "zone"


@pytest.mark.parametrize(
    ("moment", "zone", "starts", "day"),
    [
        # an ordinary night: Zurich one hour before UTC, London on it
        ("2026-11-22T22:59:59.999999", ZURICH, 0, date(2026, 11, 22)),
        ("2026-11-22T23:00:00", ZURICH, 0, date(2026, 11, 23)),
        ("2026-11-22T23:59:59.999999", LONDON, 0, date(2026, 11, 22)),
        ("2026-11-23T00:00:00", LONDON, 0, date(2026, 11, 23)),
        ("2026-11-23T03:59:59.999999", ZURICH, 300, date(2026, 11, 22)),
        ("2026-11-23T04:00:00", ZURICH, 300, date(2026, 11, 23)),
        # 29 March: the day has 23 hours
        ("2026-03-28T23:00:00", ZURICH, 0, date(2026, 3, 29)),
        ("2026-03-29T21:59:59.999999", ZURICH, 0, date(2026, 3, 29)),
        ("2026-03-29T22:00:00", ZURICH, 0, date(2026, 3, 30)),
        ("2026-03-29T00:00:00", LONDON, 0, date(2026, 3, 29)),
        ("2026-03-29T22:59:59.999999", LONDON, 0, date(2026, 3, 29)),
        ("2026-03-29T23:00:00", LONDON, 0, date(2026, 3, 30)),
        # ... and a start at 02:30 or 01:30 does not exist: the day starts at the jump
        ("2026-03-29T00:59:59.999999", ZURICH, 150, date(2026, 3, 28)),
        ("2026-03-29T01:00:00", ZURICH, 150, date(2026, 3, 29)),
        ("2026-03-29T00:59:59.999999", LONDON, 90, date(2026, 3, 28)),
        ("2026-03-29T01:00:00", LONDON, 90, date(2026, 3, 29)),
        # 25 October: the day has 25 hours
        ("2026-10-24T22:00:00", ZURICH, 0, date(2026, 10, 25)),
        ("2026-10-25T22:59:59.999999", ZURICH, 0, date(2026, 10, 25)),
        ("2026-10-25T23:00:00", ZURICH, 0, date(2026, 10, 26)),
        ("2026-10-24T23:00:00", LONDON, 0, date(2026, 10, 25)),
        ("2026-10-25T23:59:59.999999", LONDON, 0, date(2026, 10, 25)),
        ("2026-10-26T00:00:00", LONDON, 0, date(2026, 10, 26)),
        # ... and 02:30 or 01:30 comes twice: the first one starts the day for good
        ("2026-10-25T00:29:59.999999", ZURICH, 150, date(2026, 10, 24)),
        ("2026-10-25T00:30:00", ZURICH, 150, date(2026, 10, 25)),
        ("2026-10-25T01:00:00", ZURICH, 150, date(2026, 10, 25)),
        ("2026-10-25T01:29:59.999999", ZURICH, 150, date(2026, 10, 25)),
        ("2026-10-25T00:29:59.999999", LONDON, 90, date(2026, 10, 24)),
        ("2026-10-25T00:30:00", LONDON, 90, date(2026, 10, 25)),
        ("2026-10-25T01:00:00", LONDON, 90, date(2026, 10, 25)),
        # a clinic west of Greenwich
        ("2026-11-23T07:59:59.999999", "America/Vancouver", 0, date(2026, 11, 22)),
    ],
)
def test_clinic_day(moment: str, zone: str, starts: int, day: date) -> None:
    assert clinic_day(at(moment), zone, starts) == day


@pytest.mark.parametrize("zone", [ZURICH, LONDON, "America/Vancouver", "America/Nuuk", "Australia/Lord_Howe"])
def test_the_clinic_day_never_goes_back_or_skips(zone: str) -> None:
    for starts in range(0, 1440, 45):
        for first in ("2026-03-07", "2026-03-28", "2026-04-04", "2026-10-03", "2026-10-24", "2026-10-31"):
            days = [clinic_day(at(first) + timedelta(minutes=15 * n), zone, starts) for n in range(4 * 72)]
            steps = {later - earlier for earlier, later in pairwise(days)}
            assert steps == {timedelta(0), timedelta(days=1)}, (zone, starts, first)


@pytest.mark.parametrize("starts", [-1, 1440])
def test_refuses_a_day_that_starts_outside_the_day(starts: int) -> None:
    with pytest.raises(ValueError, match="00:00 and 23:59"):
        clinic_day(at("2026-11-23T00:00:00"), ZURICH, starts)


def test_people_read_dates_and_clocks() -> None:
    assert date_text(date(2026, 11, 2)) == "02-Nov-2026"
    assert date_text(None) == "Not recorded"
    assert weekday_text(date(2026, 11, 22)) == "Sun 22-Nov-2026"
    assert local_text(at("2026-11-22T23:00:00"), ZURICH) == "23-Nov-2026 00:00"
    assert local_text(at("2026-07-01T12:05:59"), ZURICH) == "01-Jul-2026 14:05"
    assert local_text(None, ZURICH) == "Not recorded"


def test_the_hour_that_comes_twice_is_named() -> None:
    assert clock_text(at("2026-10-25T00:30:00"), ZURICH) == "02:30 CEST"
    assert clock_text(at("2026-10-25T01:30:00"), ZURICH) == "02:30 CET"
    assert clock_text(at("2026-10-25T00:30:00"), LONDON) == "01:30 BST"
    assert clock_text(at("2026-10-25T01:30:00"), LONDON) == "01:30 GMT"
    assert clock_text(at("2026-10-25T02:00:00"), ZURICH) == "03:00"
    assert clock_text(at("2026-03-29T01:00:00"), ZURICH) == "03:00"


def test_refuses_the_date_of_a_moment_without_zone() -> None:
    with pytest.raises(TypeError, match="local_text"):
        date_text(at("2026-11-22T23:00:00"))


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(hours=17, minutes=54), "17hr 54min"),
        (timedelta(minutes=4, seconds=59, microseconds=999_999), "4min 59sec"),
        (timedelta(hours=2, seconds=5), "2hr 5sec"),
        (timedelta(days=1, hours=2), "1d 2hr"),
        (timedelta(0), "0sec"),
    ],
)
def test_duration_text(duration: timedelta, text: str) -> None:
    assert duration_text(duration) == text


def test_refuses_a_duration_below_zero() -> None:
    with pytest.raises(ValueError, match="below zero"):
        duration_text(timedelta(seconds=-1))
