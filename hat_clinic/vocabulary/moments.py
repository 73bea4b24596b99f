"""Moments: instants in UTC to the microsecond, the clinic's day, and how people read both.

A moment is a `datetime` whose tzinfo is `datetime.UTC` itself. Local time exists in two
places only: in `clinic_day`, because "per day" limits follow the clinic's day, and in the
texts at the end, because people read wall clocks.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hat_clinic.vocabulary.errors import Rejected

MINUTES_A_DAY = 24 * 60
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
NOT_RECORDED = "Not recorded"

_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")


class Clock(Protocol):
    """Tells the time; injected, so that the core has no clock of its own."""

    def now(self) -> datetime:
        """The present moment."""
        ...

    def boottime_ns(self) -> int:
        """Nanoseconds since the machine started, also while it slept; never set by anybody."""
        ...


def require_moment(moment: datetime) -> datetime:
    """`moment` is an instant in UTC; it is returned as it came.

    Raises: ValueError for a naive time and for every other zone.
    Why: also for London in winter, whose offset is zero today. Subtracting two times that
    share a zone subtracts wall clocks, which is an hour wrong across a change of clocks.
    """
    if moment.tzinfo is not UTC:
        raise ValueError(f"a moment is in UTC, not in {moment.tzinfo or 'no zone'}")
    return moment


def moment_text(moment: datetime) -> str:
    """The moment as stored and sent: `2026-11-23T03:34:05.000001Z`, always six digits.

    Source: RFC 3339, narrowed to one text for each instant.
    """
    return _text(require_moment(moment))


@lru_cache(maxsize=4096)
def _text(moment: datetime) -> str:
    # Equal moments have one text only because all that come here are in UTC.
    return moment.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


@lru_cache(maxsize=4096)
def parse_moment(text: str, field: str = "") -> datetime:
    """The moment that `moment_text` would write as exactly `text`.

    Raises: Rejected for every other text, naming `field`; so also for another offset, for
    fewer digits and for a leap second.
    """
    if _MOMENT.fullmatch(text) is None:
        raise Rejected("a moment is written like 2026-11-23T03:34:05.000001Z", field)
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise Rejected(f"there is no such moment: {error}", field) from error


def require_zone(name: str) -> ZoneInfo:
    """The IANA time zone of that name, such as `Europe/Zurich`.

    Raises: Rejected for an unknown name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Rejected(f"{name!r} is not an IANA time zone", "zone") from error


def clinic_day(moment: datetime, zone: str, starts_minutes: int) -> date:
    """The date of the clinic's day in which `moment` lies.

    A day starts when the wall clock of `zone` first shows `starts_minutes` after midnight,
    or, where the clocks jump over that time, at the jump. It therefore never goes back: in
    the night when an hour comes twice, the first passing of the start decides.

    Units: `starts_minutes` is minutes on the wall clock, 0 to 1439.
    """
    if not 0 <= starts_minutes < MINUTES_A_DAY:
        raise ValueError("a day starts between 00:00 and 23:59")
    local_zone = require_zone(zone)
    local = require_moment(moment).astimezone(local_zone)
    start = time(starts_minutes // 60, starts_minutes % 60)
    today = local.date()
    if local.time() >= start:
        return today
    first_passing = datetime.combine(today, start, tzinfo=local_zone).replace(fold=0)
    # Only in the repeated hour can the clock show less than the start after passing it.
    if first_passing.astimezone(UTC) <= moment:
        return today
    return today - timedelta(days=1)


def date_text(day: date | None) -> str:
    """The date as people read it, whatever the locale: `22-Nov-2026`, or `Not recorded`.

    Source: NHS Common User Interface D+Ta-0002 to 0017.
    """
    if day is None:
        return NOT_RECORDED
    if isinstance(day, datetime):
        raise TypeError("a moment has a date only in a zone; use local_text")
    return f"{day.day:02d}-{MONTHS[day.month - 1]}-{day.year:04d}"


def weekday_text(day: date) -> str:
    """The date with its day of the week before it: `Sun 22-Nov-2026`."""
    return f"{WEEKDAYS[day.weekday()]} {date_text(day)}"


def clock_text(moment: datetime, zone: str) -> str:
    """The wall clock of `zone` in 24 hours: `03:34`; midnight is `00:00`.

    Source: NHS Common User Interface D+Tb-0001 to 0032.
    Why: in the hour that comes twice the name of the time is added (`02:30 CEST`, then
    `02:30 CET`), since a bare 02:30 would be two moments.
    """
    local = require_moment(moment).astimezone(require_zone(zone))
    text = f"{local.hour:02d}:{local.minute:02d}"
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return f"{text} {local.tzname()}" if twice else text


def local_text(moment: datetime | None, zone: str) -> str:
    """Date and wall clock of `zone`: `22-Nov-2026 03:34`, or `Not recorded`."""
    if moment is None:
        return NOT_RECORDED
    local = require_moment(moment).astimezone(require_zone(zone))
    return f"{date_text(local.date())} {clock_text(moment, zone)}"


def zoned_text(moment: datetime, zone: str) -> str:
    """The wall clock of `zone` with its offset, for tables: `2026-11-22T03:34:05+01:00`.

    Source: RFC 3339. Why: in the night when an hour comes twice the offset tells which it was.
    """
    return require_moment(moment).astimezone(require_zone(zone)).isoformat(timespec="seconds")


def duration_text(duration: timedelta) -> str:
    """The duration in whole units, zero units left out: `17hr 54min`, `45sec`, `1d 2hr`.

    Refuses: a duration below zero, with ValueError; say in words which of two is earlier.
    Source: NHS Common User Interface D+Tb-0017 to 0033; `m` would be months.
    Why: parts of a second are dropped, nothing else is: `4min 59sec` is not `4min` or `5min`.
    """
    if duration < timedelta(0):
        raise ValueError("a duration is not below zero")
    minutes, seconds = divmod(duration.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    units = ((duration.days, "d"), (hours, "hr"), (minutes, "min"), (seconds, "sec"))
    return " ".join(f"{count}{unit}" for count, unit in units if count) or "0sec"
