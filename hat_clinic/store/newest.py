"""A bounded memory: of what was put in it, at least the newest half is still there."""

from __future__ import annotations

from itertools import islice
from threading import Lock
from typing import Any, Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


def keep_newest(kept: dict[K, Any], most: int) -> None:
    """`kept` holds at most this many; when there were more, the newer half of it stayed.

    Why half, and by age: no bookkeeping at each look-up, and what is used all the time is read
    once more now and then. To forget everything would make the next hundred acts slow at once.
    """
    if len(kept) > most:
        for key in list(islice(kept, len(kept) - most // 2)):
            del kept[key]


class Newest(Generic[K, V]):
    """As a dictionary that several threads use, with the newest `most` values at the most."""

    def __init__(self, most: int) -> None:
        self._most, self._kept, self._lock = most, dict[K, V](), Lock()

    def get(self, key: K) -> V | None:
        """The value, if it is still known."""
        return self._kept.get(key)

    def put(self, key: K, value: V) -> None:
        """The value is known for a while."""
        with self._lock:
            self._kept.pop(key, None)  # put again, it is new again
            self._kept[key] = value
            keep_newest(self._kept, self._most)
