"""One act of one site: what the writer hands to the work it runs, under the site's lock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from hat_clinic.store.batch import Batch
from hat_clinic.store.ledger_rows import Tip
from hat_clinic.store.requests import SpentRequest
from hat_clinic.store.states import States
from hat_clinic.vocabulary.moments import parse_moment, require_moment


class Transaction(States):
    """Keyed states as `States` has them, the end of the log, and the moment of the act.

    `now` is the site clock's claim, read once for this act, after the lock was taken. Nothing
    here is used after the act has ended.
    """

    def __init__(self, batch: Batch, now: datetime, boot_ns: int) -> None:
        super().__init__(batch.conn, batch.site.site_id, shared=batch.states)
        self.batch = batch
        self.site, self.ids, self.keys = batch.site, batch.ids, batch.keys
        self.now = require_moment(now)
        self.timekeeper, self.boot_ns = batch.timekeeper, boot_ns
        self.recorded = False

    @property
    def tip(self) -> Tip:
        """The end of the log, with what this act and those before it in its batch appended."""
        return self.batch.tip

    @property
    def at(self) -> datetime:
        """The moment that an entry recorded now bears: never before that of the last entry.

        Why: after the wall clock went back, a report must still be able to say that it
        happened after the hand-over.
        """
        return max(self.now, parse_moment(self.tip.at)) if self.tip.at else self.now

    def spent(self, request_id: str) -> SpentRequest | None:
        """The decided request of this id, whoever made it, sent or not."""
        return self.batch.spent(request_id)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """What is done inside is undone, all of it, if it raises; the exception goes on.

        Why: a refusal undoes the decision, and its own entry is then written in the same
        transaction, under the same lock.
        """
        before, tip, recorded = self.kept(), self.tip, self.recorded
        unsent, nodes = self.batch.unsent.copy(), dict(self.batch.head.nodes)
        with self.conn.begin_nested():
            try:
                yield
            except BaseException:
                self.restore(before)
                self.batch.tip, self.recorded = tip, recorded
                self.batch.unsent, self.batch.head.nodes = unsent, nodes
                raise
