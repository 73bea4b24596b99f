"""An Ed25519 key pair that grows from a seed of 32 bytes (RFC 8032)."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hat_clinic.vocabulary import ids
from hat_clinic.vocabulary.ids import KeyId

ALGORITHM = "ed25519"
SEED_BYTES = 32
PUBLIC_BYTES = 32


def key_id(public_raw: bytes) -> KeyId:
    """The name of an Ed25519 public key, as in the ledger."""
    if len(public_raw) != PUBLIC_BYTES:
        raise ValueError("an Ed25519 public key is 32 bytes")
    return ids.key_id(ALGORITHM, public_raw)


class SigningKey:
    """A key that signs. Its private part shows in no text of this object."""

    __slots__ = ("_private", "public_raw")

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public_raw: bytes = private.public_key().public_bytes_raw()

    @classmethod
    def from_seed(cls, seed: bytes) -> SigningKey:
        """The key pair of that seed; always the same."""
        if len(seed) != SEED_BYTES:
            raise ValueError("an Ed25519 seed is 32 bytes")
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @property
    def key_id(self) -> KeyId:
        """The id of the public key."""
        return key_id(self.public_raw)

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature of `message`."""
        return self._private.sign(message)

    def __repr__(self) -> str:
        return f"SigningKey({self.key_id})"
