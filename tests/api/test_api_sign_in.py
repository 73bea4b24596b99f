"""Who is asking: terminals and their secrets, tokens and their time, locking and looking again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from hat_clinic.domain.entries import BY_TAG
from hat_clinic.domain.staff import RevokeKey
from hat_clinic.ledger.statement import tag_of
from hat_clinic.vocabulary.ids import TerminalId
from hat_clinic.vocabulary.terms import RevocationReason, Role
from tests.api.served import HERE, Served, served, sign
from tests.clinic import Member

TICK = timedelta(microseconds=1)


@pytest.fixture
def house(engine: Engine) -> Iterator[Served]:
    with served(engine) as one:
        yield one


def look(
    house: Served, headers: dict[str, str], path: str = "/requests/0193580a-1c00-7000-8000-0000000000aa"
) -> int:
    """404 when somebody is there who may look, 401 when not."""
    return house.http.get(f"{HERE}{path}", headers=headers).status_code


def challenge(house: Served, one: Member) -> Any:
    return house.http.post(f"{HERE}/sign-ins/challenge", json={"person": one.person}, headers=house.terminal)


def answer(house: Served, body: dict[str, str], headers: dict[str, str] | None = None) -> Any:
    return house.http.post(f"{HERE}/sign-ins", json=body, headers=headers or house.terminal)


# --- terminals --------------------------------------------------------------------------


@pytest.mark.parametrize("with_person", [False, True])
def test_an_unknown_terminal_gets_nothing(house: Served, with_person: bool) -> None:
    terminal, secret, other = house.clinic.terminal, house.secret, "A" * 43
    person = house.as_(house.clinic.ada) if with_person else {}
    wrong = (
        "",
        "nonsense",
        terminal,
        f"{terminal}.",
        f"{terminal}.wrong",
        f"unknown.{secret}",
        f"{terminal}.{other}",
    )
    for text in wrong:
        assert look(house, person | {"Hat-Terminal": text}) in (401, 429), text
    assert look(house, house.as_(house.clinic.ada)) == 404


def test_unknown_terminals_wait_together_and_enrolled_ones_do_not(house: Served) -> None:
    def ask(name: str) -> int:
        headers = {"Hat-Terminal": f"{name}.{'A' * 43}"}
        return house.http.get(f"{HERE}/ledger/head", headers=headers).status_code

    assert [ask(f"stranger-{n}") for n in range(7)] == [401] * 6 + [429]
    assert ask(house.clinic.terminal) == 429
    assert house.http.get(f"{HERE}/ledger/head", headers=house.terminal).status_code == 200
    house.clinic.clock.pass_time(seconds=2)
    assert ask("stranger") == 401


def test_another_site_is_not_here(house: Served) -> None:
    answer = house.http.get("/v1/sites/be1/ledger/head", headers=house.terminal)
    assert answer.status_code == 404


# --- tokens -----------------------------------------------------------------------------


def test_without_a_token_nobody_looks(house: Served) -> None:
    assert look(house, house.terminal) == 401
    for header in ("", "Bearer", "Bearer ", "Basic abc", "Bearer abc", f"Bearer {'A' * 43}"):
        assert look(house, house.terminal | {"Authorization": header}) == 401, header


def test_a_token_is_good_at_its_own_terminal_only(house: Served) -> None:
    elsewhere = TerminalId(house.clinic.ids.uuid7())
    secret = house.enrol(elsewhere)
    headers = house.as_(house.clinic.ada)
    assert look(house, headers | {"Hat-Terminal": f"{elsewhere}.{secret}"}) == 401


def test_boundary_of_idling(house: Served) -> None:
    headers = house.as_(house.clinic.ada)
    house.clinic.clock.shows += timedelta(minutes=5) - TICK
    assert look(house, headers) == 404, "asked in time, and that was noted"
    house.clinic.clock.shows += timedelta(minutes=5) - TICK
    assert look(house, headers) == 404
    house.clinic.clock.shows += timedelta(minutes=5)
    assert look(house, headers) == 401


def test_a_board_that_refreshes_itself_keeps_nobody_in(house: Served) -> None:
    headers = house.as_(house.clinic.ada)
    for _ in range(4):
        house.clinic.clock.pass_time(minutes=1)
        assert look(house, headers, "/entries") == 200
    house.clinic.clock.pass_time(minutes=1)
    assert look(house, headers, "/entries") == 401


def test_boundary_of_the_longest_sign_in(house: Served) -> None:
    headers, end = house.as_(house.clinic.ada), house.clinic.clock.now() + timedelta(hours=12)
    while house.clinic.clock.now() < end - timedelta(minutes=4):
        house.clinic.clock.pass_time(minutes=4)
        assert look(house, headers) == 404
    house.clinic.clock.shows = end - TICK
    assert look(house, headers) == 404
    house.clinic.clock.shows = end
    assert look(house, headers) == 401


def test_one_sign_in_a_person_and_terminal(house: Served) -> None:
    ada = house.clinic.ada
    first, bos = house.as_(ada), house.as_(house.clinic.bo)
    house.tokens.clear()
    second = house.as_(ada)
    assert (look(house, first), look(house, second), look(house, bos)) == (401, 404, 404)


# --- locking and looking again ----------------------------------------------------------


def test_a_lock_ends_the_looking_and_a_signature_brings_it_back(house: Served) -> None:
    ada = house.clinic.ada
    headers = house.as_(ada)
    assert house.http.delete(f"{HERE}/sign-ins/current", headers=headers).status_code == 204
    assert look(house, headers) == 401
    asked = challenge(house, ada)
    assert asked.status_code == 201
    found = answer(house, sign(ada, asked.json()))
    assert found.status_code == 201, found.text
    house.tokens["A-01"] = found.json()["token"]
    assert look(house, house.as_(ada)) == 404


def test_a_challenge_can_never_pass_for_an_entry(house: Served) -> None:
    assert tag_of(challenge(house, house.clinic.ada).json()["payload_type"]) not in BY_TAG


def test_a_challenge_is_answered_once(house: Served) -> None:
    ada = house.clinic.ada
    body = sign(ada, challenge(house, ada).json())
    assert answer(house, body).status_code == 201
    assert answer(house, body).status_code == 401


def test_boundary_of_a_challenge(house: Served) -> None:
    ada = house.clinic.ada
    bodies = [sign(ada, challenge(house, ada).json()) for _ in range(2)]
    house.clinic.clock.shows += timedelta(seconds=60) - TICK
    assert answer(house, bodies[0]).status_code == 201
    house.clinic.clock.shows += TICK
    assert answer(house, bodies[1]).status_code == 401


def test_a_challenge_is_answered_by_its_own_key_at_its_own_terminal(house: Served) -> None:
    ada, bo = house.clinic.ada, house.clinic.bo
    house.clock_in(ada)
    assert answer(house, sign(bo, challenge(house, ada).json())).status_code == 401
    elsewhere = TerminalId(house.clinic.ids.uuid7())
    other = {"Hat-Terminal": f"{elsewhere}.{house.enrol(elsewhere)}"}
    assert answer(house, sign(ada, challenge(house, ada).json()), other).status_code == 401
    asked = challenge(house, ada).json() | {"payload_type": "application/vnd.hat-clinic.dose-given.v1+json"}
    assert answer(house, sign(ada, asked)).status_code == 401


def test_a_revoked_key_answers_nothing(house: Served) -> None:
    ada, bo = house.clinic.ada, house.clinic.bo
    body = sign(ada, challenge(house, ada).json())
    house.clinic.hire("A-03", Role.ADMINISTRATOR)
    assert house.clinic.signed(
        bo, "revoke-key", RevokeKey(ada.person, ada.key.key_id, RevocationReason.LOST)
    ).accepted
    assert answer(house, body).status_code == 401
    assert challenge(house, ada).status_code == 401


def test_wrong_answers_are_throttled(house: Served) -> None:
    ada, bo = house.clinic.ada, house.clinic.bo
    for _ in range(6):
        assert answer(house, sign(bo, challenge(house, ada).json())).status_code == 401
    assert challenge(house, ada).status_code == 429


def test_what_is_no_envelope_is_rejected(house: Served) -> None:
    for envelope in ("AAAA", "e30=", "bnVsbA==", ""):
        assert answer(house, {"envelope": envelope}).status_code == 422, envelope


def test_an_entry_is_no_answer_to_a_challenge(house: Served) -> None:
    ada = house.clinic.ada
    statement = {"payload": "e30=", "payload_type": "application/vnd.hat-clinic.dose-given.v1+json"}
    assert answer(house, sign(ada, statement)).status_code == 422
