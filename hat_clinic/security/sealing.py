"""Sealed boxes: AES-256-GCM with a header that names the format and the key's version.

    box = 0x01 | key version, u32 big-endian | nonce, 12 bytes | ciphertext | tag, 16 bytes

The header is authenticated too: the additional data handed to AES-GCM is the five header
bytes followed by the caller's. A box therefore opens only with its own key, in its own
place, and with every bit as it was.

Why random nonces are enough: a patient's key seals far fewer than 2^32 boxes, the number
up to which NIST SP 800-38D §8.3 allows them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hat_clinic.vocabulary.errors import BadProof

Random: TypeAlias = Callable[[int], bytes]
"""Gives that many fresh random bytes; `IdSource.random` is one."""

FORMAT = 1
KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
HEADER_BYTES = 5
OVERHEAD = HEADER_BYTES + NONCE_BYTES + TAG_BYTES


def draw(random: Random, count: int) -> bytes:
    """Exactly `count` bytes of `random`.

    Raises: ValueError when the source gives fewer or more; a short nonce or key is worse
    than a program that stops.
    """
    drawn = random(count)
    if len(drawn) != count:
        raise ValueError(f"asked for {count} random bytes, got {len(drawn)}")
    return drawn


def place(*parts: str | int) -> bytes:
    """The additional data that binds a box to its place: the parts joined by `|`.

    Raises: ValueError for a part that holds the separator, since two places could then
    read the same.
    """
    texts = [str(part) for part in parts]
    if any("|" in text for text in texts):
        raise ValueError("a part of a box's place holds no |")
    return "|".join(texts).encode()


def entry_place(origin: str, seq: int, tag: str, key_version: int) -> bytes:
    """The place of a sealed entry: `hat/v1|origin|seq|tag|key version`."""
    return place("hat/v1", origin, seq, tag, key_version)


def seal(key: bytes, plaintext: bytes, aad: bytes, key_version: int, random: Random) -> bytes:
    """`plaintext` is in a box that only `key` opens, and only with the same `aad`."""
    header = bytes([FORMAT]) + key_version.to_bytes(4, "big")
    nonce = draw(random, NONCE_BYTES)
    return header + nonce + _cipher(key).encrypt(nonce, plaintext, header + aad)


def key_version_of(box: bytes) -> int:
    """The version of the key the box claims to be sealed with; opening it proves the claim.

    Raises: BadProof when this is no box of a known format.
    """
    if len(box) < OVERHEAD or box[0] != FORMAT:
        raise BadProof("not a sealed box of a known format")
    return int.from_bytes(box[1:HEADER_BYTES], "big")


def open_box(key: bytes, box: bytes, aad: bytes) -> bytes:
    """What was sealed.

    Raises: BadProof for another key, another place, or any changed bit. It does not say
    which: nobody but a person with the key could tell.
    """
    key_version_of(box)
    header, rest = box[:HEADER_BYTES], box[HEADER_BYTES:]
    nonce, ciphertext = rest[:NONCE_BYTES], rest[NONCE_BYTES:]
    try:
        return _cipher(key).decrypt(nonce, ciphertext, header + aad)
    except InvalidTag:
        raise BadProof("a sealed box does not open: wrong key, wrong place or changed bytes") from None


def _cipher(key: bytes) -> AESGCM:
    if len(key) != KEY_BYTES:
        raise ValueError("a sealing key is 32 bytes")
    return AESGCM(key)
