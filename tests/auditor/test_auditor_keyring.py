"""Keys are learnt from the log: the founders' first, then granted ones, until revoked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from hat_clinic.auditor.keyring import StaffKeyring
from hat_clinic.domain.entries import SIGNERS, Entry, Signer, body_of, tag_of
from hat_clinic.domain.entries.incidents import IncidentClosed, IncidentOpened
from hat_clinic.domain.entries.staff import (
    KeyGranted,
    KeyRevoked,
    PersonAppointed,
)
from hat_clinic.domain.entries.system import ActConfirmed, Founder, LedgerOpened
from hat_clinic.ledger.audit import AuditResult, audit
from hat_clinic.ledger.dsse import parse_envelope
from hat_clinic.ledger.statement import MACHINE as MACHINE_KEY
from hat_clinic.ledger.statement import payload_hash
from hat_clinic.vocabulary.errors import BadProof, LedgerBroken
from hat_clinic.vocabulary.ids import IncidentId, KeyId, PersonId, SiteId
from hat_clinic.vocabulary.terms import IncidentFinding, RevocationReason
from tests.ledger.ledger_hands import HEAD, Hand
from tests.ledger.memory_log import MACHINE, MemoryLog

ANA, BO, CARA, DAN = Hand("ana"), Hand("bo"), Hand("cara"), Hand("dan")
CLOSED = IncidentClosed(IncidentId("i"), IncidentFinding.EXPLAINED)
OPENED_BY_MACHINE = IncidentOpened(IncidentId("i"), ("CD01",))


def founder(hand: Hand) -> Founder:
    key = hand.public.key_id
    return Founder(PersonId(hand.name), hand.name, hand.name.title(), key, "ed25519", hand.raw)


OPENED = LedgerOpened(
    SiteId("zh1"), "Clinic", "Europe/Zurich", 240, "ed25519", HEAD.raw, "ed25519", MACHINE.raw,
    (founder(ANA), founder(BO)), True,
)  # fmt: skip


class StaffLog(MemoryLog):
    """A log whose entries are the real ones."""

    def says(self, hand: Hand, entry: Entry, *, signer: Hand | None = None, **changes: Any) -> bytes:
        row, tag = SIGNERS[type(entry)], tag_of(type(entry))
        by_machine = row.signer is Signer.MACHINE
        given: dict[str, Any] = {"meaning": str(row.meaning), "body": body_of(entry)}
        if by_machine:
            given["key"] = MACHINE_KEY
        said = self.statement(hand, **{**given, **changes})
        self.add(tag, hand, statement=said, signer=signer or (MACHINE if by_machine else hand))
        return payload_hash(said.payload())

    def confirms(self, hand: Hand, names: bytes, tag: str, **changes: Any) -> None:
        self.says(hand, ActConfirmed(names, tag), **changes)

    def grants(self, entry: Entry, first: Hand = ANA, second: Hand = BO) -> None:
        self.confirms(second, self.says(first, entry), tag_of(type(entry)))


def opened() -> StaffLog:
    log = StaffLog()
    log.grants(OPENED)
    return log


def key_of(hand: Hand) -> KeyGranted:
    return KeyGranted(PersonId(hand.name), hand.public.key_id, "ed25519", hand.raw)


def appointed(hand: Hand) -> PersonAppointed:
    return PersonAppointed(PersonId(hand.name), hand.name, hand.name.title(), ())


def with_cara() -> StaffLog:
    log = opened()
    log.grants(appointed(CARA))
    log.grants(key_of(CARA))
    return log


def audited(log: StaffLog, keyring: StaffKeyring | None = None) -> AuditResult:
    log.sign_head()
    walk = audit(log, keyring or StaffKeyring(), HEAD.vkey(), ())
    while True:
        try:
            next(walk)
        except StopIteration as stop:
            result: AuditResult = stop.value
            return result


def refused_at(log: StaffLog, seq: int, words: str) -> None:
    with pytest.raises(LedgerBroken, match=words) as broken:
        audited(log)
    assert broken.value.seq == seq


def test_founders_machine_and_granted_keys_speak() -> None:
    log, keyring = with_cara(), StaffKeyring()
    log.says(CARA, CLOSED)
    log.says(CARA, OPENED_BY_MACHINE)
    assert audited(log, keyring).size == 8
    assert keyring.disputed() == ()


# --- how a log begins -------------------------------------------------------------------


def test_refuses_a_log_that_is_not_opened_first() -> None:
    log = StaffLog()
    log.says(ANA, CLOSED)
    refused_at(log, 0, "opened once")


def test_refuses_a_log_opened_twice() -> None:
    log = opened()
    log.says(ANA, OPENED)
    refused_at(log, 2, "opened once")


@pytest.mark.parametrize("founders", [(founder(ANA),), (founder(ANA), founder(ANA))])
def test_refuses_a_log_of_one_founder(founders: tuple[Founder, ...]) -> None:
    log = StaffLog()
    log.says(ANA, replace(OPENED, founders=founders))
    refused_at(log, 0, "two people")


def test_refuses_a_founders_key_under_another_name() -> None:
    renamed = replace(founder(BO), key=KeyId("00"))
    log = StaffLog()
    log.says(ANA, replace(OPENED, founders=(founder(ANA), renamed)))
    refused_at(log, 0, "not the name of the key")


def test_refuses_a_log_opened_by_a_stranger() -> None:
    log = StaffLog()
    log.says(CARA, OPENED)
    refused_at(log, 0, "one of the founders")


def test_refuses_anything_before_the_second_founder() -> None:
    log = StaffLog()
    log.says(ANA, OPENED)
    log.says(ANA, appointed(CARA))
    refused_at(log, 1, "second founder")


def test_refuses_the_first_founder_as_the_second() -> None:
    log = StaffLog()
    log.confirms(ANA, log.says(ANA, OPENED), "ledger-opened")
    refused_at(log, 1, "second founder")


def test_refuses_a_second_founder_who_confirms_something_else() -> None:
    log = StaffLog()
    log.says(ANA, OPENED)
    log.confirms(BO, b"?" * 32, "ledger-opened")
    refused_at(log, 1, "something else")


# --- who speaks -------------------------------------------------------------------------


def test_refuses_a_machine_that_signs_what_a_person_must() -> None:
    log = opened()
    log.says(ANA, CLOSED, key=MACHINE_KEY, signer=MACHINE)
    refused_at(log, 2, "a person, not the machine")


def test_refuses_a_person_who_signs_what_the_machine_does() -> None:
    log = opened()
    log.says(ANA, OPENED_BY_MACHINE, key=ANA.public.key_id, signer=ANA)
    refused_at(log, 2, "is signed by the machine")


def test_refuses_a_machine_key_nobody_opened_the_log_with() -> None:
    log = opened()
    log.says(ANA, OPENED_BY_MACHINE, signer=Hand("another machine"))
    refused_at(log, 2, "does not fit")


def test_refuses_one_persons_key_in_anothers_name() -> None:
    log = opened()
    log.says(ANA, CLOSED, person="bo")
    refused_at(log, 2, "bo has no key")


def test_refuses_a_tag_nobody_knows() -> None:
    log = opened()
    log.add("dose-doubled", ANA)
    refused_at(log, 2, "no kind of entry")


def test_refuses_a_body_that_is_not_of_its_kind() -> None:
    log = opened()
    log.says(ANA, key_of(CARA), body={"person": "cara"})
    refused_at(log, 2, "missing")


# --- from when until when ---------------------------------------------------------------


def test_boundary_a_key_does_not_speak_before_its_confirmation() -> None:
    log = opened()
    log.grants(appointed(CARA))
    log.says(ANA, key_of(CARA))
    log.says(CARA, CLOSED)
    refused_at(log, 5, "cara has no key")


def test_boundary_a_key_signs_its_own_revocation_and_nothing_after() -> None:
    log, keyring = with_cara(), StaffKeyring()
    log.says(CARA, CLOSED)
    log.says(CARA, KeyRevoked(PersonId("cara"), CARA.public.key_id, RevocationReason.LOST, 6))
    assert audited(log, keyring).size == 8
    assert [(key.person, key.disputed_from, key.until) for key in keyring.disputed()] == [("cara", 6, 8)]
    log.says(CARA, CLOSED)
    refused_at(log, 8, "only from entry 6 on to 7")


Act = Callable[[StaffLog], None]


def _key_twice(log: StaffLog) -> None:
    log.says(ANA, key_of(CARA))


def _key_waits_twice(log: StaffLog) -> None:
    first, second = log.says(ANA, key_of(DAN)), log.says(ANA, replace(key_of(DAN), person=PersonId("cara")))
    log.confirms(BO, first, "key-granted")
    log.confirms(BO, second, "key-granted")


def _key_of_another_name(log: StaffLog) -> None:
    log.says(ANA, replace(key_of(DAN), key=CARA.public.key_id[::-1]))


def _key_that_signs_anything(log: StaffLog) -> None:
    log.says(ANA, replace(key_of(DAN), public=bytes(32)))


def _revoke_nothing(log: StaffLog) -> None:
    log.says(ANA, KeyRevoked(PersonId("bo"), CARA.public.key_id, RevocationReason.OTHER))


def _revoke_twice(log: StaffLog) -> None:
    for hand in (ANA, BO):
        log.says(hand, KeyRevoked(PersonId("cara"), CARA.public.key_id, RevocationReason.LOST))


@pytest.mark.parametrize(
    "act, seq, words",
    [
        (_key_twice, 6, "granted before"),
        (_key_waits_twice, 9, "granted before"),
        (_key_of_another_name, 6, "not the name"),
        (_key_that_signs_anything, 6, "small order"),
        (_revoke_nothing, 6, "could be revoked"),
        (_revoke_twice, 7, "could be revoked"),
    ],
)
def test_refuses_keys_that_are_none_or_had_their_life(act: Act, seq: int, words: str) -> None:
    log = with_cara()
    act(log)
    refused_at(log, seq, words)


def test_the_machine_does_not_speak_before_the_log_is_open() -> None:
    keyring, log = StaffKeyring(), StaffLog()
    said = log.statement(ANA, key=MACHINE_KEY, meaning="attributed")
    with pytest.raises(BadProof, match="named the machine key"):
        keyring.key_for(2, "incident-opened", said)


def test_an_entry_about_something_else_teaches_no_key() -> None:
    keyring, log = StaffKeyring(), opened()
    log.says(ANA, CLOSED)
    envelope = log.envelopes[2]
    assert isinstance(envelope, bytes)
    keyring.learn(2, "incident-closed", log.statement(ANA), parse_envelope(envelope))
    with pytest.raises(BadProof, match="has no key"):
        keyring.key_for(3, "incident-closed", log.statement(ANA))
