"""Leaves: pinned bytes, one spelling, and no header that no entry can have."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from hat_clinic.ledger.canonical import encode
from hat_clinic.ledger.leaf import MAX_LEAF_BYTES, Leaf, envelope_hash, parse_leaf
from hat_clinic.vocabulary.errors import BadProof
from tests.ledger.ledger_hands import ORIGIN

LEAF = Leaf(
    origin=ORIGIN,
    seq=7,
    at="2026-11-23T03:34:05.000001Z",
    tag="dose-given",
    request="01934f5e-7a2b-7c3d-8e4f-001122334455",
    rec=envelope_hash(b"envelope"),
)
BYTES = (
    b'{"at":"2026-11-23T03:34:05.000001Z","origin":"hat.example.org/zh1",'
    b'"rec":"TFA8pndh5cSq7P6ZYkTCXYwLQJAtEIXIW0RovVZ1SMY=",'
    b'"request":"01934f5e-7a2b-7c3d-8e4f-001122334455","seq":7,"tag":"dose-given","v":1}'
)


def leaf_with(**changes: object) -> bytes:
    return encode({**json.loads(BYTES), **changes})


def test_bytes_are_pinned() -> None:
    assert LEAF.to_bytes() == BYTES


def test_round_trip() -> None:
    assert parse_leaf(BYTES) == LEAF


def test_entry_zero_is_a_leaf() -> None:
    first = replace(LEAF, seq=0)
    assert parse_leaf(first.to_bytes()) == first


@pytest.mark.parametrize(
    "data",
    [
        leaf_with(v=2),
        leaf_with(v=True),
        leaf_with(v="1"),
        leaf_with(seq=-1),
        leaf_with(seq=2**53 - 1),
        leaf_with(seq="7"),
        leaf_with(seq=True),
        leaf_with(at="2026-11-23T03:34:05Z"),
        leaf_with(at="2026-11-23T03:34:05.000001+00:00"),
        leaf_with(at="2026-11-23 03:34:05.000001Z"),
        leaf_with(at="2026-02-30T03:34:05.000001Z"),
        leaf_with(at="2026-11-23T24:00:00.000000Z"),
        leaf_with(at=1),
        leaf_with(tag="DoseGiven"),
        leaf_with(tag="dose--given"),
        leaf_with(tag="dose-given-"),
        leaf_with(tag="dose-given\n"),
        leaf_with(tag=""),
        leaf_with(tag=[]),
        leaf_with(request="01934F5E-7A2B-7C3D-8E4F-001122334455"),
        leaf_with(request="01934f5e-7a2b-4c3d-8e4f-001122334455"),
        leaf_with(request=""),
        leaf_with(rec="QQ=="),
        leaf_with(rec=1),
        leaf_with(origin=""),
        leaf_with(origin="with space"),
        leaf_with(origin=1),
        leaf_with(subj="x"),
        leaf_with(origin="x" * MAX_LEAF_BYTES),
        encode({name: value for name, value in json.loads(BYTES).items() if name != "rec"}),
        BYTES + b"\n",
        BYTES[:-1],
        BYTES.replace(b'"seq":7', b'"seq":7,"seq":7'),
        BYTES.replace(b":7", b": 7"),
        b"[]",
        b"",
    ],
)
def test_refuses_malformed_leaves(data: bytes) -> None:
    with pytest.raises(BadProof):
        parse_leaf(data)


def test_refuses_a_rec_of_another_length() -> None:
    with pytest.raises(BadProof):
        replace(LEAF, rec=b"short")
