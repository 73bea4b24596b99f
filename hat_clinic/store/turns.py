"""Work that waits for the writer, and how its result gets back to whoever waits for it."""

from __future__ import annotations

import logging
from asyncio import AbstractEventLoop
from asyncio import Future as LoopFuture
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from hat_clinic.store.transaction import Transaction

Work = Callable[[Transaction], Any]
Waiter = LoopFuture[Any] | Future[Any]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Call:
    """Work by its name and what is said to it: unlike a closure, it can go to another process."""

    work: Callable[..., Any]
    said: tuple[object, ...]

    def __call__(self, tx: Transaction) -> Any:
        return self.work(tx, *self.said)


class Turn:
    """One piece of work and who waits for it; from `settle` on, its outcome."""

    def __init__(self, work: Work, waiter: Waiter) -> None:
        self.work, self.waiter = work, waiter
        self._result: Any = None
        self._error: BaseException | None = None

    def begin(self) -> bool:
        """Whether it is done at all: not if whoever waited gave up before."""
        if isinstance(self.waiter, Future):
            return self.waiter.set_running_or_notify_cancel()
        return not self.waiter.cancelled()

    def succeeded(self, result: Any) -> None:
        """The work has this result."""
        self._result = result

    def failed(self, error: BaseException) -> None:
        """The work raised this."""
        # Neither kind of future can carry it.
        self._error = RuntimeError("work ended its own loop") if isinstance(error, StopIteration) else error

    def tell(self) -> None:
        """Whoever waits knows the outcome, unless they gave up meanwhile."""
        if isinstance(self.waiter, LoopFuture) and self.waiter.done():
            return
        if self._error is not None:
            self.waiter.set_exception(self._error)
        else:
            self.waiter.set_result(self._result)


def settle(turns: Iterable[Turn]) -> None:
    """Every waiter is told, or will be by its own event loop, which is woken once for all of its."""
    by_loop: dict[AbstractEventLoop, list[Turn]] = {}
    for turn in turns:
        if isinstance(turn.waiter, LoopFuture):
            by_loop.setdefault(turn.waiter.get_loop(), []).append(turn)
        else:
            turn.tell()
    for loop, of_loop in by_loop.items():
        try:
            loop.call_soon_threadsafe(_tell_all, of_loop)
        except RuntimeError:
            log.warning("an event loop was closed before its %d answers came", len(of_loop))


def _tell_all(turns: list[Turn]) -> None:
    for turn in turns:
        turn.tell()
