"""What lies on the desk: statements, challenges, credentials, terminals, throttles."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, select

from hat_clinic.security.signing import KdfParams
from hat_clinic.security.slow_hash import slow_hash
from hat_clinic.store import (
    challenges,
    credentials,
    patient_index,
    requests,
    statements,
    terminal_secrets,
    throttles,
)
from hat_clinic.store.challenges import Challenge
from hat_clinic.store.credentials import Credential
from hat_clinic.store.requests import RequestStamp, SpentRequest
from hat_clinic.store.schema import statement
from hat_clinic.store.statements import OpenStatement
from hat_clinic.store.throttles import UNKNOWN_TERMINAL, Bucket, FailureWindow

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
TICK = timedelta(microseconds=1)


def opened(statement_id: str, request_id: str = "r", ends: datetime = NOON) -> OpenStatement:
    return OpenStatement(statement_id, request_id, "ana", "t1", "dose-prepared", b"{}", "{}", ends)


def decided(request_id: str) -> SpentRequest:
    return SpentRequest(RequestStamp(request_id, "ana", "t1", bytes(32)), "accepted", 0, 1)


class TestStatements:
    def test_a_statement_waits_until_its_request_is_decided(self, desk: Connection) -> None:
        statements.put(desk, "zh1", opened("s"))
        assert statements.get(desk, "zh1", "s") == opened("s")
        assert statements.get(desk, "be1", "s") is None
        for site, request_id in (("be1", "r"), ("zh1", "another")):
            requests.spend(desk, site, [decided(request_id)])
            assert statements.get(desk, "zh1", "s") == opened("s")
            assert statements.of_person(desk, "zh1", "ana") == (opened("s"),)
        requests.spend(desk, "zh1", [decided("r")])
        assert statements.get(desk, "zh1", "s") is None
        assert statements.of_person(desk, "zh1", "ana") == ()

    def test_boundary_of_its_time(self) -> None:
        assert not opened("s").expired(NOON - TICK)
        assert opened("s").expired(NOON)

    def test_a_repeated_request_finds_its_statements(self, desk: Connection) -> None:
        for one in (opened("b"), opened("a"), opened("c", "other")):
            statements.put(desk, "zh1", one)
        assert statements.of_request(desk, "zh1", "r") == (opened("a"), opened("b"))

    def test_decided_ones_are_old_and_others_after_their_time(self, desk: Connection) -> None:
        later = NOON + TICK
        for one in (opened("ended"), opened("waits", ends=later), opened("signed", "spent", later)):
            statements.put(desk, "zh1", one)
        requests.spend(desk, "zh1", [decided("spent")])

        def old(long_ago: datetime, ended: datetime, tag: str, most: int = 9, site: str = "zh1") -> list[str]:
            return sorted(statements.old(desk, site, long_ago, ended, [tag], most))

        early = NOON - TICK
        assert old(early, early, "another") == ["signed"]
        assert old(early, NOON, "another") == ["ended", "signed"]
        assert old(early, NOON, "dose-prepared") == ["signed"], "this tag is kept longer"
        assert old(NOON, NOON, "dose-prepared") == ["ended", "signed"]
        assert len(old(NOON, NOON, "another", most=1)) == 1
        assert old(NOON, NOON, "another", site="be1") == []

    def test_what_ended_is_told_the_newest_first(self, desk: Connection) -> None:
        for one in (opened("a"), opened("b", ends=NOON + TICK), opened("c", ends=NOON + 2 * TICK)):
            statements.put(desk, "zh1", one)
        found = [each.statement_id for each in statements.ended(desk, "zh1", NOON + TICK, ["dose-prepared"])]
        assert found == ["b", "a"]
        assert not list(statements.ended(desk, "zh1", NOON + TICK, ["another"]))

    def test_dropped_ones_are_gone(self, desk: Connection) -> None:
        for one in (opened("a"), opened("b")):
            statements.put(desk, "zh1", one)
        statements.drop(desk, "zh1", [])
        statements.drop(desk, "be1", ["a"])
        statements.drop(desk, "zh1", ["a"])
        assert desk.execute(select(statement.c.statement_id)).scalars().all() == ["b"]


class TestChallenges:
    def test_a_challenge_is_taken_once(self, desk: Connection) -> None:
        asked = Challenge(b"n" * 32, "ana", "t1", NOON)
        challenges.put(desk, "zh1", asked)
        assert challenges.take(desk, "be1", asked.nonce) is None
        assert challenges.take(desk, "zh1", asked.nonce) == asked
        assert challenges.take(desk, "zh1", asked.nonce) is None
        challenges.put(desk, "zh1", asked)
        assert challenges.drop_expired(desk, "zh1", NOON - TICK) == 0
        assert challenges.drop_expired(desk, "zh1", NOON) == 1


HERE = Bucket("ana", "t1")


class TestThrottles:
    @pytest.mark.parametrize(
        "failures, seconds", [(0, 0), (5, 0), (6, 2), (7, 4), (14, 512), (15, 900), (16, 900), (10_000, 900)]
    )
    def test_five_are_free_then_it_doubles(self, failures: int, seconds: int) -> None:
        assert throttles.wait_after(failures) == timedelta(seconds=seconds)

    def fail(self, desk: Connection, times: int, bucket: Bucket = HERE, at: datetime = NOON) -> None:
        for _ in range(times):
            throttles.note_failure(desk, "zh1", bucket, at)

    def test_boundary_of_the_wait(self, desk: Connection) -> None:
        assert throttles.wait(desk, "zh1", HERE, NOON) == timedelta(0)
        self.fail(desk, 5)
        assert throttles.wait(desk, "zh1", HERE, NOON) == timedelta(0)
        assert throttles.note_failure(desk, "zh1", HERE, NOON) == 6
        assert throttles.wait(desk, "zh1", HERE, NOON) == 2 * SECOND
        assert throttles.wait(desk, "zh1", HERE, NOON + 2 * SECOND - TICK) == TICK
        assert throttles.wait(desk, "zh1", HERE, NOON + 2 * SECOND) == timedelta(0)

    def test_a_stranger_elsewhere_locks_nobody_out(self, desk: Connection) -> None:
        self.fail(desk, 30, Bucket("ana", "t2"))
        self.fail(desk, 30, UNKNOWN_TERMINAL)
        assert throttles.wait(desk, "zh1", HERE, NOON) == timedelta(0)
        assert throttles.wait(desk, "be1", UNKNOWN_TERMINAL, NOON) == timedelta(0)
        assert throttles.wait(desk, "zh1", UNKNOWN_TERMINAL, NOON) == 15 * MINUTE

    def test_signing_in_clears(self, desk: Connection) -> None:
        self.fail(desk, 9)
        throttles.clear(desk, "zh1", HERE)
        assert throttles.wait(desk, "zh1", HERE, NOON) == timedelta(0)
        assert throttles.note_failure(desk, "zh1", HERE, NOON) == 1

    def test_a_clock_set_back_locks_nobody_out_for_longer(self, desk: Connection) -> None:
        self.fail(desk, 7, at=NOON + timedelta(days=3650))
        assert throttles.wait(desk, "zh1", HERE, NOON) == 4 * SECOND

    def test_windows_are_handed_out_once_after_they_ended(self, desk: Connection) -> None:
        self.fail(desk, 3, at=NOON + 14 * MINUTE)
        self.fail(desk, 2, at=NOON + 15 * MINUTE)
        self.fail(desk, 1, UNKNOWN_TERMINAL, at=NOON)
        throttles.clear(desk, "zh1", HERE)
        assert throttles.take_windows(desk, "zh1", NOON + 15 * MINUTE - TICK) == ()
        assert throttles.take_windows(desk, "be1", NOON + 60 * MINUTE) == ()
        ended = (FailureWindow(UNKNOWN_TERMINAL, NOON, 1), FailureWindow(HERE, NOON, 3))
        assert throttles.take_windows(desk, "zh1", NOON + 15 * MINUTE) == ended
        later = (FailureWindow(HERE, NOON + 15 * MINUTE, 2),)
        assert throttles.take_windows(desk, "zh1", NOON + 60 * MINUTE) == later
        assert throttles.take_windows(desk, "zh1", NOON + 60 * MINUTE) == ()


class TestCredentials:
    def test_put_get_and_drop(self, desk: Connection) -> None:
        auth = slow_hash(bytes(32), bytes(16))
        first = Credential("ana", "k1", bytes(16), KdfParams(65536, 3, 1), auth, b"c2", NOON)
        newer = replace(first, key_id="k2", box=b"other", since=NOON + TICK)
        credentials.put(desk, first)
        credentials.put(desk, newer)
        assert credentials.get(desk, "ana", "k1") == first
        assert credentials.of_person(desk, "ana") == (newer, first)
        assert credentials.of_person(desk, "bo") == ()
        credentials.put(desk, replace(first, box=b"new"))
        credentials.drop(desk, "ana", "k2")
        assert credentials.of_person(desk, "ana") == (replace(first, box=b"new"),)
        assert repr(auth.digest) not in repr(first)


class TestTerminalSecrets:
    def test_put_get_and_drop(self, desk: Connection) -> None:
        assert terminal_secrets.get(desk, "zh1", "t1") is None
        terminal_secrets.put(desk, "zh1", "t1", b"\1" * 32)
        terminal_secrets.put(desk, "zh1", "t1", bytes(32))
        assert terminal_secrets.get(desk, "zh1", "t1") == bytes(32)
        assert terminal_secrets.get(desk, "be1", "t1") is None
        terminal_secrets.drop(desk, "zh1", "t1")
        assert terminal_secrets.get(desk, "zh1", "t1") is None


class TestPatientIndex:
    def test_put_find_and_drop(self, desk: Connection) -> None:
        patient_index.put(desk, "zh1", "p1", {"surname": b"s", "insurance": b"1"})
        patient_index.put(desk, "zh1", "p2", {"surname": b"s"})
        assert patient_index.find(desk, "zh1", "surname", b"s") == ("p1", "p2")
        assert patient_index.find(desk, "zh1", "insurance", b"1") == ("p1",)
        assert patient_index.find(desk, "zh1", "insurance", b"s") == ()
        assert patient_index.find(desk, "be1", "surname", b"s") == ()
        patient_index.put(desk, "zh1", "p1", {"surname": b"married"})
        assert patient_index.find(desk, "zh1", "surname", b"s") == ("p2",)
        assert patient_index.find(desk, "zh1", "insurance", b"1") == ()
        patient_index.drop(desk, "zh1", "p2")
        assert patient_index.find(desk, "zh1", "surname", b"s") == ()
