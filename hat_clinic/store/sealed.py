"""Sealed envelopes: who may not be read lies under the patient's own key.

The leaf commits to the envelope; the box only hides it. Additional data of a box:
`hat/v1|origin|seq|tag|key version`. Patients' keys lie wrapped in `patient_key`; when
they are deleted the boxes stay, and nobody can open them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select

from hat_clinic.ledger.leaf import parse_leaf
from hat_clinic.security.patient_keys import new_patient_key, unwrap_patient_key, wrap_patient_key
from hat_clinic.security.sealing import Random, entry_place, open_box, seal
from hat_clinic.store.schema import ledger_leaf, patient_index, patient_key, sealed, site
from hat_clinic.store.site_keys import SiteKeys
from hat_clinic.vocabulary.errors import BadProof, LedgerBroken
from hat_clinic.vocabulary.ids import PatientId

CHUNK = 500

_NEWEST_KEY = (
    select(patient_key.c.version, patient_key.c.wrapped)
    .where(patient_key.c.patient_id == bindparam("patient_id"))
    .order_by(patient_key.c.version.desc())
    .limit(1)
)
_LAST_VERSION_USED = select(func.max(sealed.c.key_version)).where(
    sealed.c.patient_id == bindparam("patient_id")
)
_ADD_KEY = insert(patient_key)
_DROP_KEYS = delete(patient_key).where(patient_key.c.patient_id == bindparam("patient_id"))
_DROP_OLD_KEYS = _DROP_KEYS.where(patient_key.c.version < bindparam("newest"))
_DROP_INDEX = delete(patient_index).where(patient_index.c.patient_id == bindparam("patient_id"))
_ADD_BOXES = insert(sealed)
_BOXES = (
    select(sealed.c.seq, sealed.c.patient_id, sealed.c.key_version, sealed.c.box, patient_key.c.wrapped)
    .outerjoin_from(
        sealed,
        patient_key,
        (patient_key.c.patient_id == sealed.c.patient_id) & (patient_key.c.version == sealed.c.key_version),
    )
    .where(sealed.c.site_id == bindparam("site_id"), sealed.c.seq.in_(bindparam("seqs", expanding=True)))
    .order_by(sealed.c.seq, sealed.c.key_version)
)
_BOXES_OF_PATIENT = (
    select(sealed.c.site_id, site.c.origin, sealed.c.seq, sealed.c.box, ledger_leaf.c.leaf)
    .join_from(sealed, site, site.c.site_id == sealed.c.site_id)
    .join(ledger_leaf, (ledger_leaf.c.site_id == sealed.c.site_id) & (ledger_leaf.c.seq == sealed.c.seq))
    .where(sealed.c.patient_id == bindparam("patient_id"), sealed.c.key_version == bindparam("version"))
    .order_by(sealed.c.site_id, sealed.c.seq)
)


@dataclass(frozen=True, slots=True)
class ToSeal:
    """The envelope of entry `seq`, which speaks of this patient."""

    seq: int
    tag: str
    patient_id: str
    envelope: bytes


def put(
    connection: Connection, site_id: str, keys: SiteKeys, random: Random, entries: Sequence[ToSeal]
) -> None:
    """The envelopes are stored, each readable with its patient's newest key only.

    A patient without a key gets one.
    """
    opened = {
        patient: newest_key(connection, keys, random, patient)
        for patient in dict.fromkeys(entry.patient_id for entry in entries)
    }
    rows = []
    for entry in entries:
        version, key = opened[entry.patient_id]
        place = entry_place(keys.origin, entry.seq, entry.tag, version)
        box = seal(key, entry.envelope, place, version, random)
        rows.append(_row(site_id, entry.seq, version, entry.patient_id, box))
    connection.execute(_ADD_BOXES, rows)


def get(connection: Connection, site_id: str, keys: SiteKeys, seq: int, tag: str) -> bytes | None:
    """The envelope of entry `seq`, or None if the patient's key is gone.

    Raises: LedgerBroken, if no box is stored or it does not open.
    """
    return get_many(connection, site_id, keys, {seq: tag})[seq]


def get_many(
    connection: Connection, site_id: str, keys: SiteKeys, tags: Mapping[int, str]
) -> dict[int, bytes | None]:
    """The envelopes of these entries by seq, None where the patient's key is gone.

    Raises: LedgerBroken, if a box is missing or does not open.
    """
    found: dict[int, bytes | None] = {}
    opened: dict[tuple[str, int], bytes] = {}
    seqs = iter(tags)
    while chunk := list(islice(seqs, CHUNK)):
        for row in connection.execute(_BOXES, {"site_id": site_id, "seqs": chunk}):
            # Rows come by rising version; the newest that still has its key stands.
            if row.wrapped is None:
                found.setdefault(row.seq, None)
                continue
            found[row.seq] = _open(keys, row, tags[row.seq], opened)
    for seq in tags:
        if seq not in found:
            raise LedgerBroken("its envelope is missing", seq=seq)
    return found


def newest_key(connection: Connection, keys: SiteKeys, random: Random, patient_id: str) -> tuple[int, bytes]:
    """(version, key) that seals what is written of this patient now; made if there is none."""
    found = connection.execute(_NEWEST_KEY, {"patient_id": patient_id}).one_or_none()
    if found is not None:
        return found.version, _unwrap(keys, patient_id, found.version, found.wrapped)
    # After a shredding the old versions stay spent: their boxes must never look openable.
    used = connection.execute(_LAST_VERSION_USED, {"patient_id": patient_id}).scalar_one()
    version = (used or 0) + 1
    return version, _add_key(connection, keys, random, patient_id, version)


def rotate(connection: Connection, keys: SiteKeys, random: Random, patient_id: str) -> int:
    """All that is sealed of this patient lies under a new key and the old key is gone.

    Returns: how many envelopes were sealed again. Their leaves are as they were.
    """
    old, key = newest_key(connection, keys, random, patient_id)
    new = old + 1
    fresh = _add_key(connection, keys, random, patient_id, new)
    rows = []
    for box in connection.execute(_BOXES_OF_PATIENT, {"patient_id": patient_id, "version": old}):
        tag = parse_leaf(box.leaf).tag
        plain = _open_box(key, box.box, entry_place(box.origin, box.seq, tag, old), box.seq)
        again = seal(fresh, plain, entry_place(box.origin, box.seq, tag, new), new, random)
        rows.append(_row(box.site_id, box.seq, new, patient_id, again))
    if rows:
        connection.execute(_ADD_BOXES, rows)
    connection.execute(_DROP_OLD_KEYS, {"patient_id": patient_id, "newest": new})
    return len(rows)


def shred(connection: Connection, patient_id: str) -> None:
    """Nobody can open what is sealed of this patient, or find the patient by name or number.

    Why: `secure_delete` overwrites the bytes in the file; older backups keep them until they
    are destroyed, which SECURITY.md says.
    """
    connection.execute(_DROP_KEYS, {"patient_id": patient_id})
    connection.execute(_DROP_INDEX, {"patient_id": patient_id})


def _add_key(connection: Connection, keys: SiteKeys, random: Random, patient_id: str, version: int) -> bytes:
    key = new_patient_key(random)
    wrapped = wrap_patient_key(keys.wrap, PatientId(patient_id), version, key, random)
    connection.execute(_ADD_KEY, {"patient_id": patient_id, "version": version, "wrapped": wrapped})
    return key


def _open(keys: SiteKeys, row: Any, tag: str, opened: dict[tuple[str, int], bytes]) -> bytes:
    who = (row.patient_id, row.key_version)
    if who not in opened:
        opened[who] = _unwrap(keys, row.patient_id, row.key_version, row.wrapped)
    return _open_box(opened[who], row.box, entry_place(keys.origin, row.seq, tag, row.key_version), row.seq)


def _open_box(key: bytes, box: bytes, place: bytes, seq: int) -> bytes:
    try:
        return open_box(key, box, place)
    except BadProof as error:
        raise LedgerBroken(str(error), seq=seq) from error


def _unwrap(keys: SiteKeys, patient_id: str, version: int, wrapped: bytes) -> bytes:
    try:
        return unwrap_patient_key(keys.wrap, PatientId(patient_id), version, wrapped)
    except BadProof as error:
        raise LedgerBroken(f"the key of patient {patient_id} does not open: {error}") from error


def _row(site_id: str, seq: int, version: int, patient_id: str, box: bytes) -> dict[str, Any]:
    return {"site_id": site_id, "seq": seq, "key_version": version, "patient_id": patient_id, "box": box}
