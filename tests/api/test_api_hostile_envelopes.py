"""A thousand commits with altered envelopes: none is taken, nothing stops, the honest one is next."""

from __future__ import annotations

from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest
from httpx2 import AsyncClient
from sqlalchemy import Engine

from hat_clinic.ledger.statement import MACHINE
from tests.api.altered_envelopes import Forger
from tests.api.raw_hands import ACCEPTED, Hands, hands, signed
from tests.api.served import HERE, b64
from tests.clinic import Member

ALTERED = 1000
OTHER_PLACES = 20
AFTERWARDS = 150


@pytest.fixture
def by_hand(engine: Engine) -> Iterator[Hands]:
    with hands(engine) as one:
        yield one


def forger(by_hand: Hands, one: Member, statement: Any, other_payload: bytes) -> Forger:
    clinic = by_hand.ward.clinic
    people = [each for each in (clinic.ada, by_hand.ward.nia, by_hand.ward.noa) if each is not one]
    others = tuple((each.key.key_id, each.key) for each in people)
    site = ((MACHINE, clinic.keys.machine), (clinic.site.origin, clinic.keys.head))
    return Forger(signed(one, statement), one.key, others + site, other_payload, Random(16))


def send_all(by_hand: Hands, one: Member, sent: list[tuple[str, str, bytes]]) -> Counter[tuple[str, int]]:
    """How often each way was answered with which status; each sent to the statement it names."""
    headers, found = by_hand.at(one), Counter[tuple[str, int]]()

    async def ask(client: AsyncClient) -> None:
        for way, statement, envelope in sent:
            path = f"{HERE}/statements/{statement}/signature"
            answer = await client.post(path, json={"envelope": b64(envelope)}, headers=headers)
            found[way, answer.status_code] += 1

    by_hand.house.inside(ask)
    return found


def require_all_refused(by_hand: Hands, one: Member, statement: Any, other: Any, count: int) -> int:
    """None of so many alterations of this statement, nor it in another's place, came to anything."""
    size = by_hand.house.size()
    altering = forger(by_hand, one, statement, b64decode(other["payload"]))
    sent = [(way, statement["statement"], data) for way, data in altering.altered(count)]
    honest, ids = signed(one, statement), by_hand.ward.clinic.ids
    sent += [("another's place", other["statement"], honest)] * (OTHER_PLACES // 2)
    sent += [("no place", ids.uuid7(), honest) for _ in range(OTHER_PLACES // 2)]
    found = send_all(by_hand, one, sent)
    ways = {way.__name__ for way in altering.ways()} | {"another's place", "no place"}
    expected = {(way, 404 if way == "no place" else 422) for way in ways}
    assert found.keys() == expected, found.keys() ^ expected
    assert by_hand.house.size() == size
    return sum(found.values())


def require_all_refused_afterwards(by_hand: Hands, one: Member, statement: Any, other: Any) -> int:
    """Once it is decided, what was signed is answered as before, and no alteration of it is."""
    size = by_hand.house.size()
    altering = forger(by_hand, one, statement, b64decode(other["payload"]))
    found = send_all(
        by_hand, one, [(way, statement["statement"], data) for way, data in altering.altered(AFTERWARDS)]
    )
    assert {status for _, status in found} == {404, 422}, found
    again = by_hand.sign(one, statement)
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (ACCEPTED, "true")
    assert by_hand.house.size() == size
    return AFTERWARDS


def test_a_thousand_altered_envelopes_and_then_an_honest_dose(
    by_hand: Hands, tell: Callable[[str], None]
) -> None:
    ward = by_hand.ward
    half = ALTERED // 2 - OTHER_PLACES
    dose = {"dose": by_hand.permitted()}
    prepare, other = (by_hand.draw(ward.nia, "prepare-dose", dose) for _ in range(2))
    refused = require_all_refused(by_hand, ward.nia, prepare, other, half)
    assert by_hand.sign(ward.nia, prepare).status_code == ACCEPTED
    refused += require_all_refused_afterwards(by_hand, ward.nia, prepare, other)
    reading = by_hand.reading(dose["dose"], prepare)
    verify, other = (by_hand.draw(ward.noa, "verify-dose", reading) for _ in range(2))
    refused += require_all_refused(by_hand, ward.noa, verify, other, ALTERED - refused - OTHER_PLACES)
    assert by_hand.sign(ward.noa, verify).status_code == ACCEPTED
    by_hand.hand_over_and_give(dose["dose"])
    assert by_hand.house.http.get("/ready").status_code == 200
    assert by_hand.given()
    assert refused == ALTERED
    tell(f"{refused} commits with altered envelopes, each refused")
