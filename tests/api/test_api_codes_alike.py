"""Nobody at an enrolled terminal can find out which staff codes and person ids exist.

Each way of asking is tried with somebody's code and with nobody's, often enough to be throttled, and
everything that comes back is compared; so is the number of questions to the database, which is what
the time of an answer consists of besides the same slow hash.
"""

from __future__ import annotations

import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, event

from hat_clinic.api.clock_in import PARAMETERS_EVERY, until_told
from hat_clinic.domain.entries import entry_of
from hat_clinic.domain.entries.system import SignInFailures
from hat_clinic.domain.staff import RevokeKey
from hat_clinic.ledger.dsse import parse_envelope
from hat_clinic.ledger.statement import parse_statement
from hat_clinic.store import clock_ins
from hat_clinic.vocabulary.terms import RevocationReason, Role
from tests.api.served import HERE, Served, b64, served, sign
from tests.api.test_api_credentials import body_of
from tests.clinic import Member

ADA, NOBODY = "A-01", "Z-99"
TIMES = 8
Ask = Callable[[Served, bool], Any]


@pytest.fixture
def house(engine: Engine) -> Iterator[Served]:
    with served(engine) as one:
        for founder in (one.clinic.ada, one.clinic.bo):
            clock_out(one, founder)
        yield one


def clock_out(house: Served, one: Member) -> None:
    """Else a challenge for them is what it should be: one that can be answered here."""
    clinic = house.clinic
    clinic.in_one(lambda tx: clock_ins.end(tx.conn, tx.site_id, one.person, clinic.terminal))


def parameters(house: Served, known: bool) -> Any:
    query = {"staff_code": ADA if known else NOBODY}
    return house.http.get(f"{HERE}/clock-ins/parameters", params=query, headers=house.terminal)


def clock_in(house: Served, known: bool) -> Any:
    return house.clock_in(house.clinic.ada, bytes(32), ADA if known else NOBODY)


def challenge(house: Served, known: bool) -> Any:
    person = house.clinic.ada.person if known else house.clinic.ids.uuid7()
    return house.http.post(f"{HERE}/sign-ins/challenge", json={"person": person}, headers=house.terminal)


def sign_in(house: Served, known: bool) -> Any:
    nonce = b64(house.clinic.ids.random(32))
    person = house.clinic.ada.person if known else house.clinic.ids.uuid7()
    payload = f'{{"expires_at":"","key":"","nonce":"{nonce}","origin":"","person":"{person}","terminal":""}}'
    asked = {"payload": b64(payload.encode()), "payload_type": "application/vnd.hat-clinic.sign-in.v1+json"}
    body = sign(house.clinic.bo, asked)
    return house.http.post(f"{HERE}/sign-ins", json=body, headers=house.terminal)


def first_passphrase(house: Served, known: bool) -> Any:
    body = body_of(house, house.clinic.ada, key="0" * 32)
    if not known:
        body["person"] = house.clinic.ids.uuid7()
    return house.http.post(f"{HERE}/credentials", json=body, headers=house.terminal)


WAYS: tuple[Ask, ...] = (parameters, clock_in, challenge, sign_in, first_passphrase)


def seen(answer: Any) -> tuple[int, dict[str, str], dict[str, Any]]:
    """What the asker gets: a salt is as random for one as for the other."""
    return answer.status_code, dict(answer.headers), answer.json() | {"salt": ""}


@pytest.mark.parametrize("ask", WAYS)
def test_somebodys_and_nobodys_are_answered_alike_however_often(house: Served, ask: Ask) -> None:
    found: dict[bool, list[Any]] = {True: [], False: []}
    for _ in range(TIMES):
        for known in (True, False):
            found[known].append(seen(ask(house, known)))
        house.clinic.clock.pass_time(seconds=1)
    assert found[True] == found[False]


@pytest.mark.parametrize("ask", WAYS)
def test_somebodys_and_nobodys_cost_alike(house: Served, ask: Ask) -> None:
    # The first request of a terminal is looked at twice, the first failure of an account makes a row.
    for known in (True, False):
        ask(house, known)
    for failures in (0, TIMES):
        for known in (True, False):
            for _ in range(failures):
                clock_in(house, known)
        asked = [statements(house, lambda known=known: ask(house, known)) for known in (True, False)]
        assert asked[0] == asked[1] and asked[0], failures


def statements(house: Served, work: Callable[[], object]) -> list[str]:
    """What the database was asked meanwhile."""
    found: list[str] = []

    def hear(*args: Any) -> None:
        found.append(args[2])

    event.listen(house.clinic.engine, "before_cursor_execute", hear)
    try:
        work()
    finally:
        event.remove(house.clinic.engine, "before_cursor_execute", hear)
    return found


def test_parameters_come_no_sooner_for_nobody(house: Served) -> None:
    for _ in range(TIMES):
        for known in (True, False):
            began = time.monotonic()
            assert parameters(house, known).status_code == 200
            assert time.monotonic() - began >= PARAMETERS_EVERY


@pytest.mark.parametrize("steps", [1, 2, 7])
def test_boundary_of_when_parameters_come(steps: int) -> None:
    for quarters in (1, 2, 3):
        passed = PARAMETERS_EVERY * (steps - 1 + quarters / 4)
        assert passed + until_told(passed) == pytest.approx(PARAMETERS_EVERY * steps)
    assert until_told(0) == PARAMETERS_EVERY


@pytest.mark.parametrize("tried", [ADA, NOBODY])
def test_what_was_tried_before_tells_nothing_about_another_code(house: Served, tried: str) -> None:
    for _ in range(TIMES):
        house.clock_in(house.clinic.ada, bytes(32), tried)
    for other in ("A-02", "Z-98"):
        assert house.clock_in(house.clinic.ada, bytes(32), other).status_code == 401
    for ask in (challenge, sign_in, first_passphrase):
        assert seen(ask(house, True)) == seen(ask(house, False))


def test_somebody_without_a_passphrase_or_a_key_is_nobody(house: Served) -> None:
    clinic = house.clinic
    for founder in (clinic.ada, clinic.bo):
        assert house.clock_in(founder).status_code == 201
    clinic.hire("N-01", Role.NURSE)
    clinic.hire("A-03", Role.ADMINISTRATOR)
    revoke = RevokeKey(clinic.bo.person, clinic.bo.key.key_id, RevocationReason.LOST)
    assert clinic.signed(clinic.ada, "revoke-key", revoke).accepted
    answers = [[seen(house.clock_in(clinic.ada, bytes(32), code)) for _ in range(TIMES)]
               for code in ("N-01", "A-02", NOBODY)]  # fmt: skip
    assert answers[0] == answers[1] == answers[2]


def test_nobodys_codes_stay_one_account_on_record(house: Served) -> None:
    for code in ("Z-1", "Z-2", "Z-3", ADA):
        house.clock_in(house.clinic.ada, bytes(32), code)
    house.clinic.clock.pass_time(minutes=15)
    before = house.size()
    headers = house.as_(house.clinic.bo)
    feed = house.http.get(f"{HERE}/entries", params={"after": before - 1}, headers=headers).json()["entries"]
    told = [failures_of(one["envelope"]) for one in feed]
    assert sorted((one.account, one.failures) for one in told) == [("", 3), (house.clinic.ada.person, 1)]


def failures_of(envelope: str) -> SignInFailures:
    entry = entry_of("sign-in-failures", parse_statement(parse_envelope(b64decode(envelope)).payload).body)
    assert isinstance(entry, SignInFailures)
    return entry
