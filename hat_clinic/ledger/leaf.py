"""Leaves: the small header of each entry, which is what the tree is made of.

A leaf names no person and no patient. `rec` commits to the envelope, whose payload
holds random salt, so an erased envelope cannot be guessed from what stays.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256

from hat_clinic.ledger.canonical import b64, decode_object, encode, unb64
from hat_clinic.ledger.checkpoint import MAX_SIZE
from hat_clinic.ledger.note import require_key_name
from hat_clinic.vocabulary.errors import BadProof, Rejected
from hat_clinic.vocabulary.ids import is_uuid7
from hat_clinic.vocabulary.moments import parse_moment

VERSION = 1
MAX_LEAF_BYTES = 65535
"""C2SP tlog-tiles writes the length of an entry in two bytes."""

_MEMBERS = frozenset({"v", "origin", "seq", "at", "tag", "request", "rec"})
_NONE: frozenset[str] = frozenset()
_TAG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def envelope_hash(envelope: bytes) -> bytes:
    """The `rec` of an entry: SHA-256 of its stored envelope."""
    return sha256(envelope).digest()


@dataclass(frozen=True, slots=True)
class Leaf:
    """What the tree says of entry `seq`: when, what kind, which request, which envelope.

    Raises: BadProof, if no entry can have this header.
    """

    origin: str
    seq: int
    at: str
    tag: str
    request: str
    rec: bytes

    def __post_init__(self) -> None:
        require_key_name(self.origin)
        if not 0 <= self.seq < MAX_SIZE:
            raise BadProof(f"{self.seq} is not the number of an entry")
        require_moment_text(self.at)
        require_tag(self.tag)
        if not is_uuid7(self.request):
            raise BadProof("the request id is not a UUIDv7")
        if len(self.rec) != 32:
            raise BadProof(f"rec has {len(self.rec)} bytes")

    def to_bytes(self) -> bytes:
        """The leaf as it is stored and hashed into the tree."""
        return encode(
            {
                "v": VERSION,
                "origin": self.origin,
                "seq": self.seq,
                "at": self.at,
                "tag": self.tag,
                "request": self.request,
                "rec": b64(self.rec),
            }
        )


def parse_leaf(data: bytes) -> Leaf:
    """The leaf whose bytes are exactly `data`.

    Refuses: bytes we would not have written, versions we do not know.
    Raises: BadProof.
    """
    if len(data) > MAX_LEAF_BYTES:
        raise BadProof(f"a leaf of more than {MAX_LEAF_BYTES} bytes")
    members = decode_object(data, _MEMBERS, _NONE)
    version, seq = members["v"], members["seq"]
    origin, at = members["origin"], members["at"]
    tag, request = members["tag"], members["request"]
    if version is True or version != VERSION:
        raise BadProof("a leaf of a version that is not known here")
    if isinstance(seq, bool) or not isinstance(seq, int):
        raise BadProof("seq is an integer")
    if not isinstance(origin, str) or not isinstance(at, str):
        raise BadProof("origin and at are text")
    if not isinstance(tag, str) or not isinstance(request, str):
        raise BadProof("tag and request are text")
    return Leaf(origin, seq, at, tag, request, unb64(members["rec"], 32))


def require_moment_text(text: str) -> None:
    """`text` is a UTC moment with six digits; such texts sort as the moments do.

    Raises: BadProof.
    """
    try:
        parse_moment(text)
    except Rejected as error:
        raise BadProof(f"at: {error}") from None


def require_tag(tag: str) -> None:
    """`tag` can name a kind of entry: lower-case words with hyphens between.

    Raises: BadProof.
    """
    if _TAG.fullmatch(tag) is None:
        raise BadProof(f"{tag[:64]!r} is not the tag of an entry")
