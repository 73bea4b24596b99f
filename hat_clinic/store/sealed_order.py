"""Key versions of sealed envelopes: that they are such as sealing and rotating leave them.

An envelope whose patient's key is gone cannot be opened, so its hash says nothing any more.
What can still be seen is whether its row lies where ours would lie: otherwise a row moved
under a version that has no key would pass for an erased one.

A patient is erased whole, by the key that all their envelopes have in common. So where a patient
has a key, every envelope opens under it; one that does not was made unreadable by itself.
"""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, func, select

from hat_clinic.store.schema import patient_key, sealed
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
_NEWEST_KEYS = select(patient_key.c.patient_id, func.max(patient_key.c.version).label("newest")).group_by(
    patient_key.c.patient_id
)


def require_versions_in_order(connection: Connection, site_id: str) -> None:
    """No patient's later envelope lies under an older key than an earlier one; versions begin at 1.

    All of a patient who has a key lies under that key: nobody's envelopes are erased one by one.
    Raises: LedgerBroken.
    """
    keys = {row.patient_id: row.newest for row in connection.execute(_NEWEST_KEYS)}
    newest: dict[str, int] = {}
    for row in connection.execute(_NEWEST_BOXES, {"site_id": site_id}).yield_per(1000):
        if row.oldest < 1 or row.newest < newest.get(row.patient_id, 1):
            raise LedgerBroken("its envelope is sealed under a key it was never sealed with", seq=row.seq)
        if row.newest < keys.get(row.patient_id, 0):
            raise LedgerBroken(
                "its envelope does not open under its patient's key: it was erased by itself", seq=row.seq
            )
        newest[row.patient_id] = row.newest
