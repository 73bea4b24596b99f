"""The verdict over a site whose record lies in a database. The same words as for a bundle.

First it is asked whether the database can be read as ours, and in one way (`store/own_tables.py`): else
what was compared need not be what people read. The rest is `verifying.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import DatabaseError, OperationalError

from hat_clinic.handlers.records import DatabaseRecord, site_of
from hat_clinic.handlers.verdict import Code, Verdict
from hat_clinic.handlers.verifying import Progress, silent, verify_record
from hat_clinic.ledger.policy import Policy
from hat_clinic.store.engine import reading
from hat_clinic.store.own_tables import require_readable
from hat_clinic.store.schema import ledger_leaf, site
from hat_clinic.store.site_keys import SiteKeys
from hat_clinic.vocabulary.errors import LedgerBroken, NotFound


def verify_database(
    engine: Engine,
    keys: SiteKeys,
    policy: Policy | None,
    outside_heads: Sequence[str],
    progress: Progress = silent,
) -> Verdict:
    """What is to be said of the log that `keys` are of, in one consistent view of the database."""
    try:
        with reading(engine) as connection:
            require_readable(connection, keys.origin)
            if (orphan := _log_without_site(connection)) is not None:
                words = f"a log is stored of {orphan!r}, and the row that says which site that is has gone"
                return Verdict(Code.TAMPERED, keys.origin, (words,), 0)
            record = DatabaseRecord(connection, site_of(connection, keys.origin).site_id, keys)
            return verify_record(record, policy, keys.head_vkey, outside_heads, progress)
    except LedgerBroken as error:
        return Verdict(Code.TAMPERED, keys.origin, (str(error),), error.seq)
    except NotFound as error:
        return Verdict(Code.POLICY_UNMET, keys.origin, (str(error),))
    except DatabaseError as error:
        return unreadable(keys.origin, error)


def unreadable(origin: str, error: DatabaseError) -> Verdict:
    """The verdict on a database of which a part cannot be read, or is gone.

    Raises: the error itself, where nothing was found out: a server that went away, a file in use.
    """
    if isinstance(error, OperationalError) and "no such" not in str(error.orig):
        raise error
    return Verdict(Code.TAMPERED, origin, (f"the database cannot be read: {error.orig}",))


def _log_without_site(connection: Connection) -> str | None:
    """A log whose row among the sites is gone: without it nobody could say whose log that is."""
    missing = ledger_leaf.c.site_id.not_in(select(site.c.site_id))
    return connection.execute(select(ledger_leaf.c.site_id).where(missing).limit(1)).scalar()
