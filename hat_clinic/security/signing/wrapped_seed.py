"""A person's seed in two boxes: the inner one opened by the person, the outer by the server.

    c1 = box(wrap half,  seed, aad = "hat/v1/signing-key|" + staff id + "|" + SHA-256(public key) hex)
    c2 = box(server key, c1,   aad = "hat/v1/outer|" + staff id + "|" + key id)

The database stores c2. Its thief needs the server key, which lies outside, before the
first guess at a passphrase; the server alone gets no further than c1.
"""

from __future__ import annotations

import hashlib

from hat_clinic.security.sealing import Random, open_box, place, seal
from hat_clinic.security.signing.keys import PUBLIC_BYTES, SEED_BYTES, SigningKey
from hat_clinic.vocabulary.errors import BadProof
from hat_clinic.vocabulary.ids import KeyId, PersonId

VERSION = 1


def wrap_seed(wrap_half: bytes, seed: bytes, staff: PersonId, random: Random) -> bytes:
    """c1: the seed, fit to be handed to the server."""
    public_raw = SigningKey.from_seed(seed).public_raw
    return seal(wrap_half, seed, _inner_place(staff, public_raw), VERSION, random)


def unwrap_seed(wrap_half: bytes, c1: bytes, staff: PersonId, public_raw: bytes) -> bytes:
    """The seed of that person's public key.

    Raises: BadProof for another passphrase, person or key, or a changed bit; also when the
    seed inside does not belong to `public_raw`.
    """
    seed = open_box(wrap_half, c1, _inner_place(staff, public_raw))
    if len(seed) != SEED_BYTES or SigningKey.from_seed(seed).public_raw != public_raw:
        raise BadProof("the wrapped seed is not the one of this public key")
    return seed


def wrap_outer(server_key: bytes, c1: bytes, staff: PersonId, key: KeyId, random: Random) -> bytes:
    """c2: what the database stores."""
    return seal(server_key, c1, _outer_place(staff, key), VERSION, random)


def unwrap_outer(server_key: bytes, c2: bytes, staff: PersonId, key: KeyId) -> bytes:
    """c1, to be handed out after the auth half and the second factor were right.

    Raises: BadProof for another person, key or root secret, or a changed bit.
    """
    return open_box(server_key, c2, _outer_place(staff, key))


def _inner_place(staff: PersonId, public_raw: bytes) -> bytes:
    if len(public_raw) != PUBLIC_BYTES:
        raise BadProof("an Ed25519 public key is 32 bytes")
    return place("hat/v1/signing-key", staff, hashlib.sha256(public_raw).hexdigest())


def _outer_place(staff: PersonId, key: KeyId) -> bytes:
    return place("hat/v1/outer", staff, key)
