"""One root secret, and a key for each purpose derived from it.

The root secret is 32 bytes in an owner-only file. Losing it loses names and free text,
not the register. Every key below it comes from HKDF-SHA256 (RFC 5869) under its own
label, so that none of them tells anything about another or about the root.
"""

from __future__ import annotations

import hashlib
import hmac
from enum import StrEnum

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
SALT_BYTES = 16


class Label(StrEnum):
    """What a derived key is for. A label is never given a second purpose."""

    DB = "db"
    """The embedded database's file."""
    WRAP = "wrap"
    """The patients' keys."""
    INDEX = "index"
    """The blind index."""
    SERVER = "server"
    """The outer box around staff's wrapped seeds."""
    UNKNOWN = "unknown"
    """Staff codes that do not exist look like those that do: their salts, and where guesses count."""


class RootSecret:
    """The 32 bytes everything else is derived from; they show in no text of this object."""

    __slots__ = ("_raw",)

    def __init__(self, raw: bytes) -> None:
        if len(raw) != KEY_BYTES:
            raise ValueError("the root secret is 32 bytes")
        self._raw = bytes(raw)

    def __repr__(self) -> str:
        return "RootSecret(...)"

    def key(self, label: Label) -> bytes:
        """The 32-byte key of that label; the same one at every start."""
        info = b"hat/v1/root/" + label.value.encode()
        return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(self._raw)


def unknown_salt(unknown_key: bytes, staff_code: str) -> bytes:
    """The salt to answer for a staff code that does not exist: always the same 16 bytes.

    Why: a real person's salt does not change between two questions either, so the answer
    does not tell a stranger which codes exist.
    """
    return hmac.new(unknown_key, b"hat/v1/kdf-salt|" + staff_code.encode(), hashlib.sha256).digest()[
        :SALT_BYTES
    ]


def guess_slot(unknown_key: bytes, staff_code: str) -> str:
    """One of 65 536 names under which wrong guesses at this code are counted, whether it exists or not.

    Why so few: a stranger who invents codes must not fill the table. Why keyed: nobody can choose a
    code that shares its count with a colleague's.
    """
    slot = hmac.new(unknown_key, b"hat/v1/guess-slot|" + staff_code.encode(), hashlib.sha256).digest()[:2]
    return f"code-{slot.hex()}"
