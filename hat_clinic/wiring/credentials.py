"""A new person's key and passphrase become what the server keeps of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from hat_clinic.security.signing import CLOCK_IN_FLOOR, SigningKey, clock_in_halves, wrap_outer, wrap_seed
from hat_clinic.security.slow_hash import slow_hash
from hat_clinic.store.credentials import Credential
from hat_clinic.vocabulary.ids import PersonId

SALT_BYTES = 16


def new_credential(
    server_key: bytes,
    person: PersonId,
    passphrase: str,
    seed: bytes,
    random: Callable[[int], bytes],
    now: datetime,
) -> Credential:
    """What lets this person clock in with this seed, by this passphrase; it holds neither.

    Raises: Rejected, for a passphrase that is too short.
    """
    salt = random(SALT_BYTES)
    halves = clock_in_halves(passphrase, salt, CLOCK_IN_FLOOR)
    inner = wrap_seed(halves.wrap, seed, person, random)
    key = SigningKey.from_seed(seed).key_id
    box = wrap_outer(server_key, inner, person, key, random)
    auth = slow_hash(halves.auth, random(SALT_BYTES))
    return Credential(person, key, salt, CLOCK_IN_FLOOR, auth, box, now)
