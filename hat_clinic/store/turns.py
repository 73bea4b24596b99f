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
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Call:
    """Work by its name and what is said to it: unlike a closure, it can go to another process."""

    work: Callable[..., Any]
    said: tuple[object, ...]

    def __call__(self, tx: Transaction) -> Any:
        return self.work(tx, *self.said)

    def __reduce__(self) -> tuple[Any, ...]:
        return Call, (self.work, self.said)


Outcome = tuple[int, Any, BaseException | None]
"""The number of a piece of work, its result, or what it raised."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Whoever waits is in another process: `send` takes all outcomes of a transaction at once."""

    number: int
    send: Callable[[list[Outcome]], None]


Waiter = LoopFuture[Any] | Future[Any] | Elsewhere


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
        return isinstance(self.waiter, Elsewhere) or not self.waiter.cancelled()

    def succeeded(self, result: Any) -> None:
        """The work has this result."""
        self._result = result

    def failed(self, error: BaseException) -> None:
        """The work raised this."""
        # Neither kind of future can carry it.
        self._error = RuntimeError("work ended its own loop") if isinstance(error, StopIteration) else error

    def tell(self, waiter: LoopFuture[Any] | Future[Any]) -> None:
        """Whoever waits knows the outcome, unless they gave up meanwhile."""
        if isinstance(waiter, LoopFuture) and waiter.done():
            return
        if self._error is not None:
            waiter.set_exception(self._error)
        else:
            waiter.set_result(self._result)

    def outcome(self, number: int) -> Outcome:
        """The outcome, for whoever knows this work by its number."""
        return number, self._result if self._error is None else None, self._error


def settle(turns: Iterable[Turn]) -> None:
    """Every waiter is told, or will be by its own loop or process, which is woken once for all of its."""
    by_loop: dict[AbstractEventLoop, list[tuple[Turn, LoopFuture[Any]]]] = {}
    elsewhere: dict[Callable[[list[Outcome]], None], list[Outcome]] = {}
    for turn in turns:
        waiter = turn.waiter
        if isinstance(waiter, LoopFuture):
            by_loop.setdefault(waiter.get_loop(), []).append((turn, waiter))
        elif isinstance(waiter, Elsewhere):
            elsewhere.setdefault(waiter.send, []).append(turn.outcome(waiter.number))
        else:
            turn.tell(waiter)
    for send, outcomes in elsewhere.items():
        send(outcomes)
    for loop, of_loop in by_loop.items():
        try:
            loop.call_soon_threadsafe(_tell_all, of_loop)
        except RuntimeError:
            log.warning("an event loop was closed before its %d answers came", len(of_loop))


def _tell_all(turns: list[tuple[Turn, LoopFuture[Any]]]) -> None:
    for turn, waiter in turns:
        turn.tell(waiter)
