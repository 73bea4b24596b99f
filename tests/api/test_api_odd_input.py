"""Bodies that are well formed and odd: the ends of every range, units that do not go together.

Nobody can say in general whether the rules take them. What must hold: an answer, never a 500,
and a log that can still be written to and read.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import pytest
from httpx2 import AsyncClient
from sqlalchemy import Engine

from hat_clinic.handlers.grants import ACTS
from hat_clinic.ledger.statement import payload_hash
from hat_clinic.vocabulary.quantities import Expression
from hat_clinic.vocabulary.terms import Role
from hat_clinic.wire.columns import form_of
from hat_clinic.wire.kinds import EARLIEST, LARGEST_INTEGER, LARGEST_MASS, LARGEST_VOLUME, LATEST
from tests.api.served import HERE, Served, b64, served, sign
from tests.clinic import Member

TEXTS = ("", " ", "x" * 4000, "'; DROP TABLE site; --", "\U0001f489", "%s%n{0}", "null", "Ω")
MOMENTS = (f"{EARLIEST}-01-01T00:00:00.000000Z", f"{LATEST}-12-31T23:59:59.999999Z")
DAYS = (f"{EARLIEST}-01-01", f"{LATEST}-12-31")

PATIENT = {
    "family": "Invented",
    "given": "Person",
    "born": "1980-01-31",
    "identifiers": [{"system": "NHS", "value": "9990000018"}],
}


@pytest.fixture
def house(engine: Engine) -> Iterator[Served]:
    with served(engine, tuple(ACTS.values()), raises=False) as one:
        yield one


@pytest.fixture
def everybody(house: Served) -> Member:
    one = house.clinic.hire("X-01", *Role)
    house.keep_credential(one)
    return one


def odd(value: Any) -> Iterator[Any]:
    """The value with one thing in it at a time at the end of its range; sometimes more at once."""
    match value:
        case {"of": of, "ug": _}:
            other = next(str(each) for each in Expression if each != of)
            yield from ({"of": of, "ug": ug} for ug in (0, 1, LARGEST_MASS))
            yield {"of": other, "ug": 150_000}
        case {"ul": _}:
            yield from ({"ul": ul} for ul in (0, 1, LARGEST_VOLUME))
        case dict():
            for name, part in value.items():
                yield from ({**value, name: each} for each in odd(part))
            yield {name: last(part) for name, part in value.items()}
        case list():
            yield from ([], value * 2)
            yield from ([each] for one in value for each in odd(one))
            yield from ([*value, each] for one in value for each in odd(one))
        case bool():
            yield not value
        case int():
            yield from (0, -1, 1, LARGEST_INTEGER, -LARGEST_INTEGER)
        case str() if value.endswith("Z") and "T" in value:
            yield from MOMENTS
        case str() if len(value) == 10 and value.count("-") == 2:
            yield from DAYS
        case str():
            yield from TEXTS


def last(value: Any) -> Any:
    """The farthest of the odd ones."""
    *_, found = (value, *odd(value))
    return found


def test_odd_bodies_are_answered(house: Served, everybody: Member) -> None:
    headers, known = house.as_(everybody), furnish(house, everybody)
    wrong, statuses = list[str](), dict[int, int]()

    async def send_all(app: AsyncClient) -> None:
        async def send(path: str, body: Any) -> Any:
            answer = await app.post(
                f"{HERE}/{path}", json=body, headers=headers | {"Idempotency-Key": house.clinic.ids.uuid7()}
            )
            statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
            if answer.status_code >= 500:
                wrong.append(f"{path}: {str(body)[:300]}: {answer.status_code} {answer.text[:200]}")
            return answer

        for name, act in ACTS.items():
            example = {key: known.get(key, value) for key, value in example_of_act(name).items()}
            for body in (example, *odd(example)):
                if not act.signed:
                    await send(name, body)
                    continue
                drawn = await send(f"{name}/statement", body)
                if drawn.status_code == 200:
                    statement = drawn.json()
                    await send(f"statements/{statement['statement']}/signature", sign(everybody, statement))

    house.inside(send_all)
    assert wrong == []
    print(f"odd bodies by status: {dict(sorted(statuses.items()))}")
    assert statuses[201] and statuses[409] and statuses[422]
    assert house.http.get("/ready").status_code == 200


def furnish(house: Served, one: Member) -> dict[str, str]:
    """A product with stock, a patient and a visit are there; returns their ids by member name."""
    other = house.clinic.hire("X-02", *Role)
    house.keep_credential(other)

    def post(who: Member, path: str, body: Any) -> Any:
        answer = house.http.post(f"{HERE}/{path}", json=body, headers=house.writes(who))
        assert answer.status_code in (200, 201), (path, answer.json().get("findings"), answer.text)
        return answer.json()

    def hand(who: Member, name: str, body: Any) -> bytes:
        statement = post(who, f"{name}/statement", body)
        post(who, f"statements/{statement['statement']}/signature", sign(who, statement))
        return b64decode(statement["payload"])

    for name, tag in (("list-product", "product-listed"), ("receive-stock", "stock-received")):
        names = b64(payload_hash(hand(one, name, example_of_act(name))))
        hand(other, "confirm-act", {"names": names, "names_tag": tag})
    patient = post(one, "enrol-patient", PATIENT)["made"]["patient"]
    visit = post(one, "arrive-for-visit", {"patient": patient})["made"]["visit"]
    return {"patient": patient, "visit": visit}


def example_of_act(name: str) -> dict[str, Any]:
    return form_of(ACTS[name].command).example


@pytest.mark.parametrize(
    "path", ["/products/%00/containers", "/register/pages/%00/1", "/products/a%1b/containers"]
)
def test_a_path_that_cannot_be_stored_is_rejected_by_name(
    house: Served, everybody: Member, path: str
) -> None:
    answer = house.http.get(f"{HERE}{path}", headers=house.as_(everybody))
    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")
    assert "product" in answer.text


@pytest.mark.parametrize(
    "path",
    ["/requests/%00", "/doses/%00", "/patients/%00/identity", "/ledger/proof?seq=%00", "/entries?after=%00"],
)
def test_no_other_part_of_a_path_lets_it_through(house: Served, everybody: Member, path: str) -> None:
    answer = house.http.get(f"{HERE}{path}", headers=house.as_(everybody))
    assert answer.status_code in (404, 422), answer.text
