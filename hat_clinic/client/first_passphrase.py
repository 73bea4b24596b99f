"""A new person's first passphrase: their key was granted by two people, and signs what is to be kept.

Seed and passphrase stay in this process. The server gets the seed wrapped under one half of what
is derived from the passphrase, and the other half, of which it keeps a slow hash.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

from hat_clinic.client.http import SiteHttp
from hat_clinic.ledger.canonical import b64, encode
from hat_clinic.ledger.dsse import make_envelope
from hat_clinic.ledger.statement import payload_type
from hat_clinic.security.signing import CLOCK_IN_FLOOR, SigningKey, clock_in_halves, wrap_seed
from hat_clinic.vocabulary.ids import PersonId

SALT_BYTES = 16
CREDENTIAL_TYPE = payload_type("credential")


def keep_first_passphrase(
    http: SiteHttp,
    origin: str,
    terminal: str,
    person: PersonId,
    seed: bytes,
    passphrase: str,
    random: Callable[[int], bytes],
) -> None:
    """The person can clock in with this seed, by this passphrase.

    Refuses: a passphrase that is too short, before anything is sent.
    Raises: Rejected, BadProof (the key is not granted to this person), Clash (it has a passphrase
    already), NoAnswer.
    """
    salt, kdf, key = random(SALT_BYTES), CLOCK_IN_FLOOR, SigningKey.from_seed(seed)
    halves = clock_in_halves(passphrase, salt, kdf)
    c1 = wrap_seed(halves.wrap, seed, person, random)
    derivation = {"lanes": kdf.lanes, "memory_kib": kdf.memory_kib, "passes": kdf.passes}
    said = {
        "auth": b64(sha256(halves.auth).digest()),
        "c1": b64(sha256(c1).digest()),
        "kdf": derivation,
        "key": key.key_id,
        "origin": origin,
        "person": person,
        "salt": b64(salt),
        "terminal": terminal,
    }
    envelope = make_envelope(CREDENTIAL_TYPE, encode(said), key.key_id, key.sign)
    http.keep_credential(
        {
            "person": person,
            "key": key.key_id,
            "salt": b64(salt),
            **derivation,
            "auth": b64(halves.auth),
            "c1": b64(c1),
            "envelope": b64(envelope),
        }
    )
