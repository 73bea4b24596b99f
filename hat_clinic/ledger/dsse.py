"""Envelopes: exact bytes, what they are, and one signature over both.

Source: DSSE v1.0.2. The payload is what was signed and is never written anew. An
envelope holds one signature: an act of two people is two envelopes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hat_clinic.ledger.canonical import b64, decode_object, encode, require_members, unb64
from hat_clinic.ledger.keys import PublicKey
from hat_clinic.vocabulary.errors import BadProof

_MEMBERS = frozenset({"payload", "payloadType", "signatures"})
_SIGNATURE_MEMBERS = frozenset({"keyid", "sig"})
_NONE: frozenset[str] = frozenset()


def pae(payload_type: str, payload: bytes) -> bytes:
    """The bytes that are signed: type and payload, each with its length (DSSE "PAE")."""
    kind = payload_type.encode("utf-8")
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A signed payload. `keyid` is a hint that nobody signed: it never chooses the key."""

    payload_type: str
    payload: bytes
    keyid: str
    signature: bytes

    def to_bytes(self) -> bytes:
        """The bytes that are stored, and whose hash is the `rec` of the leaf."""
        return encode(
            {
                "payload": b64(self.payload),
                "payloadType": self.payload_type,
                "signatures": [{"keyid": self.keyid, "sig": b64(self.signature)}],
            }
        )

    def require_signed(self, key: PublicKey) -> bytes:
        """The payload, which the owner of `key` signed as being of this type.

        Raises: BadProof.
        """
        key.verify(pae(self.payload_type, self.payload), self.signature)
        return self.payload


def make_envelope(payload_type: str, payload: bytes, keyid: str, sign: Callable[[bytes], bytes]) -> bytes:
    """The stored bytes of `payload` signed by `sign`."""
    return Envelope(payload_type, payload, keyid, sign(pae(payload_type, payload))).to_bytes()


def parse_envelope(data: bytes) -> Envelope:
    """The envelope whose bytes are exactly `data`. Nothing is verified yet.

    Refuses: bytes we would not have written, no or several signatures.
    Raises: BadProof.
    """
    members = decode_object(data, _MEMBERS, _NONE)
    signatures = members["signatures"]
    if not isinstance(signatures, list) or len(signatures) != 1:
        raise BadProof("an envelope has exactly one signature")
    (signature,) = signatures
    if not isinstance(signature, dict):
        raise BadProof("a signature is an object of keyid and sig")
    require_members(signature, _SIGNATURE_MEMBERS, _NONE)
    payload_type, keyid = members["payloadType"], signature["keyid"]
    if not isinstance(payload_type, str) or not payload_type or not isinstance(keyid, str):
        raise BadProof("payloadType and keyid are text")
    return Envelope(payload_type, unb64(members["payload"]), keyid, unb64(signature["sig"]))


def require_signed(envelope: bytes, key: PublicKey) -> bytes:
    """The payload of the stored `envelope`, which the owner of `key` signed.

    Raises: BadProof.
    """
    return parse_envelope(envelope).require_signed(key)
