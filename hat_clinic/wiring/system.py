"""The real clock and the real randomness. Nothing below this floor reaches for either."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime

from hat_clinic.vocabulary.ids import uuid7_from


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """The moment, as this machine's wall clock claims."""
        return datetime.now(UTC)

    def boottime_ns(self) -> int:
        """Nanoseconds since the machine started, sleep included; nobody can set it back."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


class SystemIds:
    """Ids and bytes from the kernel's generator."""

    def uuid7(self) -> str:
        """A fresh UUIDv7."""
        return uuid7_from(time.time_ns() // 1_000_000, os.urandom(10))

    def random(self, count: int) -> bytes:
        """`count` fresh random bytes."""
        return os.urandom(count)
