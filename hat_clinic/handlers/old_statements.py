"""Statements that were drawn, and are signed, or never will be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from hat_clinic.handlers.unread import REPORTS, dose_in
from hat_clinic.store import statements
from hat_clinic.store.transaction import Transaction

KEPT = timedelta(days=1)
LATE = timedelta(minutes=15)
MOST_DROPPED = 1000
"""Few enough that nobody waits long for this to end."""


def drop_statements(tx: Transaction) -> int:
    """Statements are gone that were decided, or ended a while ago; reports a day ago, or if said again.

    Returns how many: if `MOST_DROPPED`, there may be more.
    Why a day: until no dose of that time can be handed over any more, what somebody was shown and
    did not sign may count against them as its second person; for that, the last on each dose will do.
    Why the others do not stay as long: everything drawn is looked through for whoever verifies a dose.
    """
    late = tx.now - LATE
    gone = statements.old(tx.conn, tx.site_id, tx.now - KEPT, late, REPORTS, MOST_DROPPED)
    if len(gone) < MOST_DROPPED:
        gone += islice(_said_again(tx, late, frozenset(gone)), MOST_DROPPED - len(gone))
    statements.drop(tx.conn, tx.site_id, gone)
    return len(gone)


def _said_again(tx: Transaction, late: datetime, gone: frozenset[str]) -> Iterator[str]:
    said = set[tuple[str, object]]()
    for each in statements.ended(tx.conn, tx.site_id, late, REPORTS):
        if each.statement_id in gone:
            continue
        about = (each.person, dose_in(each))
        if about in said:
            yield each.statement_id
        said.add(about)
