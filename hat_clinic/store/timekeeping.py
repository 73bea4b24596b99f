"""The wall clock against the time since the machine started, which nobody can set.

One of these lives in a writer. It remembers where the two clocks stood when they last agreed,
and forgets it when two people accepted the time. At start there is nothing to compare with but
the last entry: a wall time before it, or more than a day after it, is in doubt.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from hat_clinic.vocabulary.moments import parse_moment

TOLERANCE = timedelta(seconds=2)
LONGEST_REST = timedelta(hours=24)


class Timekeeper:
    """What one process knows of the time."""

    def __init__(self) -> None:
        self._base: tuple[datetime, int, int | None] | None = None

    def copy(self) -> Timekeeper:
        """One that knows the same and learns by itself: what an undone act taught is not kept."""
        again = Timekeeper()
        again._base = self._base
        return again

    def drift(self, wall: datetime, boot_ns: int, last_at: str, agreed: int | None) -> timedelta | None:
        """By how much `wall` is ahead of the time that surely passed (negative: behind); None if not.

        `last_at` is the `at` of the newest entry, empty for a new log; `agreed` the entry at
        which the clock was last accepted by two people.
        """
        found = self._since_base(wall, boot_ns, agreed)
        behind = wall - parse_moment(last_at) if last_at else timedelta(0)
        if behind < -TOLERANCE or (self._is_new(agreed) and behind > LONGEST_REST):
            found = behind
        if found is None:
            self._base = (wall, boot_ns, agreed)
        return found

    def _is_new(self, agreed: int | None) -> bool:
        return self._base is None or self._base[2] != agreed

    def _since_base(self, wall: datetime, boot_ns: int, agreed: int | None) -> timedelta | None:
        if self._base is None or self._is_new(agreed):
            return None
        passed = timedelta(microseconds=(boot_ns - self._base[1]) // 1000)
        off = (wall - self._base[0]) - passed
        return off if abs(off) > TOLERANCE else None
