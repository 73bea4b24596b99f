"""A new person's first passphrase: kept once, for a granted key, by whoever holds that key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine

from hat_clinic.domain.entries import BY_TAG
from hat_clinic.domain.staff import RevokeKey
from hat_clinic.handlers.credentials import PROOF_TYPE, NewCredential
from hat_clinic.ledger.dsse import make_envelope
from hat_clinic.ledger.statement import tag_of
from hat_clinic.security.signing import CLOCK_IN_FLOOR, wrap_seed
from hat_clinic.vocabulary.ids import KeyId, PersonId
from hat_clinic.vocabulary.terms import RevocationReason, Role
from tests.api.served import HERE, Served, auth_of, b64, seed_of, served, wrap_of
from tests.clinic import Member


@pytest.fixture
def house(engine: Engine) -> Iterator[Served]:
    with served(engine) as one:
        yield one


@pytest.fixture
def nia(house: Served) -> Member:
    return house.clinic.hire("N-01", Role.NURSE)


def body_of(house: Served, one: Member, signer: Member | None = None, **changes: Any) -> dict[str, Any]:
    """What the terminal of `one` sends, signed by `signer`; `changes` come after the signature."""
    c1 = wrap_seed(wrap_of(one), seed_of(one), one.person, house.clinic.ids.random)
    salt = house.clinic.ids.random(16)
    key = (signer or one).key
    new = NewCredential(one.person, KeyId(one.key.key_id), salt, CLOCK_IN_FLOOR, auth_of(one), c1)
    payload = new.payload(house.clinic.site.origin, house.clinic.terminal)
    body = {
        "person": one.person,
        "key": one.key.key_id,
        "salt": b64(salt),
        "memory_kib": CLOCK_IN_FLOOR.memory_kib,
        "passes": CLOCK_IN_FLOOR.passes,
        "lanes": CLOCK_IN_FLOOR.lanes,
        "auth": b64(auth_of(one)),
        "c1": b64(c1),
        "envelope": b64(make_envelope(PROOF_TYPE, payload, key.key_id, key.sign)),
    }
    return body | changes


def keep(house: Served, body: dict[str, Any]) -> Any:
    return house.http.post(f"{HERE}/credentials", json=body, headers=house.terminal)


def test_a_new_person_can_clock_in_and_sign_nothing_else_by_it(house: Served, nia: Member) -> None:
    assert house.clock_in(nia).status_code == 401
    assert keep(house, body_of(house, nia)).status_code == 201
    assert house.clock_in(nia).status_code == 201
    assert tag_of(PROOF_TYPE) not in BY_TAG


def test_sent_again_it_is_the_same_and_another_clashes(house: Served, nia: Member) -> None:
    body = body_of(house, nia)
    assert [keep(house, body).status_code for _ in range(2)] == [201, 201]
    other = keep(house, body_of(house, nia))
    assert (other.status_code, other.json()["type"]) == (409, "/problems/clash")


@pytest.mark.parametrize("name", ["salt", "auth", "c1"])
def test_what_the_key_did_not_sign_is_no_proof(house: Served, nia: Member, name: str) -> None:
    body, other = body_of(house, nia), body_of(house, house.clinic.ada)
    answer = keep(house, body | {name: other[name]})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/bad-proof")


def test_another_key_proves_nothing(house: Served, nia: Member) -> None:
    assert keep(house, body_of(house, nia, house.clinic.ada)).status_code == 422
    answer = keep(house, body_of(house, nia, key=house.clinic.ada.key.key_id))
    assert answer.status_code == 422
    stranger = Member(PersonId(house.clinic.ids.uuid7()), "Z-99", nia.key)
    assert keep(house, body_of(house, stranger)).status_code == 422


def test_a_revoked_key_gets_no_passphrase(house: Served, nia: Member) -> None:
    body = body_of(house, nia)
    revoked = house.clinic.signed(
        house.clinic.ada, "revoke-key", RevokeKey(nia.person, KeyId(nia.key.key_id), RevocationReason.LOST)
    )
    assert revoked.accepted
    assert keep(house, body).status_code == 422


@pytest.mark.parametrize(
    "changes, pointer",
    [
        ({"memory_kib": 65535}, "#/memory_kib"),
        ({"passes": 2}, "#/memory_kib"),
        ({"lanes": 2}, "#/memory_kib"),
        ({"memory_kib": 8, "lanes": 16}, "#/memory_kib"),
        ({"salt": "AAAA"}, "#/salt"),
        ({"auth": "AAAA"}, "#/auth"),
        ({"c1": "AAAA"}, "#/c1"),
    ],
)
def test_too_little_is_rejected(house: Served, nia: Member, changes: dict[str, Any], pointer: str) -> None:
    answer = keep(house, body_of(house, nia, **changes))
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]
