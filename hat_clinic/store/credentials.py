"""Credentials: what the server keeps of a person's passphrase and key. Nothing here signs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, select

from hat_clinic.security.signing import KdfParams
from hat_clinic.security.slow_hash import SlowHash
from hat_clinic.store.schema import credential
from hat_clinic.vocabulary.moments import moment_text, parse_moment

_OF_PERSON = credential.c.person_id == bindparam("person_id")
_OF_KEY = credential.c.key_id == bindparam("key_id")
_ADD = insert(credential)
_GET = select(credential).where(_OF_PERSON, _OF_KEY)
_LIST = select(credential).where(_OF_PERSON).order_by(credential.c.since.desc(), credential.c.key_id)
_DROP = delete(credential).where(_OF_PERSON, _OF_KEY)


@dataclass(frozen=True, slots=True)
class Credential:
    """How one key of one person is opened at a terminal.

    `kdf_salt` and `kdf` turn the passphrase into its halves; `auth` is the slow hash of one
    half; `box` is the seed wrapped twice (c2), which takes the other half to open.
    """

    person_id: str
    key_id: str
    kdf_salt: bytes
    kdf: KdfParams
    auth: SlowHash = field(repr=False)
    box: bytes = field(repr=False)
    since: datetime


def put(connection: Connection, given: Credential) -> None:
    """The person can clock in with this key, by the passphrase it was made with."""
    drop(connection, given.person_id, given.key_id)
    row = {
        "person_id": given.person_id,
        "key_id": given.key_id,
        "kdf_salt": given.kdf_salt,
        "kdf_memory_kib": given.kdf.memory_kib,
        "kdf_passes": given.kdf.passes,
        "kdf_lanes": given.kdf.lanes,
        "auth_hash": given.auth.text,
        "box": given.box,
        "since": moment_text(given.since),
    }
    connection.execute(_ADD, row)


def get(connection: Connection, person_id: str, key_id: str) -> Credential | None:
    """The credential of this key of this person."""
    row = connection.execute(_GET, {"person_id": person_id, "key_id": key_id}).one_or_none()
    return None if row is None else _credential(row)


def of_person(connection: Connection, person_id: str) -> tuple[Credential, ...]:
    """All credentials of this person, newest first."""
    return tuple(_credential(row) for row in connection.execute(_LIST, {"person_id": person_id}))


def drop(connection: Connection, person_id: str, key_id: str) -> None:
    """Nobody can clock in with this key. What it signed stays signed."""
    connection.execute(_DROP, {"person_id": person_id, "key_id": key_id})


def _credential(row: Row[Any]) -> Credential:
    return Credential(
        row.person_id,
        row.key_id,
        row.kdf_salt,
        KdfParams(row.kdf_memory_kib, row.kdf_passes, row.kdf_lanes),
        SlowHash.parse(row.auth_hash),
        row.box,
        parse_moment(row.since),
    )
