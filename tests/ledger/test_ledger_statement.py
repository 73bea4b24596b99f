"""Statements: who says what for which log, in exactly one spelling."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from hat_clinic.ledger.canonical import encode
from hat_clinic.ledger.statement import (
    MACHINE,
    Statement,
    parse_statement,
    payload_hash,
    payload_type,
    tag_of,
)
from hat_clinic.vocabulary.errors import BadProof
from tests.ledger.ledger_hands import ORIGIN

STATEMENT = Statement(
    salt=bytes(range(16)),
    origin=ORIGIN,
    request="01934f5e-7a2b-7c3d-8e4f-001122334455",
    terminal="t1",
    person="p1",
    key="k1",
    meaning="I gave this dose",
    body={"mass": {"of": "base", "ug": 200000}},
)
BYTES = (
    b'{"author":{"key":"k1","person":"p1"},"body":{"mass":{"of":"base","ug":200000}},'
    b'"meaning":"I gave this dose","origin":"hat.example.org/zh1",'
    b'"request":"01934f5e-7a2b-7c3d-8e4f-001122334455","salt":"AAECAwQFBgcICQoLDA0ODw==","terminal":"t1"}'
)


def statement_with(**changes: object) -> bytes:
    return encode({**json.loads(BYTES), **changes})


def test_bytes_are_pinned() -> None:
    assert STATEMENT.payload() == BYTES


def test_round_trip() -> None:
    assert parse_statement(BYTES) == STATEMENT
    with_body_hash = replace(STATEMENT, key=MACHINE, body_sha256=payload_hash(b"body"))
    assert parse_statement(with_body_hash.payload()) == with_body_hash


def test_refuses_to_write_salt_or_hashes_of_another_length() -> None:
    for changes in ({"salt": b"short"}, {"body_sha256": b"short"}):
        with pytest.raises(BadProof, match="5 bytes"):
            replace(STATEMENT, **changes)  # type: ignore[arg-type]


def test_type_and_tag() -> None:
    assert payload_type("dose-given") == "application/vnd.hat-clinic.dose-given.v1+json"
    assert tag_of(payload_type("dose-given")) == "dose-given"


@pytest.mark.parametrize(
    "kind",
    [
        "",
        "application/json",
        "application/vnd.hat-clinic.dose-given.v2+json",
        "application/vnd.hat-clinic..v1+json",
        "application/vnd.hat-clinic.-x.v1+json",
        "application/vnd.hat-clinic.dose-given.v1+json\n",
        "APPLICATION/vnd.hat-clinic.dose-given.v1+json",
    ],
)
def test_refuses_types_that_are_not_ours(kind: str) -> None:
    with pytest.raises(BadProof):
        tag_of(kind)


@pytest.mark.parametrize(
    "data",
    [
        statement_with(salt="QQ=="),
        statement_with(salt=1),
        statement_with(origin=""),
        statement_with(origin=["x"]),
        statement_with(request="r1"),
        statement_with(terminal=1),
        statement_with(meaning=[]),
        statement_with(author="p1"),
        statement_with(author={"person": "p1"}),
        statement_with(author={"person": "p1", "key": "k1", "role": "nurse"}),
        statement_with(author={"person": "", "key": "k1"}),
        statement_with(author={"person": "p1", "key": ""}),
        statement_with(author={"person": 1, "key": "k1"}),
        statement_with(body=[]),
        statement_with(body_sha256="QQ=="),
        statement_with(extra=1),
        encode({name: value for name, value in json.loads(BYTES).items() if name != "salt"}),
        BYTES + b" ",
        BYTES[:-1],
        b"[]",
        b"",
    ],
)
def test_refuses_malformed_statements(data: bytes) -> None:
    with pytest.raises(BadProof):
        parse_statement(data)
