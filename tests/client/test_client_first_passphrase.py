"""A new person chooses a passphrase at the terminal, once, for a key that two people granted."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import Engine

from hat_clinic.client.first_passphrase import keep_first_passphrase
from hat_clinic.ledger.canonical import b64
from hat_clinic.vocabulary.errors import BadProof, Clash, Rejected
from hat_clinic.vocabulary.terms import Role
from tests.api.served import seed_of
from tests.client.at_work import PIN, AtWork, at_work
from tests.clinic import Member

PHRASE = "chosen by nia alone"


@pytest.fixture
def work(engine: Engine, tmp_path: Path) -> Iterator[AtWork]:
    with at_work(engine, tmp_path) as one:
        yield one


@pytest.fixture
def nia(work: AtWork) -> Member:
    return work.house.clinic.hire("N-01", Role.NURSE)


def keep(work: AtWork, one: Member, seed: bytes, phrase: str = PHRASE) -> None:
    at = work.terminal
    random = work.house.clinic.ids.random
    keep_first_passphrase(at.http, at.origin, at.enrolment.terminal, one.person, seed, phrase, random)


def test_the_person_clocks_in_with_it(work: AtWork, nia: Member) -> None:
    keep(work, nia, seed_of(nia))
    assert work.terminal.clock_in("N-01", PHRASE, PIN, PIN).key == nia.key.key_id


def test_neither_seed_nor_passphrase_is_sent(work: AtWork, nia: Member) -> None:
    sent: list[bytes] = []
    work.network.before = lambda request: sent.append(request.read())
    keep(work, nia, seed_of(nia))
    secrets = (PHRASE.encode(), seed_of(nia), b64(seed_of(nia)).encode())
    assert sent and not any(secret in body for body in sent for secret in secrets)


def test_refuses_a_key_that_nobody_granted(work: AtWork, nia: Member) -> None:
    with pytest.raises(BadProof, match="not granted"):
        keep(work, nia, sha256(b"another").digest())


def test_refuses_another_passphrase_for_the_same_key(work: AtWork, nia: Member) -> None:
    keep(work, nia, seed_of(nia))
    with pytest.raises(Clash, match="already"):
        keep(work, nia, seed_of(nia), "chosen by somebody else")


def test_refuses_a_short_passphrase_before_anything_is_sent(work: AtWork, nia: Member) -> None:
    asked = len(work.network.asked)
    with pytest.raises(Rejected, match="15 to 128"):
        keep(work, nia, seed_of(nia), "short")
    assert len(work.network.asked) == asked
