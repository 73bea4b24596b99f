"""The writer of a site: one thread; whatever waits is done in one transaction, see `committer.py`."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import TypeVar

from hat_clinic.store.committer import MOST_TOGETHER, Committer
from hat_clinic.store.transaction import Transaction
from hat_clinic.store.turns import Turn, settle
from hat_clinic.vocabulary.errors import HatError

T = TypeVar("T")


class WriterStopped(HatError):
    """The writer takes no more work: it was closed, or never started."""


class Writer:
    """The one thread of this process that writes for this site."""

    def __init__(self, committer: Committer) -> None:
        self._committer = committer
        self._queue: SimpleQueue[Turn | None] = SimpleQueue()
        self._gate = threading.Lock()
        self._stopped: Exception | None = WriterStopped("the writer has not been started")
        self._thread: threading.Thread | None = None
        self._busy_since: float | None = None

    def start(self) -> None:
        """The stored log has been checked as before every append, and work is taken.

        Raises: LedgerBroken, SchemaBehind, WrongRole, NotFound for an unknown site.
        """
        if self._thread is not None:
            raise WriterStopped("a writer is started once")
        self._committer.require_sound()
        self._stopped = None
        name = f"writer-{self._committer.site_id}"
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """What was submitted is done, nothing more is taken, the connection is back."""
        with self._gate:
            if self._stopped is None:
                self._stopped = WriterStopped("the writer is closed")
            self._queue.put(None)
        if self._thread is not None:
            self._thread.join()

    def __enter__(self) -> Writer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def stopped_by(self) -> Exception | None:
        """Why it takes none: a LedgerBroken needs people, anything else a restart."""
        return self._committer.broken or self._stopped

    @property
    def silent_for(self) -> float:
        """Seconds since it took up the work it is at; 0 if it is at none."""
        since = self._busy_since
        return 0 if since is None else time.monotonic() - since

    def submit(self, work: Callable[[Transaction], T]) -> Future[T]:
        """`work` runs in its turn, nobody else beside it; the result comes when it is durable.

        An exception from `work` undoes all it did and is the future's exception. Work may be
        called twice: in a transaction that was undone, and then alone.
        """
        future: Future[T] = Future()
        stopped = self.take(Turn(work, future))
        if stopped is not None:
            future.set_exception(stopped)
        return future

    async def asubmit(self, work: Callable[[Transaction], T]) -> T:
        """As `submit`, for callers on an event loop.

        A caller that is cancelled before its turn is skipped; in its turn the work is done anyway.
        """
        waiter: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        stopped = self.take(Turn(work, waiter))
        if stopped is not None:
            raise stopped
        return await waiter

    def take(self, turn: Turn) -> Exception | None:
        """The turn waits for its place, or why it is not taken."""
        with self._gate:
            stopped = self.stopped_by
            if stopped is None:
                self._queue.put(turn)
            return stopped

    def _run(self) -> None:
        ended = False
        while not ended:
            turns, ended = self._next()
            if turns:
                self._busy_since = time.monotonic()
                self._committer.serve(turns)
                settle(turns)
                self._busy_since = None
            # Else this thread would keep the last requests' objects until the next one comes.
            del turns
        self._committer.close()

    def _next(self) -> tuple[list[Turn], bool]:
        """Everything that waits now, but not too much; and whether nothing will come after it."""
        turns: list[Turn] = []
        waiting = self._queue.get()
        while waiting is not None:
            if waiting.begin():
                turns.append(waiting)
            if len(turns) == MOST_TOGETHER:
                return turns, False
            try:
                waiting = self._queue.get_nowait()
            except Empty:
                return turns, False
        return turns, True
