"""Statements that were drawn, and are signed, or never will be."""

from __future__ import annotations

from datetime import timedelta

from hat_clinic.store import statements
from hat_clinic.store.transaction import Transaction

KEPT = timedelta(days=1)


def drop_statements(tx: Transaction) -> int:
    """Statements that were decided, or ended a day ago or earlier, are gone; returns how many.

    Why a day: until no dose of that time can be handed over any more, what somebody was shown and
    did not sign may count against them as its second person.
    """
    return statements.drop(tx.conn, tx.site_id, tx.now - KEPT)
