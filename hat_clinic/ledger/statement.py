"""Statements: what one person, or the machine for a person, says in one entry.

A statement is the payload of an envelope. What its `body` means is not known here;
who says it, for which log and which request, is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256

from hat_clinic.ledger.canonical import b64, decode_object, encode, require_members, unb64
from hat_clinic.ledger.leaf import require_tag
from hat_clinic.ledger.note import require_key_name
from hat_clinic.vocabulary.errors import BadProof
from hat_clinic.vocabulary.ids import is_uuid7
from hat_clinic.vocabulary.strict_json import JsonValue

SALT_BYTES = 16
MACHINE = "machine"
"""`key` of a statement that the site's machine key signs for a signed-in person."""

_REQUIRED = frozenset({"salt", "origin", "request", "terminal", "author", "meaning", "body"})
_OPTIONAL = frozenset({"body_sha256"})
_AUTHOR = frozenset({"person", "key"})
_NONE: frozenset[str] = frozenset()
_PAYLOAD_TYPE = re.compile(r"application/vnd\.hat-clinic\.(?P<tag>[a-z0-9-]+)\.v1\+json")


def payload_type(tag: str) -> str:
    """The DSSE payloadType of entries with this tag."""
    require_tag(tag)
    return f"application/vnd.hat-clinic.{tag}.v1+json"


def tag_of(kind: str) -> str:
    """The tag in a DSSE payloadType.

    Raises: BadProof, if it is not one of ours.
    """
    match = _PAYLOAD_TYPE.fullmatch(kind)
    if match is None:
        raise BadProof(f"{kind[:80]!r} is not a kind of entry")
    require_tag(match["tag"])
    return match["tag"]


def payload_hash(payload: bytes) -> bytes:
    """SHA-256 of a payload: how a second statement names the first."""
    return sha256(payload).digest()


@dataclass(frozen=True, slots=True)
class Statement:
    """Who says what, in which log, from which terminal, under which request.

    `person` acts; `key` is the id of that person's key, or `machine`.
    Raises: BadProof, if no entry can carry it.
    """

    salt: bytes
    origin: str
    request: str
    terminal: str
    person: str
    key: str
    meaning: str
    body: dict[str, JsonValue]
    body_sha256: bytes | None = None

    def __post_init__(self) -> None:
        if len(self.salt) != SALT_BYTES:
            raise BadProof(f"salt of {len(self.salt)} bytes")
        require_key_name(self.origin)
        if not is_uuid7(self.request):
            raise BadProof("the request id is not a UUIDv7")
        if not self.person or not self.key:
            raise BadProof("a statement names a person and a key")
        if self.body_sha256 is not None and len(self.body_sha256) != 32:
            raise BadProof(f"body_sha256 has {len(self.body_sha256)} bytes")

    def payload(self) -> bytes:
        """The bytes that are signed."""
        members: dict[str, JsonValue] = {
            "salt": b64(self.salt),
            "origin": self.origin,
            "request": self.request,
            "terminal": self.terminal,
            "author": {"person": self.person, "key": self.key},
            "meaning": self.meaning,
            "body": self.body,
        }
        if self.body_sha256 is not None:
            members["body_sha256"] = b64(self.body_sha256)
        return encode(members)


def parse_statement(payload: bytes) -> Statement:
    """The statement whose bytes are exactly `payload`.

    Refuses: bytes we would not have signed, unknown members.
    Raises: BadProof.
    """
    members = decode_object(payload, _REQUIRED, _OPTIONAL)
    author, body = members["author"], members["body"]
    if not isinstance(author, dict) or not isinstance(body, dict):
        raise BadProof("author and body are objects")
    require_members(author, _AUTHOR, _NONE)
    digest = members.get("body_sha256")
    return Statement(
        salt=unb64(members["salt"], SALT_BYTES),
        origin=_text(members, "origin"),
        request=_text(members, "request"),
        terminal=_text(members, "terminal"),
        person=_text(author, "person"),
        key=_text(author, "key"),
        meaning=_text(members, "meaning"),
        body=body,
        body_sha256=None if digest is None else unb64(digest, 32),
    )


def _text(members: dict[str, JsonValue], name: str) -> str:
    value = members[name]
    if not isinstance(value, str):
        raise BadProof(f"{name} is text")
    return value
