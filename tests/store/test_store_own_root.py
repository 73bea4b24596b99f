"""A root secret is known by what it opens, if anything is sealed at all."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, delete, insert

from hat_clinic.security.signing import wrap_outer
from hat_clinic.store import sealed
from hat_clinic.store.engine import writing
from hat_clinic.store.own_root import require_own_root
from hat_clinic.store.schema import credential, patient_key
from hat_clinic.store.unusable import WrongKey
from hat_clinic.vocabulary.ids import KeyId, PersonId
from tests.store.log_of_site import LogOfSite, site_keys

SERVER, OTHER = bytes(range(32)), bytes(32)


def test_what_is_sealed_opens_or_nothing_is(engine: Engine) -> None:
    log = LogOfSite(engine).open()
    wrap, random = log.keys.wrap, log.ids.random
    with writing(engine) as connection:
        require_own_root(connection, OTHER, OTHER)  # nothing is sealed, so nothing can be said

        sealed.newest_key(connection, log.keys, random, "p1")
        require_own_root(connection, OTHER, wrap)
        with pytest.raises(WrongKey, match="root secret"):
            require_own_root(connection, OTHER, OTHER)

        box = wrap_outer(SERVER, b"a seed", PersonId("ana"), KeyId("k1"), random)
        row = {"kdf_salt": b"", "kdf_memory_kib": 1, "kdf_passes": 1, "kdf_lanes": 1}
        row |= {"auth_hash": "", "since": "", "person_id": "ana", "key_id": "k1", "box": box}
        connection.execute(insert(credential), row)
        connection.execute(delete(patient_key))
        require_own_root(connection, SERVER, OTHER)
        with pytest.raises(WrongKey):
            require_own_root(connection, OTHER, wrap)

        connection.execute(insert(credential), row | {"key_id": "k0", "box": bytes(60)})
        require_own_root(connection, SERVER, OTHER)
        with pytest.raises(WrongKey):
            require_own_root(connection, OTHER, site_keys("hat.invalid/be1", "other").wrap)
