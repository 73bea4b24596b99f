"""Envelopes: the specification's own encoding, one signature, one spelling."""

from __future__ import annotations

import json

import pytest

from hat_clinic.ledger.canonical import b64, encode
from hat_clinic.ledger.dsse import Envelope, make_envelope, pae, parse_envelope, require_signed
from hat_clinic.vocabulary.errors import BadProof
from tests.ledger.ledger_hands import HEAD, OTHER

KIND = "application/vnd.hat-clinic.dose-given.v1+json"
PAYLOAD = b'{"mass":{"of":"base","ug":200000}}'
STORED = make_envelope(KIND, PAYLOAD, "key 1", HEAD.sign)


def stored_with(**changes: object) -> bytes:
    members = json.loads(STORED)
    for name, value in changes.items():
        if value is None:
            del members[name]
        else:
            members[name] = value
    return encode(members)


def test_vector_of_the_specification() -> None:
    assert pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_pae_counts_bytes_not_letters() -> None:
    assert pae("é", b"") == b"DSSEv1 2 \xc3\xa9 0 "


def test_pae_tells_type_and_payload_apart() -> None:
    assert pae("a b", b"c") != pae("a", b"b c")


def test_round_trip() -> None:
    envelope = parse_envelope(STORED)
    assert envelope == Envelope(KIND, PAYLOAD, "key 1", HEAD.sign(pae(KIND, PAYLOAD)))
    assert envelope.to_bytes() == STORED
    assert require_signed(STORED, HEAD.public) == PAYLOAD


def test_payload_is_kept_byte_for_byte() -> None:
    odd = b'{ "b":1,\r\n "a" : 2.50 }\x00'
    assert require_signed(make_envelope(KIND, odd, "k", HEAD.sign), HEAD.public) == odd


def test_refuses_another_hand() -> None:
    with pytest.raises(BadProof, match="does not fit"):
        require_signed(STORED, OTHER.public)


def test_the_keyid_chooses_nothing() -> None:
    forged = make_envelope(KIND, PAYLOAD, HEAD.public.key_id, OTHER.sign)
    with pytest.raises(BadProof, match="does not fit"):
        require_signed(forged, HEAD.public)


def test_refuses_another_payload() -> None:
    with pytest.raises(BadProof, match="does not fit"):
        require_signed(stored_with(payload=b64(PAYLOAD.replace(b"200000", b"300000"))), HEAD.public)


def test_refuses_another_type() -> None:
    with pytest.raises(BadProof, match="does not fit"):
        require_signed(stored_with(payloadType=KIND.replace("given", "wasted")), HEAD.public)


SIGNATURE = json.loads(STORED)["signatures"][0]


@pytest.mark.parametrize(
    "data",
    [
        stored_with(signatures=[]),
        stored_with(signatures=[SIGNATURE, SIGNATURE]),
        stored_with(signatures=SIGNATURE),
        stored_with(signatures=["x"]),
        stored_with(signatures=[{"sig": SIGNATURE["sig"]}]),
        stored_with(signatures=[{**SIGNATURE, "alg": "none"}]),
        stored_with(signatures=[{"keyid": 1, "sig": SIGNATURE["sig"]}]),
        stored_with(signatures=[{"keyid": "k", "sig": SIGNATURE["sig"].rstrip("=")}]),
        stored_with(payload="{}"),
        stored_with(payload=1),
        stored_with(payload=None),
        stored_with(payloadType=""),
        stored_with(payloadType=1),
        stored_with(extra="x"),
        STORED + b"\n",
        STORED + STORED,
        STORED[:-1],
        b" " + STORED,
        json.dumps(json.loads(STORED)).encode(),
        b"[]",
        b"",
    ],
)
def test_refuses_malformed_envelopes(data: bytes) -> None:
    with pytest.raises(BadProof):
        parse_envelope(data)
