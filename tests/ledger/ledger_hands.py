"""Key pairs for tests, the same in every run."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hat_clinic.ledger.keys import ED25519, PublicKey
from hat_clinic.ledger.note import Vkey

ORIGIN = "hat.example.org/zh1"


@dataclass(frozen=True)
class Hand:
    """Somebody who signs; the key follows from the name."""

    name: str

    @property
    def private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(sha256(self.name.encode()).digest())

    @property
    def raw(self) -> bytes:
        return self.private.public_key().public_bytes_raw()

    @property
    def public(self) -> PublicKey:
        return PublicKey(ED25519, self.raw)

    def sign(self, message: bytes) -> bytes:
        return self.private.sign(message)

    def vkey(self, name: str = ORIGIN) -> Vkey:
        return Vkey.of(name, self.raw)


HEAD = Hand("head key of the log")
OTHER = Hand("somebody else")
