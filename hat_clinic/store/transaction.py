"""One act of one site: what the writer hands to the work it runs, under the site's lock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection

from hat_clinic.store.ledger_rows import Tip
from hat_clinic.store.site_keys import SiteKeys
from hat_clinic.store.sites import SiteRow
from hat_clinic.store.states import Known, States
from hat_clinic.store.timekeeping import Timekeeper
from hat_clinic.vocabulary.ids import IdSource
from hat_clinic.vocabulary.moments import parse_moment, require_moment


class Transaction(States):
    """Keyed states as `States` has them, the end of the log, and the moment of the act.

    `now` is the site clock's claim, read once, after the lock was taken. Nothing here is
    used after the transaction has ended.
    """

    def __init__(
        self, conn: Connection, site: SiteRow, now: datetime, ids: IdSource, keys: SiteKeys, tip: Tip,
        timekeeper: Timekeeper, boot_ns: int, known: Known | None = None,
    ) -> None:  # fmt: skip
        super().__init__(conn, site.site_id, known)
        self.site = site
        self.now = require_moment(now)
        self.ids = ids
        self.keys = keys
        self.tip = tip
        self.timekeeper, self.boot_ns = timekeeper, boot_ns
        self.recorded = False

    @property
    def at(self) -> datetime:
        """The moment that an entry recorded now bears: never before that of the last entry.

        Why: after the wall clock went back, a report must still be able to say that it
        happened after the hand-over.
        """
        return max(self.now, parse_moment(self.tip.at)) if self.tip.at else self.now

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """What is done inside is undone, all of it, if it raises; the exception goes on.

        Why: a refusal undoes the decision, and its own entry is then written in the same
        transaction, under the same lock.
        """
        before = dict(self._texts), {table: dict(rows) for table, rows in self._waiting.items()}
        tip, recorded = self.tip, self.recorded
        with self.conn.begin_nested():
            try:
                yield
            except BaseException:
                self._texts, self._waiting = before
                self.tip, self.recorded = tip, recorded
                raise
