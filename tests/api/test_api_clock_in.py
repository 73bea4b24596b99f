"""Clocking in, and who may not: strangers, guessers, people whose trust was taken away."""

from __future__ import annotations

import asyncio
import threading
from base64 import b64decode
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from hat_clinic.domain.entries import entry_of
from hat_clinic.domain.entries.system import SignInFailures
from hat_clinic.domain.staff import RevokeKey, RevokeRole
from hat_clinic.handlers.clock_in import guesses
from hat_clinic.handlers.failures import book_failures
from hat_clinic.handlers.runtime import SLOW_HASHES, SLOW_HASHES_WAITING
from hat_clinic.ledger.dsse import parse_envelope
from hat_clinic.ledger.statement import parse_statement
from hat_clinic.security.signing import CLOCK_IN_FLOOR, clock_in_halves, unwrap_seed
from hat_clinic.security.slow_hash import slow_hash
from hat_clinic.store import credentials
from hat_clinic.vocabulary.errors import Throttled
from hat_clinic.vocabulary.ids import TerminalId
from hat_clinic.vocabulary.terms import RevocationReason, Role
from tests.api.served import HERE, KEYS, Served, b64, seed_of, served, wrap_of

TICK = timedelta(microseconds=1)
WRONG = bytes(32)


@pytest.fixture
def house(engine: Engine) -> Iterator[Served]:
    with served(engine) as one:
        yield one


def parameters(house: Served, staff_code: str) -> Any:
    return house.http.get(
        f"{HERE}/clock-ins/parameters", params={"staff_code": staff_code}, headers=house.terminal
    )


def last_entry(house: Served) -> dict[str, Any]:
    feed = house.http.get(
        f"{HERE}/entries", params={"after": house.size() - 2}, headers=house.as_(house.clinic.bo)
    )
    entry: dict[str, Any] = feed.json()["entries"][0]
    return entry


def test_clock_in_opens_the_key_and_lets_look(house: Served) -> None:
    ada = house.clinic.ada
    answer = house.clock_in(ada)
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert (body["person"], body["key"], body["staff_code"]) == (ada.person, ada.key.key_id, "A-01")
    assert unwrap_seed(wrap_of(ada), b64decode(body["c1"]), ada.person, ada.key.public_raw) == seed_of(ada)
    assert body["sign_in"]["idle_seconds"] == 300
    assert house.http.get(f"{HERE}/entries", headers=house.as_(ada)).status_code == 200


def test_the_whole_derivation_from_a_passphrase(house: Served) -> None:
    ada = house.clinic.ada
    asked = parameters(house, "A-01").json()
    halves = clock_in_halves("correct horse battery", b64decode(asked["salt"]), CLOCK_IN_FLOOR)

    def keep(tx: Any) -> None:
        (old,) = credentials.of_person(tx.conn, ada.person)
        credentials.put(tx.conn, _with_auth(old, slow_hash(halves.auth, bytes(16))))

    house.clinic.in_one(keep)
    assert house.clock_in(ada, halves.auth).status_code == 201
    assert house.clock_in(ada, halves.wrap).status_code == 401


def _with_auth(old: credentials.Credential, auth: Any) -> credentials.Credential:
    return credentials.Credential(old.person_id, old.key_id, old.kdf_salt, old.kdf, auth, old.box, old.since)


def test_an_unknown_code_gets_parameters_that_look_like_anybodys(house: Served) -> None:
    known, unknown = parameters(house, "A-01").json(), parameters(house, "Z-99").json()
    assert {**known, "salt": ""} == {**unknown, "salt": ""}
    assert len(b64decode(unknown["salt"])) == len(b64decode(known["salt"])) == 16
    assert parameters(house, "Z-99").json() == unknown
    assert parameters(house, "Z-98").json()["salt"] != unknown["salt"]


def test_a_wrong_passphrase_and_an_unknown_code_are_answered_alike(house: Served) -> None:
    wrong = house.clock_in(house.clinic.ada, WRONG)
    unknown = house.clock_in(house.clinic.ada, WRONG, "Z-99")
    assert (wrong.status_code, wrong.json()) == (unknown.status_code, unknown.json())
    assert wrong.status_code == 401 and wrong.headers["WWW-Authenticate"] == "Bearer"


def test_five_wrong_are_free_and_then_everybody_there_waits(house: Served) -> None:
    ada, elsewhere = house.clinic.ada, TerminalId(house.clinic.ids.uuid7())
    secret = house.enrol(elsewhere)
    for _ in range(6):
        assert house.clock_in(ada, WRONG).status_code == 401
    waiting = house.clock_in(ada)
    assert (waiting.status_code, waiting.headers["Retry-After"]) == (429, "2")
    body = {"staff_code": "A-01", "auth": b64(WRONG)}
    other = {"Hat-Terminal": f"{elsewhere}.{secret}"}
    assert house.http.post(f"{HERE}/clock-ins", json=body, headers=other).status_code == 401
    assert house.clock_in(house.clinic.bo).status_code == 201
    house.clinic.clock.pass_time(seconds=2)
    assert house.clock_in(ada).status_code == 201
    assert house.clock_in(ada, WRONG).status_code == 401, "counted from nothing again"


def test_one_guess_at_a_time(house: Served) -> None:
    house.runtime.judging.add(guesses(KEYS.unknown, "A-01", house.clinic.terminal))
    assert house.clock_in(house.clinic.ada).status_code == 429
    assert house.clock_in(house.clinic.bo).status_code == 201


def test_boundary_of_slow_hashes_at_once(house: Served) -> None:
    most = SLOW_HASHES + SLOW_HASHES_WAITING

    async def crowd() -> list[Any]:
        go_on = threading.Event()
        asking = [asyncio.create_task(house.runtime.slowly(go_on.wait)) for _ in range(most)]
        await asyncio.sleep(0)
        with pytest.raises(Throttled):
            await house.runtime.slowly(go_on.wait)
        go_on.set()
        return await asyncio.gather(*asking)

    assert asyncio.run(crowd()) == [True] * most


def test_failures_become_one_entry_for_each_quarter_of_an_hour(house: Served) -> None:
    ada, before = house.clinic.ada, house.size()
    for _ in range(3):
        house.clock_in(ada, WRONG)
    house.clock_in(ada, WRONG, "Z-99")
    assert house.size() == before, "a failure is no entry yet"
    house.clinic.clock.pass_time(minutes=15)
    house.clock_in(house.clinic.bo)
    assert house.size() == before + 2
    said = parse_statement(parse_envelope(b64decode(last_entry(house)["envelope"])).payload)
    found = entry_of("sign-in-failures", said.body)
    assert isinstance(found, SignInFailures)
    assert (found.account, found.terminal, found.failures) == (ada.person, house.clinic.terminal, 3)
    assert house.clinic.in_one(book_failures) == 0


def test_a_revoked_key_does_not_clock_in(house: Served) -> None:
    ada, bo = house.clinic.ada, house.clinic.bo
    house.clinic.hire("A-03", Role.ADMINISTRATOR)
    assert house.clinic.signed(
        bo, "revoke-key", RevokeKey(ada.person, ada.key.key_id, RevocationReason.LOST)
    ).accepted
    assert house.clock_in(ada).status_code == 401


def test_who_has_no_role_any_more_cannot_look_either(house: Served) -> None:
    nia = house.clinic.hire("N-01", Role.NURSE)
    house.keep_credential(nia)
    headers = house.as_(nia)
    assert house.http.get(f"{HERE}/entries", headers=headers).status_code == 200
    revoked = house.clinic.signed(
        house.clinic.ada, "revoke-role", RevokeRole(nia.person, Role.NURSE, RevocationReason.LEFT)
    )
    assert revoked.accepted
    assert house.http.get(f"{HERE}/entries", headers=headers).status_code == 401


def test_clocking_out_ends_both(house: Served) -> None:
    ada = house.clinic.ada
    headers = house.as_(ada)
    assert house.http.delete(f"{HERE}/clock-ins/current", headers=headers).status_code == 204
    assert house.http.get(f"{HERE}/entries", headers=headers).status_code == 401
    asked = house.http.post(f"{HERE}/sign-ins/challenge", json={"person": ada.person}, headers=house.terminal)
    assert asked.status_code == 401


def test_what_is_no_half_or_no_staff_code_is_rejected(house: Served) -> None:
    for auth in ("", "AA==", "not base64", "A" * 43, "A" * 42 + "B="):
        body = {"staff_code": "A-01", "auth": auth}
        answer = house.http.post(f"{HERE}/clock-ins", json=body, headers=house.terminal)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/auth"), auth
    for code in ("", "x" * 65, "\0", "e\u0301"):
        answer = parameters(house, code)
        assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (422, "staff_code"), code
