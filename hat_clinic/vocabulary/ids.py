"""Identifiers: UUIDv7 text for things, short text for sites, keys and products.

Ids come from an injected `IdSource`; nothing in the core makes one by itself.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import NewType, Protocol

SiteId = NewType("SiteId", str)
PersonId = NewType("PersonId", str)
PatientId = NewType("PatientId", str)
TerminalId = NewType("TerminalId", str)
KeyId = NewType("KeyId", str)
RequestId = NewType("RequestId", str)
DoseId = NewType("DoseId", str)
PrescriptionId = NewType("PrescriptionId", str)
VisitId = NewType("VisitId", str)
ContainerId = NewType("ContainerId", str)
ReceiptId = NewType("ReceiptId", str)
CountId = NewType("CountId", str)
IncidentId = NewType("IncidentId", str)
ProductId = NewType("ProductId", str)
PageId = NewType("PageId", str)

UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")

LOT = re.compile(r"[A-Za-z0-9./-]{1,20}")

ENDING = 4
"""So many characters at the end of a container's id are printed large, and read by a second person."""
_READABLE = re.compile(rf"[A-Za-z0-9./-]{{{ENDING}}}")


class IdSource(Protocol):
    """Makes ids and random bytes; injected, so that the core has no randomness."""

    def uuid7(self) -> str:
        """A fresh UUIDv7 in lower-case text."""
        ...

    def random(self, count: int) -> bytes:
        """`count` fresh random bytes."""
        ...


def is_uuid7(text: str) -> bool:
    """Whether `text` is a UUIDv7 in canonical lower-case form."""
    return UUID7.fullmatch(text) is not None


def is_lot(text: str) -> bool:
    """Whether `text` has the form of a manufacturer's lot: 1 to 20 letters, digits, `.`, `/`, `-`.

    Source: GS1 General Specifications, AI (10): at most 20 characters. Of their marks we take three.
    """
    return LOT.fullmatch(text) is not None


def ending(container: str) -> str:
    """What is read of a container: the last characters of its id."""
    return container[-ENDING:]


def is_readable(container: str) -> bool:
    """Whether a second person can read and type its `ending`: letters, digits, `.`, `/`, `-`, and enough.

    Why no others: several endings are typed apart by spaces or commas, and of letters beside A to Z
    some look alike and are not.
    """
    return _READABLE.fullmatch(ending(container)) is not None


def uuid7_from(milliseconds: int, tail: bytes) -> str:
    """The UUIDv7 of a Unix time in milliseconds and 10 random bytes (RFC 9562 §5.7)."""
    if len(tail) != 10 or not 0 <= milliseconds < 1 << 48:
        raise ValueError("a UUIDv7 is a 48-bit time and 10 random bytes")
    raw = bytearray(milliseconds.to_bytes(6, "big") + tail)
    raw[6] = 0x70 | (raw[6] & 0x0F)
    raw[8] = 0x80 | (raw[8] & 0x3F)
    text = raw.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def key_id(alg: str, public_raw: bytes) -> KeyId:
    """The name of a public key everywhere: 16 bytes of SHA-256(alg LF raw), in hex."""
    return KeyId(sha256(alg.encode("ascii") + b"\n" + public_raw).hexdigest()[:32])
