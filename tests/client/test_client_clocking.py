"""Clocking in, locking, looking again, clocking out: against the real app, and against servers that lie."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from hat_clinic.ledger.canonical import b64, decode, encode, unb64
from hat_clinic.ledger.statement import payload_type
from hat_clinic.store import clock_ins
from hat_clinic.vocabulary.errors import BadProof, Refused, Rejected, Throttled, Unauthenticated
from tests.client.at_work import PASSPHRASE, PIN, AtWork, at_work, halves_of


@pytest.fixture
def work(engine: Engine, tmp_path: Path) -> Iterator[AtWork]:
    with at_work(engine, tmp_path) as one:
        yield one


def look(work: AtWork) -> None:
    work.terminal.http.entries(work.ada.require_token())


def test_clocked_in_the_person_may_look_and_the_key_is_sealed(work: AtWork) -> None:
    clinic, ada = work.house.clinic, work.ada
    assert (ada.person, ada.key, ada.staff_code) == (clinic.ada.person, clinic.ada.key.key_id, "A-01")
    assert ada.until == clinic.clock.now() + timedelta(hours=12)
    assert ada.seed.tries_left == 5 and "token" not in repr(ada)
    look(work)


def test_refuses_weak_secrets_before_anything_is_sent(work: AtWork) -> None:
    work.network.asked.clear()
    for passphrase, pin, again, words in (
        (PASSPHRASE, PIN, "739165", "the two PINs differ"),
        (PASSPHRASE, "111111", "111111", "no four digits in a row"),
        (PASSPHRASE, "73916", "73916", "6 or more digits"),
        ("too short", PIN, PIN, "15 to 128"),
    ):
        with pytest.raises(Rejected, match=words) as caught:
            work.terminal.clock_in("A-01", passphrase, pin, again)
        assert pin not in str(caught.value) and passphrase not in str(caught.value)
    assert work.network.asked == []


def test_a_wrong_passphrase_and_an_unknown_code_are_answered_alike(work: AtWork) -> None:
    for staff_code in ("A-01", "nobody"):
        with pytest.raises(Unauthenticated, match="the passphrase is not this person's"):
            work.terminal.clock_in(staff_code, "another long passphrase", PIN, PIN)


def test_refuses_a_server_that_asks_for_less_and_sends_it_nothing(work: AtWork) -> None:
    weaker: list[dict[str, Any]] = [
        {"memory_kib": 32768},
        {"passes": 1},
        {"lanes": 4},
        {"memory_kib": 1 << 40},
        {"salt": "AAAA"},
        {"salt": "?"},
    ]
    work.network.asked.clear()
    for one in weaker:
        work.network.change("/parameters", lambda body, one=one: body.update(one))  # type: ignore[misc]
        with pytest.raises(BadProof):
            work.terminal.clock_in("A-01", PASSPHRASE, PIN, PIN)
    assert set(work.network.asked) == {"GET /clock-ins/parameters"}


def test_the_passphrase_and_its_opening_half_never_leave(work: AtWork) -> None:
    bodies: list[bytes] = []
    work.network.before = lambda request: bodies.append(request.read())
    work.clock_in(work.house.clinic.ada)
    sent = [json.loads(each) for each in bodies if each]
    assert sent == [{"staff_code": "A-01", "auth": b64(halves_of("A-01").auth)}]


def test_refuses_another_persons_key(work: AtWork) -> None:
    bo = work.house.clinic.bo

    def another(body: dict[str, Any]) -> None:
        body |= {"key": bo.key.key_id, "public": b64(bo.key.public_raw), "person": bo.person}

    work.network.change("/clock-ins", lambda body: another(body) if "c1" in body else None)
    with pytest.raises(BadProof):
        work.terminal.clock_in("A-01", PASSPHRASE, PIN, PIN)
    work.network.change("/clock-ins", lambda body: body.update(key="0" * 32) if "c1" in body else None)
    with pytest.raises(BadProof, match="another person or key"):
        work.terminal.clock_in("A-01", PASSPHRASE, PIN, PIN)


@pytest.mark.parametrize("seconds", [-1, 10**18])
def test_refuses_a_sign_in_that_lasts_for_ever(work: AtWork, seconds: int) -> None:
    def lasts(body: dict[str, Any]) -> None:
        body.get("sign_in", body)["idle_seconds"] = seconds

    work.network.change("/sign-ins", lambda body: lasts(body) if "token" in body else None)
    with pytest.raises(BadProof, match="no sign-in lasts"):
        work.terminal.unlock(work.ada, PIN)
    work.network.change("/clock-ins", lambda body: lasts(body) if "c1" in body else None)
    with pytest.raises(BadProof, match="no sign-in lasts"):
        work.terminal.clock_in("A-01", PASSPHRASE, PIN, PIN)


def test_locked_nobody_looks_and_the_pin_opens_again(work: AtWork) -> None:
    token = work.ada.token
    work.terminal.lock(work.ada)
    with pytest.raises(Unauthenticated, match="locked"):
        look(work)
    with pytest.raises(Unauthenticated):
        work.terminal.http.entries(token)
    work.terminal.unlock(work.ada, PIN)
    look(work)
    assert work.ada.token != token


def test_a_screen_that_slept_too_long_is_opened_by_the_pin(work: AtWork) -> None:
    work.house.clinic.clock.pass_time(minutes=6)
    with pytest.raises(Unauthenticated):
        look(work)
    work.terminal.unlock(work.ada, PIN)
    look(work)


def test_locking_forgets_the_token_though_the_server_is_away(work: AtWork) -> None:
    work.network.cut("/sign-ins/current")
    with pytest.raises(Exception, match="cannot be reached"):
        work.terminal.lock(work.ada)
    assert work.ada.token == ""


def test_five_wrong_pins_and_the_key_is_gone(work: AtWork) -> None:
    work.terminal.lock(work.ada)
    for _ in range(5):
        with pytest.raises(Unauthenticated, match="wrong PIN"):
            work.terminal.unlock(work.ada, "999111")
    with pytest.raises((Unauthenticated, Throttled), match="clock in again"):
        work.terminal.unlock(work.ada, PIN)


def test_after_the_shift_the_key_is_gone(work: AtWork) -> None:
    work.house.clinic.clock.pass_time(hours=12)
    work.network.asked.clear()
    with pytest.raises(Unauthenticated, match="clock in again"):
        work.terminal.unlock(work.ada, PIN)
    assert work.network.asked == []


def test_refuses_a_challenge_that_could_be_carried_elsewhere(work: AtWork) -> None:
    def elsewhere(body: dict[str, Any], member: str) -> None:
        said = decode(unb64(body["payload"]))
        assert isinstance(said, dict)
        body["payload"] = b64(encode(said | {member: "elsewhere"}))

    for member in ("person", "terminal", "origin", "key"):
        work.network.change("/challenge", lambda body, at=member: elsewhere(body, at))  # type: ignore[misc]
        with pytest.raises(BadProof, match="not for this person at this terminal"):
            work.terminal.unlock(work.ada, PIN)
    # One that could pass for an entry.
    kind = payload_type("dose-given")
    work.network.change("/challenge", lambda body: body.update(payload_type=kind))
    with pytest.raises(BadProof, match="not for this person"):
        work.terminal.unlock(work.ada, PIN)
    assert "POST /sign-ins" not in work.network.asked


def test_clocked_out_neither_key_nor_token_is_left(work: AtWork) -> None:
    token = work.ada.token
    work.terminal.clock_out(work.ada)
    assert work.ada.token == "" and work.ada.seed.tries_left == 0
    with pytest.raises(Unauthenticated):
        work.terminal.http.entries(token)
    with pytest.raises(Unauthenticated, match="clock in again"):
        work.terminal.unlock(work.ada, PIN)


def test_clocked_out_on_the_server_alone_nothing_is_signed(work: AtWork) -> None:
    """Suspending somebody acts at once, whatever their terminal still holds."""
    clinic, ada = work.house.clinic, work.ada
    clinic.in_one(lambda tx: clock_ins.end(tx.conn, tx.site_id, ada.person, clinic.terminal))
    with pytest.raises(Refused) as caught:
        work.terminal.draw(ada, "grant-role", {"person": clinic.bo.person, "role": "nurse"})
    assert [each.rule for each in caught.value.findings] == ["SO43"]
