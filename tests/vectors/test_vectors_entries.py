"""Stored formats only grow: one golden entry of every kind, in bytes that must never change.

`entries.json` was written once for each kind. The program must read every one of them and write
the same bytes; and a second path, which knows RFC 8785, DSSE and RFC 6962 but none of our code,
must come to the same bytes from the same members. A new kind of entry gets its line with
HAT_WRITE_VECTORS=1; a line that is there is never written again.
"""

from __future__ import annotations

import json
import os
from base64 import b64decode, b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hat_clinic.domain.entries import BY_TAG, SIGNERS, body_of, entry_of
from hat_clinic.ledger.dsse import make_envelope, parse_envelope
from hat_clinic.ledger.leaf import Leaf, envelope_hash, parse_leaf
from hat_clinic.ledger.statement import Statement, parse_statement, payload_type
from hat_clinic.ledger.tree import leaf_hash
from hat_clinic.security.signing import SigningKey
from hat_clinic.wire.kinds import example_of

PINNED = Path(__file__).with_name("entries.json")
SEED = bytes(range(32))
KEY = SigningKey.from_seed(SEED)
ORIGIN, AT = "hat.invalid/vectors", "2026-11-23T12:00:00.000000Z"
REQUEST = "0199aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee"
PERSON, TERMINAL = "0199aaaa-0000-7000-8000-000000000001", "0199aaaa-0000-7000-8000-000000000002"
SALT, ASKED = bytes(range(16)), bytes(range(32))
ATTEMPT_REFUSED = "915c40be5b5c13e4a4bbce9c946f050248541ecbfda6e62d21b5b9f35449319d"
"""The leaf hash of a refusal with `attempted`, which the pinned one does not have."""
READ_OF_THREE = "e5356bdf37b88f1ef99a88b3a8718a9573fa16f3490d5753c985ae011e5bf3d6"
"""The leaf hash of a reading with `other_container_endings`, which the pinned one does not have."""


def ours(tag: str, body: dict[str, Any]) -> dict[str, str]:
    """What the program writes for this body."""
    entry = entry_of(tag, body)
    meaning = SIGNERS[type(entry)].meaning
    statement = Statement(SALT, ORIGIN, REQUEST, TERMINAL, PERSON, KEY.key_id, meaning, body_of(entry), ASKED)
    envelope = make_envelope(payload_type(tag), statement.payload(), KEY.key_id, KEY.sign)
    leaf = Leaf(ORIGIN, 7, AT, tag, REQUEST, envelope_hash(envelope)).to_bytes()
    return {
        "payload": statement.payload().decode(),
        "envelope_sha256": sha256(envelope).hexdigest(),
        "leaf": leaf.decode(),
        "leaf_hash": leaf_hash(leaf).hex(),
    }


def by_another_path(tag: str, body: dict[str, Any], meaning: str) -> dict[str, str]:
    """The same from the published formats alone: RFC 8785, DSSE v1.0.2, RFC 6962."""

    def text(data: bytes) -> str:
        return b64encode(data).decode("ascii")

    private = Ed25519PrivateKey.from_private_bytes(SEED)
    public = private.public_key().public_bytes_raw()
    keyid = sha256(b"ed25519\n" + public).hexdigest()[:32]
    payload = rfc8785.dumps(
        {
            "salt": text(SALT), "origin": ORIGIN, "request": REQUEST, "terminal": TERMINAL,
            "author": {"person": PERSON, "key": keyid}, "meaning": meaning,
            "body_sha256": text(ASKED), "body": body,
        }
    )  # fmt: skip
    kind = f"application/vnd.hat-clinic.{tag}.v1+json"
    signed = f"DSSEv1 {len(kind)} {kind} {len(payload)} ".encode() + payload
    signatures = [{"keyid": keyid, "sig": text(private.sign(signed))}]
    envelope = rfc8785.dumps({"payload": text(payload), "payloadType": kind, "signatures": signatures})
    digest = sha256(envelope)
    leaf = rfc8785.dumps(
        {
            "v": 1, "origin": ORIGIN, "seq": 7, "at": AT, "tag": tag, "request": REQUEST,
            "rec": text(digest.digest()),
        }
    )  # fmt: skip
    return {
        "payload": payload.decode(),
        "envelope_sha256": digest.hexdigest(),
        "leaf": leaf.decode(),
        "leaf_hash": sha256(b"\x00" + leaf).hexdigest(),
    }


def pinned() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(PINNED.read_text()) if PINNED.exists() else {}
    missing = BY_TAG.keys() - found.keys()
    if missing and os.environ.get("HAT_WRITE_VECTORS") == "1":
        for tag in sorted(missing):
            body = body_of(entry_of(tag, example_of(BY_TAG[tag])))
            found[tag] = {"body": body, **ours(tag, body)}
        lines = json.dumps(dict(sorted(found.items())), indent=1, ensure_ascii=False)
        PINNED.write_text(lines + "\n", encoding="utf-8")
    return found


VECTORS = pinned()


def test_every_kind_of_entry_is_pinned_and_none_is_forgotten() -> None:
    assert VECTORS.keys() == BY_TAG.keys(), "a tag is added with HAT_WRITE_VECTORS=1 and never removed"


@pytest.mark.parametrize("tag", VECTORS)
def test_the_program_writes_the_pinned_bytes(tag: str) -> None:
    one = VECTORS[tag]
    assert {"body": one["body"], **ours(tag, one["body"])} == one


@pytest.mark.parametrize("tag", VECTORS)
def test_a_second_path_comes_to_the_same_bytes(tag: str) -> None:
    one = VECTORS[tag]
    meaning = json.loads(one["payload"])["meaning"]
    assert {"body": one["body"], **by_another_path(tag, one["body"], meaning)} == one


@pytest.mark.parametrize("tag", VECTORS)
def test_the_pinned_bytes_are_read_back_whole(tag: str) -> None:
    one = VECTORS[tag]
    said = parse_statement(one["payload"].encode())
    assert body_of(entry_of(tag, said.body)) == one["body"]
    leaf = parse_leaf(one["leaf"].encode())
    assert (leaf.tag, leaf.rec.hex()) == (tag, one["envelope_sha256"])


def test_a_changed_field_name_would_be_noticed() -> None:
    one = VECTORS["dose-given"]
    renamed = {("mass" if name == "given" else name): value for name, value in one["body"].items()}
    with pytest.raises(Exception, match=r"belongs here|missing"):
        ours("dose-given", renamed)


def test_a_refusal_of_an_attempt_grew_by_one_member_that_is_absent_elsewhere() -> None:
    old = VECTORS["act-refused"]
    assert "attempted" not in old["body"]
    body = old["body"] | {"attempted": REQUEST}
    made = ours("act-refused", body)
    assert made == by_another_path("act-refused", body, "attributed")
    assert made["leaf_hash"] == ATTEMPT_REFUSED


def test_a_reading_grew_by_the_other_containers_that_are_absent_where_there_was_one() -> None:
    old = VECTORS["dose-verified"]
    assert "other_container_endings" not in old["body"]
    body = old["body"] | {"other_container_endings": ["7Q2K", "text"]}
    made = ours("dose-verified", body)
    assert made == by_another_path("dose-verified", body, "verified")
    assert made["leaf_hash"] == READ_OF_THREE


def test_an_envelope_of_the_vectors_parses_as_ours() -> None:
    one = VECTORS["dose-prepared"]
    payload = one["payload"].encode()
    envelope = make_envelope(payload_type("dose-prepared"), payload, KEY.key_id, KEY.sign)
    assert sha256(envelope).hexdigest() == one["envelope_sha256"]
    assert parse_envelope(envelope).payload == payload
    assert b64decode(json.loads(envelope)["payload"]) == payload
