"""Public keys: which algorithm, which bytes.

The algorithm comes from the entry that granted the key, never from the signed thing, so nobody can
choose a weaker check for a key than the one it was enrolled with.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from nacl.exceptions import CryptoError
from nacl.signing import VerifyKey

from hat_clinic.vocabulary.errors import BadProof
from hat_clinic.vocabulary.ids import KeyId, key_id

ED25519 = "ed25519"
KEY_BYTES = 32
SIGNATURE_BYTES = 64

_FIELD_PRIME = 2**255 - 19
# The y coordinates of the eight points of small order. Under such a "key" anybody can
# make a signature that fits every message, and its owner could deny having signed.
_ORDER_EIGHT = (
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
)
_SMALL_ORDER_Y = frozenset(
    {0, 1, _FIELD_PRIME - 1, *(int.from_bytes(bytes.fromhex(y), "little") for y in _ORDER_EIGHT)}
)


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that can be checked with: its algorithm and its raw bytes.

    Refuses: algorithms we do not have, wrong lengths, Ed25519 points of small order or
    written in a second way.
    Raises: BadProof.
    """

    alg: str
    raw: bytes

    def __post_init__(self) -> None:
        if self.alg not in _ALGORITHMS:
            raise BadProof(f"unknown signature algorithm {self.alg!r}")
        _ALGORITHMS[self.alg].require_key(self.raw)

    @property
    def key_id(self) -> KeyId:
        """The name of this key everywhere."""
        return key_id(self.alg, self.raw)

    def verify(self, message: bytes, signature: bytes) -> None:
        """`signature` was made over `message` by the owner of this key.

        Raises: BadProof.
        """
        _ALGORITHMS[self.alg].verify(self.raw, message, signature)


@lru_cache(maxsize=1024)
def _require_ed25519_key(raw: bytes) -> None:
    if len(raw) != KEY_BYTES:
        raise BadProof(f"an Ed25519 key has {KEY_BYTES} bytes, not {len(raw)}")
    y = int.from_bytes(raw, "little") & ((1 << 255) - 1)
    if y >= _FIELD_PRIME:
        raise BadProof("an Ed25519 key written in a second way")
    if y in _SMALL_ORDER_Y:
        raise BadProof("an Ed25519 key of small order, which signs anything")


@lru_cache(maxsize=1024)
def _ed25519_key(raw: bytes) -> VerifyKey:
    return VerifyKey(raw)


def _verify_ed25519(raw: bytes, message: bytes, signature: bytes) -> None:
    try:
        if len(signature) == SIGNATURE_BYTES:
            _ed25519_key(raw).verify(message, signature)
            return
    except CryptoError:
        pass
    raise BadProof("the signature does not fit this key and these bytes")


@dataclass(frozen=True, slots=True)
class _Algorithm:
    require_key: Callable[[bytes], None]
    verify: Callable[[bytes, bytes, bytes], None]


_ALGORITHMS = MappingProxyType({ED25519: _Algorithm(_require_ed25519_key, _verify_ed25519)})
