"""The demo's clock: five days pass in seconds, because somebody says so, and the screen says that too."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, time, timedelta

from hat_clinic.vocabulary.ids import IdSource, uuid7_from
from hat_clinic.vocabulary.moments import Clock, require_moment, require_zone

_MICROSECOND = timedelta(microseconds=1)


class ToldClock:
    """Stands still at the moment it was told, until it is told a later one or let go.

    Why it stands still: a slow machine must not make a permit lapse that the play needs.
    """

    def __init__(self, start: datetime, real: Clock) -> None:
        self._start = self._told = require_moment(start)
        self._real = real
        self._free = False
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The moment as it was told, or the machine's own once it was let go."""
        with self._lock:
            return max(self._told, self._real.now()) if self._free else self._told

    def boottime_ns(self) -> int:
        """What passed since the start of the play: nobody sets this clock behind its own back."""
        return (self.now() - self._start) // _MICROSECOND * 1000

    def tell(self, moment: datetime) -> None:
        """It is `moment`.

        Raises: ValueError, for an earlier moment than it was.
        """
        with self._lock:
            if require_moment(moment) < self._told:
                raise ValueError(f"it was {self._told} already; it cannot be {moment} now")
            self._told = moment

    def pass_time(self, **units: int) -> datetime:
        """So much time has passed (`minutes=3`); the moment it is now."""
        with self._lock:
            self._told += timedelta(**units)
            return self._told

    def let_go(self) -> None:
        """From here on it is the machine's time."""
        with self._lock:
            self._free = True


class ToldIds:
    """Real randomness, and ids whose time is the told one, so that they sort as things happened."""

    def __init__(self, clock: Clock, real: IdSource) -> None:
        self._clock, self._real = clock, real

    def uuid7(self) -> str:
        """A fresh UUIDv7 of the told moment."""
        milliseconds = (self._clock.now() - datetime.fromtimestamp(0, UTC)) // timedelta(milliseconds=1)
        return uuid7_from(milliseconds, self._real.random(10))

    def random(self, count: int) -> bytes:
        """`count` fresh random bytes."""
        return self._real.random(count)


class Calendar:
    """The clinic days of the play: the last one is yesterday, by the wall clock of `zone`."""

    def __init__(self, now: datetime, zone: str, days: int) -> None:
        self._zone = require_zone(zone)
        self._first = now.astimezone(self._zone).date() - timedelta(days=days)

    def date(self, day: int) -> date:
        """The date of clinic day `day`, counted from 1."""
        return self._first + timedelta(days=day - 1)

    def at(self, day: int, wall: str = "00:00") -> datetime:
        """The moment at which the clinic's wall clock shows `wall` on clinic day `day`."""
        local = datetime.combine(self.date(day), time.fromisoformat(wall), tzinfo=self._zone)
        return local.astimezone(UTC)
