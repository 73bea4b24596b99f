"""What a stranger, or a crowd of them, can make the server do: next to nothing."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine

from hat_clinic.handlers.requests import MOST_SIGNED
from hat_clinic.store.engine import reading
from hat_clinic.store.ledger_rows import newest_head
from hat_clinic.store.throttles import UNKNOWN_TERMINAL, wait
from hat_clinic.wire.kinds import LONGEST_BYTES
from tests.api.served import HERE, Served, served

JSON = {"content-type": "application/json"}
STRANGER = JSON | {"Hat-Terminal": "nobody.secret"}


@pytest.fixture
def house(engine: Engine) -> Iterator[Served]:
    with served(engine) as one:
        yield one


def ask(house: Served, headers: dict[str, str], content: bytes) -> Any:
    return house.http.post(f"{HERE}/appoint-person/statement", content=content, headers=headers)


@pytest.mark.parametrize("content", [b"[" * 70_000, b"{", b'{"a":1,"a":2}', b"\xff"])
@pytest.mark.parametrize("headers", [JSON, STRANGER])
def test_a_strangers_body_is_not_read(house: Served, headers: dict[str, str], content: bytes) -> None:
    assert ask(house, headers, content).status_code == 401


def test_an_enrolled_terminals_body_is_read(house: Served) -> None:
    assert ask(house, JSON | house.terminal, b'{"a":1,"a":2}').status_code == 422


def test_a_terminal_seen_before_is_judged_again(house: Served) -> None:
    assert ask(house, JSON | house.terminal, b"{").status_code == 422
    house.enrol(house.clinic.terminal)
    assert ask(house, JSON | house.terminal, b"{}").status_code in (401, 422)
    assert house.http.get(f"{HERE}/ledger/head", headers=house.terminal).status_code == 401


def test_a_crowd_of_strangers_is_counted_one_at_a_time(house: Served) -> None:
    house.runtime.counting_strangers = True
    answer = ask(house, STRANGER, b"{}")
    assert answer.status_code == 429 and int(answer.headers["retry-after"]) >= 1
    with reading(house.clinic.engine) as connection:
        assert not wait(connection, "zh1", UNKNOWN_TERMINAL, house.clinic.clock.now())
    house.runtime.counting_strangers = False
    assert ask(house, STRANGER, b"{}").status_code == 401


def test_the_document_is_written_once_and_the_same_for_everybody(
    house: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [house.http.get("/openapi.json", headers=each) for each in ({}, STRANGER, house.terminal)]
    assert {one.status_code for one in found} == {200}
    assert len({one.content for one in found}) == 1 and found[0].json() == house.http.app.openapi()  # type: ignore[attr-defined]
    monkeypatch.setattr(house.http.app, "openapi", None)
    assert house.http.get("/openapi.json").content == found[0].content


@pytest.mark.parametrize("name", ["hat-terminal", "authorization", "idempotency-key"])
@pytest.mark.parametrize("method, path", [("GET", "/entries"), ("POST", "/appoint-person/statement")])
def test_a_header_that_decides_who_asks_is_sent_once(
    house: Served, name: str, method: str, path: str
) -> None:
    headers = {key.lower(): value for key, value in house.writes(house.clinic.ada).items()}
    content = b"{}" if method == "POST" else b""
    for second in (headers[name], "another"):
        doubled = [*(headers | JSON).items(), (name, second)]
        answer = house.http.request(method, f"{HERE}{path}", headers=doubled, content=content)
        told = [{"parameter": name, "detail": "send it once"}]
        assert (answer.status_code, answer.json()["errors"]) == (422, told)


def test_what_could_not_come_back_signed_is_not_drawn(house: Served) -> None:
    clinic = house.clinic
    house.keep_credential(clinic.ada)
    registrations = [{"body": "x" * 60, "number": f"{n:0200d}"} for n in range(100)]
    body = {"person": clinic.ids.uuid7(), "staff_code": "N-09", "name": "N", "registrations": registrations}
    with reading(clinic.engine) as connection:
        before = newest_head(connection, "zh1")
    answer = house.http.post(f"{HERE}/appoint-person/statement", json=body, headers=house.writes(clinic.ada))
    assert answer.status_code == 422 and "several parts" in answer.text, answer.text
    with reading(clinic.engine) as connection:
        assert newest_head(connection, "zh1") == before


def test_the_longest_that_is_drawn_fits_through_the_signature_route() -> None:
    envelope = len(b64encode(bytes(MOST_SIGNED))) + 600
    assert len(b64encode(bytes(envelope))) <= LONGEST_BYTES + 16
