"""The blind index: patients found by a keyed hash of a name or number, which is not stored."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, bindparam, delete, insert, select

from hat_clinic.store.schema import patient_index

_ADD = insert(patient_index)
_FIND = (
    select(patient_index.c.patient_id)
    .where(
        patient_index.c.site_id == bindparam("site_id"),
        patient_index.c.field == bindparam("field"),
        patient_index.c.digest == bindparam("digest"),
    )
    .order_by(patient_index.c.patient_id)
)
_DROP = delete(patient_index).where(
    patient_index.c.site_id == bindparam("site_id"), patient_index.c.patient_id == bindparam("patient_id")
)


def put(connection: Connection, site_id: str, patient_id: str, digests: Mapping[str, bytes]) -> None:
    """The patient is found at this site by these digests (by field) and no others."""
    drop(connection, site_id, patient_id)
    rows = [
        {"site_id": site_id, "field": field, "digest": digest, "patient_id": patient_id}
        for field, digest in sorted(digests.items())
    ]
    if rows:
        connection.execute(_ADD, rows)


def find(connection: Connection, site_id: str, field: str, digest: bytes) -> tuple[str, ...]:
    """Patients who may be meant; the sealed identity decides."""
    found = connection.execute(_FIND, {"site_id": site_id, "field": field, "digest": digest})
    return tuple(found.scalars())


def drop(connection: Connection, site_id: str, patient_id: str) -> None:
    """The patient is found by no name or number at this site."""
    connection.execute(_DROP, {"site_id": site_id, "patient_id": patient_id})
