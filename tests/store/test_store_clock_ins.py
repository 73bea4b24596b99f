"""Who is clocked in and who is signed in: until when, where, and how it ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from sqlalchemy import Connection, func, select

from hat_clinic.store import clock_ins, sign_ins
from hat_clinic.store.clock_ins import ClockIn
from hat_clinic.store.schema import clock_in
from hat_clinic.store.sign_ins import SignIn

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TICK = timedelta(microseconds=1)


BEGUN = ClockIn("ana", "t1", "k1", NOON, NOON + timedelta(hours=12))


class TestClockIns:
    def test_boundary_of_the_shift(self, desk: Connection) -> None:
        clock_ins.put(desk, "zh1", BEGUN)
        assert clock_ins.live(desk, "zh1", "ana", "t1", BEGUN.until - TICK) == BEGUN
        assert clock_ins.live(desk, "zh1", "ana", "t1", BEGUN.until) is None

    @pytest.mark.parametrize(
        "site, person, terminal", [("be1", "ana", "t1"), ("zh1", "bo", "t1"), ("zh1", "ana", "t2")]
    )
    def test_it_holds_only_there(self, desk: Connection, site: str, person: str, terminal: str) -> None:
        clock_ins.put(desk, "zh1", BEGUN)
        assert clock_ins.live(desk, site, person, terminal, NOON) is None

    def test_a_new_one_replaces_the_old(self, desk: Connection) -> None:
        clock_ins.put(desk, "zh1", BEGUN)
        again = replace(BEGUN, key_id="k2")
        clock_ins.put(desk, "zh1", again)
        assert clock_ins.live(desk, "zh1", "ana", "t1", NOON) == again
        assert desk.scalar(select(func.count()).select_from(clock_in)) == 1

    def test_ends(self, desk: Connection) -> None:
        everywhere = [replace(BEGUN, person_id=p, terminal_id=t) for p in ("ana", "bo") for t in ("t1", "t2")]
        for end, left in (
            (lambda: clock_ins.end(desk, "zh1", "ana", "t1"), 3),
            (lambda: clock_ins.end_person(desk, "zh1", "ana"), 2),
            (lambda: clock_ins.end_terminal(desk, "zh1", "t2"), 2),
        ):
            for one in everywhere:
                clock_ins.put(desk, "zh1", one)
            end()
            found = [clock_ins.live(desk, "zh1", one.person_id, one.terminal_id, NOON) for one in everywhere]
            assert sum(one is not None for one in found) == left


TOKEN = sha256(b"token").digest()
LOOKING = SignIn(TOKEN, "ana", "t1", NOON, NOON, NOON + timedelta(hours=12))
IDLE = 5 * MINUTE


class TestSignIns:
    def test_boundary_of_idling(self, desk: Connection) -> None:
        sign_ins.put(desk, "zh1", LOOKING)
        assert sign_ins.live(desk, "zh1", TOKEN, NOON + IDLE - TICK, IDLE) == LOOKING
        assert sign_ins.live(desk, "zh1", TOKEN, NOON + IDLE, IDLE) is None
        sign_ins.touch(desk, "zh1", TOKEN, NOON + MINUTE)
        assert sign_ins.live(desk, "zh1", TOKEN, NOON + IDLE, IDLE) is not None

    def test_boundary_of_the_day(self, desk: Connection) -> None:
        sign_ins.put(desk, "zh1", replace(LOOKING, last_seen=LOOKING.until - TICK))
        assert sign_ins.live(desk, "zh1", TOKEN, LOOKING.until - TICK, IDLE) is not None
        assert sign_ins.live(desk, "zh1", TOKEN, LOOKING.until, IDLE) is None

    def test_setting_the_clock_back_keeps_nobody_in(self, desk: Connection) -> None:
        sign_ins.put(desk, "zh1", LOOKING)
        assert sign_ins.live(desk, "zh1", TOKEN, NOON - MINUTE, IDLE) is not None
        assert sign_ins.live(desk, "zh1", TOKEN, NOON - IDLE, IDLE) is None

    def test_it_is_read_with_the_key_of_the_clock_in_there(self, desk: Connection) -> None:
        def key_at(now: datetime) -> str | None:
            sign_ins.touch(desk, "zh1", TOKEN, now)
            found = sign_ins.live(desk, "zh1", TOKEN, now, IDLE)
            assert found is not None
            return found.key_id

        sign_ins.put(desk, "zh1", replace(LOOKING, until=NOON + timedelta(hours=13)))
        for elsewhere in (replace(BEGUN, person_id="bo"), replace(BEGUN, terminal_id="t2")):
            clock_ins.put(desk, "zh1", elsewhere)
        assert key_at(NOON) is None
        clock_ins.put(desk, "zh1", BEGUN)
        assert key_at(BEGUN.until - TICK) == "k1"
        assert key_at(BEGUN.until) is None
        clock_ins.end(desk, "zh1", "ana", "t1")
        assert key_at(NOON) is None

    def test_one_a_person_and_terminal(self, desk: Connection) -> None:
        other = replace(LOOKING, token_hash=bytes(32))
        sign_ins.put(desk, "zh1", LOOKING)
        sign_ins.put(desk, "zh1", other)
        assert sign_ins.live(desk, "zh1", TOKEN, NOON, IDLE) is None
        assert sign_ins.live(desk, "zh1", bytes(32), NOON, IDLE) == other
        assert sign_ins.live(desk, "be1", bytes(32), NOON, IDLE) is None

    @pytest.mark.parametrize("how", ["token", "person", "terminal"])
    def test_ends(self, desk: Connection, how: str) -> None:
        stays = replace(LOOKING, token_hash=bytes(32), person_id="bo", terminal_id="t2")
        sign_ins.put(desk, "zh1", LOOKING)
        sign_ins.put(desk, "zh1", stays)
        if how == "token":
            sign_ins.end(desk, "zh1", TOKEN)
        elif how == "person":
            sign_ins.end_person(desk, "zh1", "ana")
        else:
            sign_ins.end_terminal(desk, "zh1", "t1")
        assert sign_ins.live(desk, "zh1", TOKEN, NOON, IDLE) is None
        assert sign_ins.live(desk, "zh1", bytes(32), NOON, IDLE) == stays
