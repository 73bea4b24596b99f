"""The writer of a site: one thread, one command, one transaction, one durable commit.

A result leaves only after COMMIT returned. What the writer remembers between two
transactions is the end of the log and states folded from it, and only as long as the newest
head, read under the lock, is byte for byte the one it remembers: several processes may write
for a site, and a state changes with the log or not at all.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from types import TracebackType
from typing import Any, NoReturn, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError

from hat_clinic.store import sites
from hat_clinic.store.engine import IMMEDIATE, reading
from hat_clinic.store.ledger_rows import EMPTY_TIP, Tip, newest_head, read_tip, require_head
from hat_clinic.store.migrate import require_current
from hat_clinic.store.roles import require_app_role
from hat_clinic.store.site_keys import SiteKeys
from hat_clinic.store.states import Known
from hat_clinic.store.timekeeping import Timekeeper
from hat_clinic.store.transaction import Transaction
from hat_clinic.vocabulary.errors import HatError, LedgerBroken
from hat_clinic.vocabulary.ids import IdSource
from hat_clinic.vocabulary.moments import Clock

T = TypeVar("T")
EXIT_UNKNOWN = 70
MOST_KNOWN = 4096
log = logging.getLogger(__name__)


class WriterStopped(HatError):
    """The writer takes no more work: it was closed, or never started."""


class OutcomeUnknown(HatError):
    """COMMIT raised: it may have happened. Ask for the request again, by its id, later."""


def exit_now(error: BaseException) -> NoReturn:
    """The process has ended, at once, with nothing more written or answered.

    Why: after a failed fsync nobody knows what is on disk, and asking again can get a false
    yes. The next process reads the newest head and knows.
    """
    log.critical("the outcome of a commit is unknown; this process ends", exc_info=error)
    logging.shutdown()
    os._exit(EXIT_UNKNOWN)


class Writer:
    """The one thread of this process that writes for this site."""

    def __init__(
        self,
        engine: Engine,
        site_id: str,
        keys: SiteKeys,
        clock: Clock,
        ids: IdSource,
        on_unknown_commit: Callable[[BaseException], None] = exit_now,
    ) -> None:
        self._engine, self._site_id, self._keys = engine, site_id, keys
        self._clock, self._ids = clock, ids
        self._on_unknown_commit = on_unknown_commit
        self._queue: SimpleQueue[tuple[Callable[[Transaction], Any], Future[Any]] | None] = SimpleQueue()
        self._gate = threading.Lock()
        self._stopped: Exception | None = WriterStopped("the writer has not been started")
        self._thread: threading.Thread | None = None
        self._conn: Connection | None = None
        self._tip: Tip = EMPTY_TIP
        self._known: Known = {}
        self._timekeeper = Timekeeper()

    def start(self) -> None:
        """The stored log has been checked as before every append, and work is taken.

        Raises: LedgerBroken, SchemaBehind, WrongRole, NotFound for an unknown site.
        """
        if self._thread is not None:
            raise WriterStopped("a writer is started once")
        require_app_role(self._engine)
        require_current(self._engine)
        with reading(self._engine) as connection:
            site = sites.get(connection, self._site_id)
            if site.origin != self._keys.origin:
                raise LedgerBroken(f"the site's log is {site.origin}, the keys are of {self._keys.origin}")
            require_head(connection, self._site_id, self._keys)
        self._stopped = None
        self._thread = threading.Thread(target=self._run, name=f"writer-{self._site_id}", daemon=True)
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
    def healthy(self) -> bool:
        """Whether the writer takes work."""
        return self._stopped is None

    @property
    def stopped_by(self) -> Exception | None:
        """Why it takes none: a LedgerBroken needs people, anything else a restart."""
        return self._stopped

    def submit(self, work: Callable[[Transaction], T]) -> Future[T]:
        """`work` runs in its turn, alone; the result comes when it is durable.

        An exception from `work` undoes all it did and is the future's exception.
        """
        future: Future[T] = Future()
        with self._gate:
            if self._stopped is not None:
                future.set_exception(self._stopped)
            else:
                self._queue.put((work, future))
        return future

    async def asubmit(self, work: Callable[[Transaction], T]) -> T:
        """As `submit`, for callers on an event loop.

        A caller that is cancelled before its turn is skipped; in its turn the work is done anyway.
        """
        return await asyncio.wrap_future(self.submit(work))

    def _run(self) -> None:
        while (job := self._queue.get()) is not None:
            work, future = job
            if not future.set_running_or_notify_cancel():
                continue
            if isinstance(self._stopped, (LedgerBroken, OutcomeUnknown)):
                future.set_exception(self._stopped)
                continue
            try:
                result = self._perform(work)
            except BaseException as error:
                if isinstance(error, (LedgerBroken, OutcomeUnknown)):
                    self._stop(error)
                future.set_exception(error)
            else:
                future.set_result(result)
            # Else this thread would keep the last request's objects until the next one comes.
            del job, work, future
        self._let_go()

    def _stop(self, error: LedgerBroken | OutcomeUnknown) -> None:
        log.critical("site %s: writing stops: %s", self._site_id, error)
        with self._gate:
            self._stopped = error

    def _perform(self, work: Callable[[Transaction], T]) -> T:
        try:
            tx = self._begin()
            result = work(tx)
            tx.flush()
        except BaseException as error:
            self._let_go()
            if _disk_failed(error):
                self._unknown(error)
            raise
        try:
            tx.conn.commit()
        except BaseException as error:
            self._let_go()
            self._unknown(error)
        self._tip = tx.tip
        self._known = tx.known if len(tx.known) <= MOST_KNOWN else {}
        return result

    def _begin(self) -> Transaction:
        """The lock is held, and the end of the log is known to be the stored one."""
        try:
            conn, site = self._lock()
        except DBAPIError as error:
            self._let_go()
            if not error.connection_invalidated:
                raise
            # The server was restarted since the last act; nothing has been done yet.
            conn, site = self._lock()
        head = newest_head(conn, self._site_id)
        if head != (self._tip.frontier.size, self._tip.note):
            self._tip, self._known = read_tip(conn, self._site_id, self._keys), {}
        now = self._clock.now()
        boot_ns = self._clock.boottime_ns()
        return Transaction(
            conn, site, now, self._ids, self._keys, self._tip, self._timekeeper, boot_ns, self._known
        )

    def _lock(self) -> tuple[Connection, sites.SiteRow]:
        if self._conn is None:
            self._conn = self._engine.connect().execution_options(**IMMEDIATE)
        self._conn.begin()
        return self._conn, sites.lock(self._conn, self._site_id)

    def _let_go(self) -> None:
        """Nothing of the transaction stays; the connection is given back, or up if it is bad."""
        self._known = {}
        conn, self._conn = self._conn, None
        if conn is None:
            return
        try:
            conn.rollback()
        except Exception:
            log.warning("a connection could not be rolled back and is given up", exc_info=True)
            conn.invalidate()
        finally:
            conn.close()

    def _unknown(self, error: BaseException) -> NoReturn:
        self._on_unknown_commit(error)
        raise OutcomeUnknown("nobody can tell whether this was committed") from error


def _disk_failed(error: BaseException) -> bool:
    """Whether SQLite could not read or write its file: nothing it says from then on can be trusted."""
    return isinstance(error, OperationalError) and "disk I/O error" in str(error.orig)
