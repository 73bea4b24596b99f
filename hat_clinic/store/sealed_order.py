"""Key versions of sealed envelopes: that they are such as sealing and rotating leave them.

An envelope whose patient's key is gone cannot be opened, so its hash says nothing any more.
What can still be seen is whether its row lies where ours would lie: otherwise a row moved
under a version that has no key would pass for an erased one.
"""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, func, select

from hat_clinic.store.schema import sealed
from hat_clinic.vocabulary.errors import LedgerBroken

_NEWEST_BOXES = (
    select(
        sealed.c.seq,
        sealed.c.patient_id,
        func.min(sealed.c.key_version).label("oldest"),
        func.max(sealed.c.key_version).label("newest"),
    )
    .where(sealed.c.site_id == bindparam("site_id"))
    .group_by(sealed.c.seq, sealed.c.patient_id)
    .order_by(sealed.c.seq)
)


def require_versions_in_order(connection: Connection, site_id: str) -> None:
    """No patient's later envelope lies under an older key than an earlier one; versions begin at 1.

    Raises: LedgerBroken.
    """
    newest: dict[str, int] = {}
    for row in connection.execute(_NEWEST_BOXES, {"site_id": site_id}).yield_per(1000):
        if row.oldest < 1 or row.newest < newest.get(row.patient_id, 1):
            raise LedgerBroken("its envelope is sealed under a key it was never sealed with", seq=row.seq)
        newest[row.patient_id] = row.newest
