"""Bearer secrets of 256 bits: sign-ins and terminals. The server keeps their hashes only.

Why a plain SHA-256 is enough: a random 256-bit value cannot be guessed, whatever the hash
costs. Slow hashes are for what people choose.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

from hat_clinic.security.sealing import Random, draw
from hat_clinic.vocabulary.errors import Unauthenticated

TOKEN_BYTES = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")


def new_token(random: Random) -> str:
    """A fresh token of 43 characters (base64url of 32 bytes, no padding)."""
    return base64.urlsafe_b64encode(draw(random, TOKEN_BYTES)).rstrip(b"=").decode()


def token_hash(token: str) -> bytes:
    """The 32 bytes to store, or to look a token up by.

    Raises: Unauthenticated for anything that `new_token` could not have made.
    """
    if _TOKEN.fullmatch(token) is None:
        raise Unauthenticated("not a token of this system")
    return hashlib.sha256(token.encode()).digest()


def require_token(token: str, stored: bytes) -> None:
    """`token` is the one whose hash was stored; compared in constant time.

    Raises: Unauthenticated.
    """
    if not hmac.compare_digest(token_hash(token), stored):
        raise Unauthenticated("the token is not the one that was given out")
