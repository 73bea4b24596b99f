"""Enrolment through the one way of every act, on both engines, and how an identity is opened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, func, select

from hat_clinic.domain.entries.patients import Identifier, PatientEnrolled
from hat_clinic.handlers import patients
from hat_clinic.handlers.patients import find_by_identifier, find_by_name, open_identities
from hat_clinic.ledger.dsse import parse_envelope
from hat_clinic.ledger.leaf import envelope_hash
from hat_clinic.ledger.statement import parse_statement
from hat_clinic.projections.patients import PATIENTS
from hat_clinic.store import sealed
from hat_clinic.store.schema import PROJECTION_TABLES, envelope, patient_index, patient_key
from hat_clinic.vocabulary.errors import LedgerBroken, NotFound
from hat_clinic.vocabulary.ids import PatientId
from hat_clinic.vocabulary.terms import Role
from tests.clinic import Clinic, Member
from tests.handlers.enrolling import FAMILY, enrolled, enrolment, identity, rules


@pytest.fixture
def clinic(engine: Engine) -> Iterator[Clinic]:
    one = Clinic.open(engine, patients.ACTS)
    yield one
    one.close()


@pytest.fixture
def nia(clinic: Clinic) -> Member:
    return clinic.hire("N-01", Role.NURSE)


def counts(clinic: Clinic) -> tuple[int, int]:
    """Patients' keys, and rows of the blind index."""

    def read(table: object) -> int:
        count = select(func.count()).select_from(table)  # type: ignore[arg-type]
        return clinic.state(lambda tx: tx.conn.execute(count).scalar_one())

    return read(patient_key), read(patient_index)


def test_an_identity_is_read_from_the_envelope_the_ledger_committed_to(clinic: Clinic, nia: Member) -> None:
    patient = enrolled(clinic, nia)
    state, found = clinic.state(lambda tx: PATIENTS.load(tx, patient)), identity(clinic, patient)
    assert state is not None
    assert found.enrolled == PatientEnrolled(
        patient, FAMILY, "Ana", date(1980, 2, 29), (Identifier("nhs-number", "9434765919"),)
    )
    assert found.rec == envelope_hash(found.envelope) == state.identity_rec
    assert not found.test_data
    assert parse_statement(parse_envelope(found.envelope).payload).person == nia.person


def test_no_name_and_no_number_stands_in_any_table_in_clear(clinic: Clinic, nia: Member) -> None:
    enrolled(clinic, nia)
    for table in PROJECTION_TABLES:
        texts = clinic.state(lambda tx, table=table: list(tx.conn.execute(select(table.c.state)).scalars()))
        assert not [text for text in texts if FAMILY in text or "9434765919" in text]
    for raw in clinic.state(lambda tx: list(tx.conn.execute(select(envelope.c.bytes)).scalars())):
        payload = parse_envelope(bytes(raw)).payload.decode()
        assert FAMILY not in payload and "9434765919" not in payload


def test_marks_a_number_from_the_range_for_tests(clinic: Clinic, nia: Member) -> None:
    command = enrolment(clinic, Identifier("nhs-number", "9990000018"))
    assert clinic.do(nia, "enrol-patient", command).accepted
    assert identity(clinic, command.patient).test_data


def test_refuses_AD01_the_same_number_in_another_spelling(clinic: Clinic, nia: Member) -> None:
    enrolled(clinic, nia)
    before = counts(clinic)
    again = enrolment(clinic, Identifier("NHS No.", "9434765919"), family="Somebody")
    assert rules(clinic.do(nia, "enrol-patient", again)) == ["AD01"]
    assert counts(clinic) == before
    assert clinic.state(lambda tx: PATIENTS.load(tx, again.patient)) is None


def test_allows_the_same_value_of_another_system(clinic: Clinic, nia: Member) -> None:
    enrolled(clinic, nia)
    other = enrolment(clinic, Identifier("ahv", "9434765919"))
    assert clinic.do(nia, "enrol-patient", other).accepted


def test_refuses_AD02_the_same_patient_twice(clinic: Clinic, nia: Member) -> None:
    command = enrolment(clinic)
    assert clinic.do(nia, "enrol-patient", command).accepted
    assert rules(clinic.do(nia, "enrol-patient", command)) == ["AD02"]


def test_boundary_AD06_born_today_by_the_clock_of_the_site(clinic: Clinic, nia: Member) -> None:
    clinic.clock.shows = clinic.clock.shows.replace(hour=23, minute=30)
    in_zurich = clinic.clock.shows.date() + timedelta(days=1)
    command = replace(enrolment(clinic), born=in_zurich)
    assert clinic.do(nia, "enrol-patient", command).accepted
    late = replace(enrolment(clinic, Identifier("ahv", "1")), born=in_zurich + timedelta(days=1))
    assert rules(clinic.do(nia, "enrol-patient", late)) == ["AD06"]


def test_administrators_enrol_nobody(clinic: Clinic) -> None:
    assert rules(clinic.do(clinic.ada, "enrol-patient", enrolment(clinic))) == ["SO40"]
    assert counts(clinic) == (0, 0)


def test_a_patient_is_found_by_number_and_by_name_however_it_is_typed(clinic: Clinic, nia: Member) -> None:
    patient = enrolled(clinic, nia)
    for typed in ("9434765919", "943 476 5919"):
        number = Identifier("nhs-number", typed)
        assert clinic.state(lambda tx, n=number: find_by_identifier(tx, clinic.keys, n)) == (patient,)
    for typed in ("MULLERIN", "müllerin", "Mu\u0308llerin"):
        assert clinic.state(lambda tx, t=typed: find_by_name(tx, clinic.keys, t)) == (patient,)
    for typed in ("Ana", "Muller", "", "-"):
        assert clinic.state(lambda tx, t=typed: find_by_name(tx, clinic.keys, t)) == ()


def test_many_identities_are_opened_in_the_order_asked_for(clinic: Clinic, nia: Member) -> None:
    ids = []
    for number in range(3):
        command = enrolment(clinic, Identifier("ahv", str(number)), given=f"Ana{number}")
        assert clinic.do(nia, "enrol-patient", command).accepted
        ids.append(command.patient)
    ids.reverse()
    states = [clinic.state(lambda tx, one=one: PATIENTS.load(tx, one)) for one in ids]
    opened = clinic.state(lambda tx: open_identities(tx, clinic.keys, [one for one in states if one]))
    assert [each.enrolled.given for each in opened] == ["Ana2", "Ana1", "Ana0"]


def test_an_unknown_and_a_shredded_patient_are_not_found(clinic: Clinic, nia: Member) -> None:
    patient = enrolled(clinic, nia)
    with pytest.raises(NotFound, match="no such patient"):
        identity(clinic, PatientId("nobody"))
    clinic.in_one(lambda tx: sealed.shred(tx.conn, patient))
    with pytest.raises(NotFound, match="erased"):
        identity(clinic, patient)


def test_an_identity_that_is_not_the_one_on_record_is_never_shown(clinic: Clinic, nia: Member) -> None:
    ana, ben = enrolled(clinic, nia), enrolment(clinic, Identifier("ahv", "1"))
    assert clinic.do(nia, "enrol-patient", ben).accepted
    states = {one: clinic.state(lambda tx, one=one: PATIENTS.load(tx, one)) for one in (ana, ben.patient)}
    right, other = states[ana], states[ben.patient]
    assert right is not None and other is not None
    for wrong in (replace(right, identity_rec=bytes(32)), replace(other, patient=ana)):
        with pytest.raises(LedgerBroken):
            clinic.state(lambda tx, wrong=wrong: open_identities(tx, clinic.keys, (wrong,)))
