"""The tables people read, thrown away and made again from the log."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Engine, delete

from hat_clinic.handlers.records import DatabaseRecord
from hat_clinic.handlers.replaying import replay
from hat_clinic.store import sites
from hat_clinic.store.engine import writing
from hat_clinic.store.ledger_rows import read_tip
from hat_clinic.store.schema import PROJECTION_TABLES
from hat_clinic.store.site_keys import SiteKeys
from hat_clinic.store.states import States


def rebuild_projections(
    engine: Engine, site_id: str, keys: SiteKeys, progress: Callable[[int], None] = lambda seq: None
) -> int:
    """Every projection is the fold of the log, all of them or none; returns how many entries there are.

    Nobody else writes meanwhile. The log is not audited here, only its end is.
    Raises: LedgerBroken.
    """
    with writing(engine) as connection:
        sites.lock(connection, site_id)
        read_tip(connection, site_id, keys)
        for table in PROJECTION_TABLES:
            connection.execute(delete(table).where(table.c.site_id == site_id))
        record = DatabaseRecord(connection, site_id, keys)
        return replay(States(connection, site_id), record.entries(), progress)
