"""What the server stores of a clock-in: a slow hash of the `auth` half, never the half.

Why it is not slower: the terminal has already paid 64 MiB and three passes for every guess
at the passphrase. This hash only keeps a stolen database from being a working clock-in.
Run it in a bounded pool; twenty at once take 400 MB.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from dataclasses import dataclass, field

from hat_clinic.security.signing.kdf import HALF_BYTES, KdfParams, argon2id
from hat_clinic.vocabulary.errors import Unauthenticated

FLOOR = KdfParams(memory_kib=19456, passes=2, lanes=1)
"""Source: OWASP Password Storage Cheat Sheet, Argon2id."""

SALT_BYTES = 16
DIGEST_BYTES = 32
_TEXT = re.compile(
    r"\$argon2id\$v=19\$m=([0-9]{1,7}),t=([0-9]{1,2}),p=([0-9]{1,2})\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})"
)


@dataclass(frozen=True, slots=True)
class SlowHash:
    """A stored hash with its own salt and cost.

    Raises: ValueError below `FLOOR`, so that no row of a database can make guessing cheap.
    """

    params: KdfParams
    salt: bytes = field(repr=False)
    digest: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not self.params.reaches(FLOOR):
            raise ValueError(f"a stored hash costs at least {FLOOR}")
        if len(self.salt) != SALT_BYTES or len(self.digest) != DIGEST_BYTES:
            raise ValueError("a stored hash has a salt of 16 bytes and a digest of 32")

    @property
    def text(self) -> str:
        """The PHC string `$argon2id$v=19$m=...,t=...,p=...$salt$digest`."""
        p = self.params
        salt, digest = (base64.b64encode(raw).rstrip(b"=").decode() for raw in (self.salt, self.digest))
        return f"$argon2id$v=19$m={p.memory_kib},t={p.passes},p={p.lanes}${salt}${digest}"

    @classmethod
    def parse(cls, text: str) -> SlowHash:
        """The hash that `text` writes.

        Raises: ValueError for every other text.
        """
        parts = _TEXT.fullmatch(text)
        if parts is None:
            raise ValueError("not a stored hash")
        memory, passes, lanes = (int(number) for number in parts.groups()[:3])
        try:
            salt, digest = (base64.b64decode(raw + "=" * (-len(raw) % 4)) for raw in parts.groups()[3:])
        except binascii.Error as error:
            raise ValueError("not a stored hash") from error
        found = cls(KdfParams(memory, passes, lanes), salt, digest)
        if found.text != text:
            raise ValueError("a stored hash has one text only")
        return found

    def require(self, auth_half: bytes) -> None:
        """`auth_half` is the one that was hashed; compared in constant time.

        Raises: Unauthenticated.
        """
        if not hmac.compare_digest(_digest(auth_half, self.salt, self.params), self.digest):
            raise Unauthenticated("the passphrase is not this person's")


def slow_hash(auth_half: bytes, salt: bytes, params: KdfParams = FLOOR) -> SlowHash:
    """The hash to store. Each person has a salt of 16 random bytes of their own.

    Raises: ValueError for `params` below `FLOOR`; they can be raised, never lowered.
    """
    if not params.reaches(FLOOR):
        raise ValueError(f"a stored hash costs at least {FLOOR}")
    return SlowHash(params, salt, _digest(auth_half, salt, params))


def refuse_unknown(auth_half: bytes, params: KdfParams = FLOOR) -> None:
    """The time of a real comparison has passed, and the answer is no.

    Raises: Unauthenticated, always, in the words of `SlowHash.require`.
    Why: an answer that came faster would tell which staff codes exist.
    """
    SlowHash(params, bytes(SALT_BYTES), bytes(DIGEST_BYTES)).require(auth_half)


def _digest(auth_half: bytes, salt: bytes, params: KdfParams) -> bytes:
    if len(auth_half) != HALF_BYTES:
        raise Unauthenticated("the passphrase is not this person's")
    return argon2id(auth_half, salt, params)
