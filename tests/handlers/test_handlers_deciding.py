"""The one way of every act: spent once, signed as drawn, refused on record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from hat_clinic.domain.entries import entry_of
from hat_clinic.domain.entries.system import ActRefused
from hat_clinic.domain.staff import GrantRole
from hat_clinic.handlers import deciding
from hat_clinic.handlers.acts import MOST_WAIT, SAID, Brought, Drawn, Outcome
from hat_clinic.ledger.dsse import make_envelope, parse_envelope
from hat_clinic.ledger.keys import PublicKey
from hat_clinic.ledger.statement import parse_statement, payload_type
from hat_clinic.projections.staff import PERSONS
from hat_clinic.store.engine import reading
from hat_clinic.store.ledger_rows import envelopes, newest_head
from hat_clinic.vocabulary.errors import BadProof, Clash, NotFound
from hat_clinic.vocabulary.ids import TerminalId
from hat_clinic.vocabulary.terms import Role
from tests.clinic import Clinic, Member


@pytest.fixture
def clinic(engine: Engine) -> Iterator[Clinic]:
    one = Clinic.open(engine)
    yield one
    one.close()


@pytest.fixture
def nia(clinic: Clinic) -> Member:
    return clinic.hire("N-01", Role.NURSE)


def size(clinic: Clinic) -> int:
    with reading(clinic.engine) as connection:
        return newest_head(connection, "zh1")[0]


def refusal(clinic: Clinic, outcome: Outcome) -> ActRefused:
    with reading(clinic.engine) as connection:
        stored = envelopes(connection, "zh1", outcome.first_seq, outcome.first_seq)
    said = parse_statement(parse_envelope(stored[outcome.first_seq]).payload)
    entry = entry_of("act-refused", said.body)
    assert isinstance(entry, ActRefused)
    return entry


def pharmacist(nia: Member) -> GrantRole:
    return GrantRole(nia.person, Role.PHARMACIST)


def drawn(clinic: Clinic, nia: Member, request: str | None = None) -> Drawn:
    found = clinic.draw(clinic.ada, "grant-role", pharmacist(nia), request)
    assert isinstance(found, Drawn)
    return found


def test_what_the_pair_permits_begins_with_the_second(clinic: Clinic, nia: Member) -> None:
    first = drawn(clinic, nia)
    assert clinic.sign(clinic.ada, first).accepted
    person = clinic.state(lambda tx: PERSONS.load(tx, nia.person))
    assert person is not None and person.roles == (Role.NURSE,)
    assert clinic.confirm(clinic.bo, first).accepted
    person = clinic.state(lambda tx: PERSONS.load(tx, nia.person))
    assert person is not None and set(person.roles) == {Role.NURSE, Role.PHARMACIST}


def test_the_same_request_is_shown_the_same_bytes(clinic: Clinic, nia: Member) -> None:
    request = clinic.ids.uuid7()
    assert drawn(clinic, nia, request) == drawn(clinic, nia, request)


def test_a_signed_request_sent_again_gets_the_same_outcome(clinic: Clinic, nia: Member) -> None:
    first = drawn(clinic, nia)
    done = clinic.sign(clinic.ada, first)
    before = size(clinic)
    again = clinic.sign(clinic.ada, first)
    assert (again.accepted, again.first_seq, again.count) == (True, done.first_seq, done.count)
    assert size(clinic) == before


def test_a_spent_request_clashes_with_another_body(clinic: Clinic, nia: Member) -> None:
    request = clinic.ids.uuid7()
    clinic.sign(clinic.ada, drawn(clinic, nia, request))
    with pytest.raises(Clash):
        clinic.draw(clinic.ada, "grant-role", GrantRole(nia.person, Role.AUDITOR), request)


def test_a_waiting_request_clashes_with_another_body(clinic: Clinic, nia: Member) -> None:
    request = clinic.ids.uuid7()
    drawn(clinic, nia, request)
    with pytest.raises(Clash):
        clinic.draw(clinic.ada, "grant-role", GrantRole(nia.person, Role.AUDITOR), request)


def test_refuses_so40_without_the_role_and_puts_it_on_record(clinic: Clinic, nia: Member) -> None:
    outcome = clinic.draw(nia, "grant-role", pharmacist(nia))
    assert isinstance(outcome, Outcome) and outcome.forbidden
    assert [each.rule for each in outcome.findings] == ["SO40"]
    assert refusal(clinic, outcome).rules == ("SO40",)


def test_a_refusal_stays_when_the_reason_has_gone(clinic: Clinic, nia: Member) -> None:
    request = clinic.ids.uuid7()
    first = clinic.draw(nia, "grant-role", pharmacist(nia), request)
    clinic.both("grant-role", GrantRole(nia.person, Role.ADMINISTRATOR))
    clinic.clock.pass_time(minutes=2)
    again = clinic.draw(nia, "grant-role", pharmacist(nia), request)
    assert isinstance(first, Outcome) and isinstance(again, Outcome)
    assert not again.accepted and again.first_seq == first.first_seq


def test_boundary_so42_a_statement_is_good_for_less_than_120_seconds(clinic: Clinic, nia: Member) -> None:
    first = drawn(clinic, nia)
    clinic.clock.shows = first.expires_at - timedelta(microseconds=1)
    assert clinic.sign(clinic.ada, first).accepted


def test_refuses_so42_an_expired_statement(clinic: Clinic, nia: Member) -> None:
    first = drawn(clinic, nia)
    clinic.clock.shows = first.expires_at
    outcome = clinic.sign(clinic.ada, first)
    assert not outcome.accepted
    assert refusal(clinic, outcome).rules == ("SO42",)
    assert not clinic.sign(clinic.ada, first).accepted


def test_refuses_so41_another_terminal(clinic: Clinic, nia: Member) -> None:
    first = drawn(clinic, nia)
    outcome = clinic.sign(clinic.ada, first, terminal=TerminalId("elsewhere"))
    assert outcome.forbidden and refusal(clinic, outcome).rules == ("SO41",)
    assert refusal(clinic, outcome).attempted == parse_statement(first.payload).request
    assert clinic.sign(clinic.ada, first).accepted, "the attempt spent nothing of hers"


def test_refuses_so41_another_person(clinic: Clinic, nia: Member) -> None:
    first = drawn(clinic, nia)
    outcome = clinic.send(clinic.bo, first.statement_id, clinic.envelope(clinic.ada, first))
    assert outcome.forbidden and refusal(clinic, outcome).rules == ("SO41",)
    assert refusal(clinic, outcome).attempted == parse_statement(first.payload).request


def test_a_refusal_of_ones_own_request_names_no_other(clinic: Clinic, nia: Member) -> None:
    outcome = clinic.draw(nia, "grant-role", pharmacist(nia))
    assert isinstance(outcome, Outcome) and refusal(clinic, outcome).attempted is None


def test_refuses_so41_a_spent_request_id_by_somebody_else(clinic: Clinic, nia: Member) -> None:
    request = clinic.ids.uuid7()
    first = drawn(clinic, nia, request)
    clinic.sign(clinic.ada, first)
    outcome = clinic.draw(clinic.bo, "grant-role", pharmacist(nia), request)
    assert isinstance(outcome, Outcome) and outcome.forbidden
    assert refusal(clinic, outcome).rules == ("SO41",)
    again = clinic.send(clinic.bo, first.statement_id, clinic.envelope(clinic.ada, first))
    assert again.forbidden and refusal(clinic, again).rules == ("SO41",)
    assert refusal(clinic, outcome).attempted == refusal(clinic, again).attempted == request


def test_refuses_so43_after_the_shift(clinic: Clinic, nia: Member) -> None:
    clinic.clock.pass_time(hours=12, seconds=-60)
    first = drawn(clinic, nia)
    clinic.clock.pass_time(seconds=60)
    outcome = clinic.sign(clinic.ada, first)
    assert refusal(clinic, outcome).rules == ("SO43",)


def test_somebody_elses_signature_is_no_proof(clinic: Clinic, nia: Member) -> None:
    first, before = drawn(clinic, nia), size(clinic)
    keyid = parse_statement(first.payload).key
    forged = make_envelope(payload_type(first.tag), first.payload, keyid, clinic.bo.key.sign)
    with pytest.raises(BadProof):
        clinic.send(clinic.ada, first.statement_id, forged)
    assert size(clinic) == before
    assert clinic.sign(clinic.ada, first).accepted, "nothing stopped"


def test_a_signature_that_is_good_under_another_key_is_no_proof(clinic: Clinic, nia: Member) -> None:
    first, before = drawn(clinic, nia), size(clinic)
    keyid = parse_statement(first.payload).key
    forged = Brought.read(make_envelope(payload_type(first.tag), first.payload, keyid, clinic.bo.key.sign))
    ada, bo = (PublicKey("ed25519", each.key.public_raw) for each in (clinic.ada, clinic.bo))
    assert forged.tried(ada).signed_by is None and forged.tried(bo).signed_by == bo
    for brought in (forged.tried(ada), forged.tried(bo)):
        with pytest.raises(BadProof, match="does not fit"):
            clinic.send(clinic.ada, first.statement_id, brought)
    assert size(clinic) == before
    good = Brought.read(clinic.envelope(clinic.ada, first)).tried(ada)
    assert good.signed_by == ada and clinic.send(clinic.ada, first.statement_id, good).accepted


def test_a_command_is_read_from_its_text_where_it_was_not_drawn(clinic: Clinic, nia: Member) -> None:
    first = drawn(clinic, nia)
    for number in range(MOST_WAIT + 1):  # as many others, so that nothing of it is remembered
        deciding.DRAWN.put(str(number), ("", None))
        SAID.put(b"%d" % number, parse_statement(first.payload))
    assert SAID.get(first.payload) is None
    assert clinic.sign(clinic.ada, first).accepted


def test_altered_bytes_are_no_proof(clinic: Clinic, nia: Member) -> None:
    first, before = drawn(clinic, nia), size(clinic)
    altered = first.payload.replace(b'"pharmacist"', b'"prescriber"')
    keyid = parse_statement(first.payload).key
    forged = make_envelope(payload_type(first.tag), altered, keyid, clinic.ada.key.sign)
    with pytest.raises(BadProof, match="drawn"):
        clinic.send(clinic.ada, first.statement_id, forged)
    assert size(clinic) == before


def test_another_type_over_the_same_bytes_is_no_proof(clinic: Clinic, nia: Member) -> None:
    first = drawn(clinic, nia)
    keyid = parse_statement(first.payload).key
    forged = make_envelope(payload_type("role-revoked"), first.payload, keyid, clinic.ada.key.sign)
    with pytest.raises(BadProof, match="drawn"):
        clinic.send(clinic.ada, first.statement_id, forged)


def test_a_statement_nobody_drew_is_not_found(clinic: Clinic, nia: Member) -> None:
    first = drawn(clinic, nia)
    with pytest.raises(NotFound):
        clinic.send(clinic.ada, clinic.ids.uuid7(), clinic.envelope(clinic.ada, first))
