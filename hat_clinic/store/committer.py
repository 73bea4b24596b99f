"""What waits for a site's log is done in one transaction, under one signed head.

Acts that wait together share a transaction: each is decided after what the ones before it did.
If anything at all fails before COMMIT, everything is undone and each act is done alone, so that
nobody fails for what somebody else sent. Why no savepoints: then there are two ways to undo, and
an act alone must work anyway.

A result leaves only after COMMIT returned. What is remembered between two transactions is the end
of the log and states folded from it, and only as long as the newest head, read under the lock, is
byte for byte the one that is remembered: several processes may write for a site, and a state
changes with the log or not at all.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from hat_clinic.store import sites
from hat_clinic.store.batch import Batch
from hat_clinic.store.engine import IMMEDIATE, disk_failed, reading
from hat_clinic.store.ledger_rows import EMPTY_TIP, Tip, newest_head, read_tip
from hat_clinic.store.migrate import require_current
from hat_clinic.store.newest import keep_newest
from hat_clinic.store.roles import require_app_role
from hat_clinic.store.site_keys import SiteKeys
from hat_clinic.store.states import Known
from hat_clinic.store.timekeeping import Timekeeper
from hat_clinic.store.transaction import Transaction
from hat_clinic.store.turns import Turn, Work
from hat_clinic.vocabulary.errors import HatError, LedgerBroken
from hat_clinic.vocabulary.ids import IdSource
from hat_clinic.vocabulary.moments import Clock

EXIT_UNKNOWN = 70
MOST_KNOWN = 16384  # states of about two kilobytes: all patients of a large clinic, what they had lately
MOST_TOGETHER = 32
"""Few enough that the first of them does not wait long for the last."""
log = logging.getLogger(__name__)


class OutcomeUnknown(HatError):
    """COMMIT raised: it may have happened. Ask for the request again, by its id, later."""


def exit_now(error: BaseException) -> NoReturn:
    """The process has ended, at once, with nothing more written or answered.

    Why: after a failed fsync nobody knows what is on disk, and asking again can get a false
    yes. The next process reads the newest head and knows.
    """
    log.critical(
        "the outcome of a commit is unknown; this process ends. Start it again: nothing that was answered"
        " is lost, and what was not is found by its request id",
        exc_info=error,
    )
    logging.shutdown()
    os._exit(EXIT_UNKNOWN)


class Committer:
    """Does what waits for one site, in the thread that calls it; there is one at a time in a process.

    `broken` is why nothing is done any more: a LedgerBroken needs people, anything else a restart.
    `on_unknown_commit` is called where nobody can tell whether a commit happened.
    """

    def __init__(
        self,
        engine: Engine,
        site_id: str,
        keys: SiteKeys,
        clock: Clock,
        ids: IdSource,
        on_unknown_commit: Callable[[BaseException], None] = exit_now,
    ) -> None:
        self._engine, self.site_id, self._keys = engine, site_id, keys
        self._clock, self._ids = clock, ids
        self._on_unknown_commit = on_unknown_commit
        self._conn: Connection | None = None
        self._tip: Tip = EMPTY_TIP
        self._known: Known = {}
        self._timekeeper = Timekeeper()
        self.broken: LedgerBroken | OutcomeUnknown | None = None

    def require_sound(self) -> None:
        """The stored log has been checked as before every append, and may be appended to.

        Raises: LedgerBroken, SchemaBehind, WrongRole, NotFound for an unknown site.
        """
        require_app_role(self._engine)
        require_current(self._engine)
        with reading(self._engine) as connection:
            site = sites.get(connection, self.site_id)
            if site.origin != self._keys.origin:
                raise LedgerBroken(f"the site's log is {site.origin}, the keys are of {self._keys.origin}")
            read_tip(connection, self.site_id, self._keys)

    def serve(self, turns: Sequence[Turn]) -> None:
        """Every turn has its outcome, and those that did something are durable."""
        if len(turns) > 1 and self.broken is None and self._together(turns):
            return
        for turn in turns:
            if self.broken is not None:
                turn.failed(self.broken)
                continue
            try:
                (result,) = self._perform([turn.work])
                turn.succeeded(result)
            except BaseException as error:
                if isinstance(error, (LedgerBroken, OutcomeUnknown)):
                    self._stop(error)
                turn.failed(error)

    def _together(self, turns: Sequence[Turn]) -> bool:
        """Whether the turns could be done in one transaction; if not, nothing was done."""
        learnt = self._timekeeper.copy()
        try:
            results = self._perform([turn.work for turn in turns])
        except OutcomeUnknown as error:
            self._stop(error)
            return False
        except BaseException:
            # Not even a broken log is believed before an act alone has found it so.
            self._timekeeper = learnt
            log.debug("%d acts could not be done together", len(turns), exc_info=True)
            return False
        for turn, result in zip(turns, results, strict=True):
            turn.succeeded(result)
        return True

    def _stop(self, error: LedgerBroken | OutcomeUnknown) -> None:
        log.critical("site %s: writing stops: %s", self.site_id, error)
        self.broken = error

    def _perform(self, works: Sequence[Work]) -> list[Any]:
        """One transaction: all of these in their order, durable."""
        try:
            batch = self._begin()
            results = [work(self._transaction(batch)) for work in works]
            batch.close()
        except BaseException as error:
            self.close()
            if disk_failed(error):
                self._unknown(error)
            raise
        try:
            batch.conn.commit()
        except BaseException as error:
            self.close()
            self._unknown(error)
        self._tip, self._known = batch.tip, batch.states.known
        keep_newest(self._known, MOST_KNOWN)
        return results

    def _begin(self) -> Batch:
        """The lock is held, and the end of the log is known to be the stored one."""
        try:
            conn, site = self._lock()
        except DBAPIError as error:
            self.close()
            if not error.connection_invalidated:
                raise
            # The server was restarted since the last act; nothing has been done yet.
            conn, site = self._lock()
        head = newest_head(conn, self.site_id)
        if head != (self._tip.frontier.size, self._tip.note):
            self._tip, self._known = read_tip(conn, self.site_id, self._keys), {}
        return Batch(conn, site, self._ids, self._keys, self._tip, self._timekeeper, self._known)

    def _transaction(self, batch: Batch) -> Transaction:
        return Transaction(batch, self._clock.now(), self._clock.boottime_ns())

    def _lock(self) -> tuple[Connection, sites.SiteRow]:
        if self._conn is None:
            self._conn = self._engine.connect().execution_options(**IMMEDIATE)
        self._conn.begin()
        return self._conn, sites.lock(self._conn, self.site_id)

    def close(self) -> None:
        """Nothing of a transaction stays; the connection is given back, or up if it is bad."""
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
