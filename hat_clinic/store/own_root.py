"""That the root secret at hand is the one under which this database was sealed.

SQLCipher's file does not open with another. In PostgreSQL all but what is sealed can be read
without it, so what is sealed is tried: staff's seeds, of which the ceremony stores two, and
patients' keys.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, select

from hat_clinic.security.patient_keys import unwrap_patient_key
from hat_clinic.security.signing import unwrap_outer
from hat_clinic.store.schema import credential, patient_key
from hat_clinic.store.unusable import WrongKey
from hat_clinic.vocabulary.errors import BadProof
from hat_clinic.vocabulary.ids import KeyId, PatientId, PersonId

_SEEDS = select(credential.c.person_id, credential.c.key_id, credential.c.box)
_PATIENTS = select(patient_key.c.patient_id, patient_key.c.version, patient_key.c.wrapped)


def require_own_root(connection: Connection, server_key: bytes, wrap_key: bytes) -> None:
    """Something that is sealed here opens, or nothing is sealed here yet.

    Why one is enough: a row that somebody damaged keeps its person out and not a whole clinic;
    under another root secret none opens.
    Raises: WrongKey.
    """
    tried = False
    for opens in _tries(connection, server_key, wrap_key):
        if opens:
            return
        tried = True
    if tried:
        raise WrongKey(
            "nothing that is sealed in this database opens with this root.key: give the root secret it was"
            " made with"
        )


def _tries(connection: Connection, server_key: bytes, wrap_key: bytes) -> Iterator[bool]:
    for person, key, box in connection.execute(_SEEDS):
        try:
            unwrap_outer(server_key, box, PersonId(person), KeyId(key))
        except BadProof:
            yield False
        else:
            yield True
    for patient, version, wrapped in connection.execute(_PATIENTS):
        try:
            unwrap_patient_key(wrap_key, PatientId(patient), version, wrapped)
        except BadProof:
            yield False
        else:
            yield True
