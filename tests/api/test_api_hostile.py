"""Wrong people, wrong keys, wrong places, wrong times: over raw HTTP, each refused and on record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import Engine

from hat_clinic.domain.entries.prescriptions import Step
from hat_clinic.domain.entries.staff import Registration
from hat_clinic.domain.prescriptions import SignPrescription
from hat_clinic.domain.staff import GrantKey
from hat_clinic.security.signing import SigningKey
from hat_clinic.vocabulary.ids import PrescriptionId
from hat_clinic.vocabulary.quantities import Expression
from hat_clinic.vocabulary.terms import Role, Route
from tests.api.raw_hands import ACCEPTED, FORBIDDEN, REFUSED, Hands, hands, mass, named, signed
from tests.clinic import Member
from tests.handlers.dosing import DIAPHIN, mg


def appointment(by_hand: Hands, code: str, body: str, number: str) -> dict[str, Any]:
    person = by_hand.ward.clinic.ids.uuid7()
    registrations = [{"body": body, "number": number}]
    return {"person": person, "staff_code": code, "name": "Invented", "registrations": registrations}


@pytest.fixture
def by_hand(engine: Engine) -> Iterator[Hands]:
    with hands(engine) as one:
        yield one


# --- the reading --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"reading": mass(16)},
        {"reading": mass(150)},
        {"reading": mass(15, Expression.BASE)},
        {"container_ending": "zzzz"},
    ],
)
def test_a_wrong_reading_kills_the_preparation(by_hand: Hands, wrong: dict[str, Any]) -> None:
    """It is on record as it was signed; nothing follows it but the way to the waste."""
    ward, reading = by_hand.ward, by_hand.prepared()
    answer = by_hand.both(ward.noa, "verify-dose", reading | wrong)
    assert answer.status_code == ACCEPTED, answer.text
    seq = answer.json()["first_seq"]
    assert by_hand.entry(seq)[0] == "dose-mismatched"
    assert by_hand.entry(seq + 1) == ("incident-opened", by_hand.entry(seq + 1)[1])
    assert by_hand.entry(seq + 1)[1]["rules"] == ["SO08"]
    again = by_hand.post(ward.noa, "verify-dose/statement", reading)
    by_hand.refused(again, "verify-dose", "SO05")
    handed = by_hand.post(ward.nia, "hand-over-dose", {"dose": reading["dose"]})
    assert "AD40" in [each["rule"] for each in handed.json()["findings"]]
    assert handed.status_code == REFUSED


def test_a_reading_beside_another_patient_is_refused(by_hand: Hands) -> None:
    reading = by_hand.prepared() | {"identity": "A" * 43 + "="}
    answer = by_hand.post(by_hand.ward.noa, "verify-dose/statement", reading)
    by_hand.refused(answer, "verify-dose", "SO07")


# --- the second person --------------------------------------------------------------------


def test_nobody_verifies_their_own_dose(by_hand: Hands) -> None:
    reading = by_hand.prepared()
    answer = by_hand.post(by_hand.ward.nia, "verify-dose/statement", reading)
    by_hand.refused(answer, "verify-dose", "SO01")


def test_nor_with_a_second_key_at_another_terminal(by_hand: Hands) -> None:
    ward = by_hand.ward
    other = Member(ward.nia.person, "N-01", SigningKey.from_seed(sha256(b"second").digest()))
    key = GrantKey(other.person, other.key.key_id, "ed25519", other.key.public_raw)
    ward.clinic.both("grant-key", key)
    reading, elsewhere = by_hand.prepared(), by_hand.enrol()
    ward.clinic.clock_in(other, elsewhere)
    answer = by_hand.post(other, "verify-dose/statement", reading, terminal=elsewhere)
    by_hand.refused(answer, "verify-dose", "SO01")


@pytest.mark.parametrize(
    "first, again",
    [
        (("NMC", "12A3456B"), ("NMC", "12A3456B")),
        (("NMC", "12A3456B"), (" nmc ", "12A3456B")),
        (("GMC", "1234567"), ("gmc", "C1234567")),
        (("MedReg", "7601-000.123 456"), ("MEDREG", "7601000123456")),
        (("MedReg", "7601000123456"), ("Med-Reg", "７６０１000123456")),
    ],
)
def test_one_person_gets_no_second_account(
    by_hand: Hands, first: tuple[str, str], again: tuple[str, str]
) -> None:
    """However the body or the number is spelled: it is the same registration."""
    clinic = by_hand.ward.clinic
    clinic.hire("N-03", Role.NURSE, registration=Registration(*first))
    answer = by_hand.post(clinic.ada, "appoint-person/statement", appointment(by_hand, "N-04", *again))
    by_hand.refused(answer, "appoint-person", "SO28")


def test_nor_by_two_appointments_that_wait_at_once(by_hand: Hands) -> None:
    clinic = by_hand.ward.clinic
    waiting = [
        by_hand.draw(clinic.ada, "appoint-person", appointment(by_hand, code, "NMC", "12A3456B"))
        for code in ("N-03", "N-04")
    ]
    for statement in waiting:
        assert by_hand.sign(clinic.ada, statement).status_code == ACCEPTED
    first, second = ({"names": named(each), "names_tag": "person-appointed"} for each in waiting)
    assert by_hand.both(clinic.bo, "confirm-act", first).status_code == ACCEPTED
    answer = by_hand.post(clinic.bo, "confirm-act/statement", second)
    by_hand.refused(answer, "confirm-act", "SO28")


def test_the_prescriber_does_not_verify(by_hand: Hands) -> None:
    reading = by_hand.prepared()
    answer = by_hand.post(by_hand.ward.dan, "verify-dose/statement", reading)
    by_hand.refused(answer, "verify-dose", "SO02")


# --- the key ------------------------------------------------------------------------------


def test_a_revoked_key_signs_nothing_not_even_what_was_drawn_before(by_hand: Hands) -> None:
    ward = by_hand.ward
    reading = by_hand.prepared()
    waiting = by_hand.draw(ward.noa, "verify-dose", reading)
    revoked = {"person": ward.noa.person, "key": ward.noa.key.key_id, "reason": "lost"}
    assert by_hand.both(ward.clinic.ada, "revoke-key", revoked).status_code == ACCEPTED
    assert by_hand.sign(ward.noa, waiting).status_code == 401
    by_hand.tokens.clear()  # and if she found a way to sign in again
    by_hand.refused(by_hand.sign(ward.noa, waiting), "verify-dose", "SO43")
    answer = by_hand.post(ward.noa, "verify-dose/statement", reading)
    by_hand.refused(answer, "verify-dose", "SO43")


@pytest.mark.parametrize("whose", ["performer", "verifier"])
def test_nothing_is_handed_over_on_a_signature_whose_key_was_revoked_since(
    by_hand: Hands, whose: str
) -> None:
    ward = by_hand.ward
    reading = by_hand.prepared()
    assert by_hand.both(ward.noa, "verify-dose", reading).status_code == ACCEPTED
    lost, left = (ward.nia, ward.noa) if whose == "performer" else (ward.noa, ward.nia)
    revoked = {"person": lost.person, "key": lost.key.key_id, "reason": "lost"}
    assert by_hand.both(ward.clinic.ada, "revoke-key", revoked).status_code == ACCEPTED
    handed = by_hand.post(left, "hand-over-dose", {"dose": reading["dose"]})
    by_hand.refused(handed, "hand-over-dose", "SO13")


def test_a_key_of_somebody_clocked_out_signs_nothing(by_hand: Hands) -> None:
    ward = by_hand.ward
    waiting = by_hand.draw(ward.noa, "verify-dose", by_hand.prepared())
    gone = by_hand.house.http.delete("/v1/sites/zh1/clock-ins/current", headers=by_hand.at(ward.noa))
    assert gone.status_code == 204
    assert by_hand.sign(ward.noa, waiting).status_code == 401
    by_hand.tokens.clear()
    by_hand.refused(by_hand.sign(ward.noa, waiting), "verify-dose", "SO43")


# --- the place ----------------------------------------------------------------------------


def test_another_terminal_cannot_sign_what_was_shown_here(by_hand: Hands) -> None:
    ward, elsewhere = by_hand.ward, by_hand.enrol()
    waiting = by_hand.draw(ward.noa, "verify-dose", by_hand.prepared())
    ward.clinic.clock_in(ward.noa, elsewhere)
    answer = by_hand.sign(ward.noa, waiting, elsewhere)
    by_hand.refused(answer, "verify-dose", "SO41", status=FORBIDDEN)
    assert by_hand.sign(ward.noa, waiting).status_code == ACCEPTED


def test_another_terminal_cannot_prepare_on_a_permit_of_this_one(by_hand: Hands) -> None:
    ward, elsewhere = by_hand.ward, by_hand.enrol()
    dose = by_hand.permitted()
    ward.clinic.clock_in(ward.nia, elsewhere)
    answer = by_hand.post(ward.nia, "prepare-dose/statement", {"dose": dose}, terminal=elsewhere)
    by_hand.refused(answer, "prepare-dose", "AD37")


def test_a_token_opens_nothing_at_another_terminal(by_hand: Hands) -> None:
    ward, elsewhere = by_hand.ward, by_hand.enrol()
    here = by_hand.at(ward.nia)
    headers = here | {"Hat-Terminal": f"{elsewhere}.{by_hand.terminals[elsewhere]}"}
    size = by_hand.house.size()
    answer = by_hand.house.http.get("/v1/sites/zh1/entries", headers=headers)
    assert (answer.status_code, by_hand.house.size()) == (401, size)


# --- the time -----------------------------------------------------------------------------


@pytest.mark.parametrize("seconds, rules", [(119, []), (120, ["SO42"]), (3600, ["SO42"])])
def test_a_statement_is_signed_within_two_minutes(by_hand: Hands, seconds: int, rules: list[str]) -> None:
    ward = by_hand.ward
    waiting = by_hand.draw(ward.nia, "prepare-dose", {"dose": by_hand.permitted()})
    by_hand.later(ward.nia, seconds=seconds)
    answer = by_hand.sign(ward.nia, waiting)
    if rules:
        by_hand.refused(answer, "prepare-dose", *rules)
        assert by_hand.sign(ward.nia, waiting).status_code == REFUSED
    else:
        assert answer.status_code == ACCEPTED


def test_refused_at_0929_and_resent_at_0931_stays_refused(by_hand: Hands) -> None:
    """The half hour after the dose of nine o'clock is over by then; the request is not."""
    ward = by_hand.ward
    clinic, ward.prescription = ward.clinic, PrescriptionId(ward.clinic.ids.uuid7())
    by_hand.later(ward.nia, ward.noa, ward.dan, hours=20)
    now = clinic.clock.now()
    assert (now + timedelta(hours=1)).strftime("%H:%M") == "09:00"  # in Zurich, in November
    step = Step(now, now + timedelta(hours=8), mg(15), 30, mg(60))
    command = SignPrescription(ward.prescription, ward.patient, DIAPHIN.product, Route.INTRAVENOUS, (step,))
    assert clinic.signed(ward.dan, "sign-prescription", command).accepted
    by_hand.given()
    by_hand.later(ward.nia, ward.noa, minutes=29)
    request, body = clinic.ids.uuid7(), by_hand.permit_body()
    first = by_hand.post(ward.nia, "permit-dose", body, request)
    by_hand.refused(first, "permit-dose", "AD28", "AD29")
    size = by_hand.house.size()
    by_hand.later(ward.nia, ward.noa, minutes=2)
    again = by_hand.post(ward.nia, "permit-dose", body, request)
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (REFUSED, "true")
    assert again.json()["entries"] == first.json()["entries"]
    assert by_hand.house.size() == size
    assert by_hand.post(ward.nia, "permit-dose", body).status_code == ACCEPTED


# --- somebody else's ----------------------------------------------------------------------


def test_a_request_id_sent_again_by_another_person(by_hand: Hands) -> None:
    ward, request = by_hand.ward, by_hand.ward.clinic.ids.uuid7()
    body = by_hand.permit_body()
    mine = by_hand.post(ward.nia, "permit-dose", body, request)
    assert mine.status_code == ACCEPTED
    theirs = by_hand.post(ward.noa, "permit-dose", body, request)
    problem = by_hand.refused(theirs, "permit-dose", "SO41", status=FORBIDDEN)
    assert problem["first_seq"] != mine.json()["first_seq"]
    again = by_hand.post(ward.nia, "permit-dose", body, request)
    assert again.json()["entries"] == mine.json()["entries"]


def test_a_statement_waiting_for_another_person(by_hand: Hands) -> None:
    ward, request = by_hand.ward, by_hand.ward.clinic.ids.uuid7()
    body = {"dose": by_hand.permitted()}
    waiting = by_hand.draw(ward.nia, "prepare-dose", body, request=request)
    asked = by_hand.post(ward.noa, "prepare-dose/statement", body, request)
    by_hand.refused(asked, "prepare-dose", "SO41", status=FORBIDDEN)
    done = by_hand.post(ward.noa, "hand-over-dose", body, request)
    by_hand.refused(done, "hand-over-dose", "SO41", status=FORBIDDEN)
    for envelope in (signed(ward.nia, waiting), signed(ward.noa, waiting)):
        answer = by_hand.send(ward.noa, waiting, envelope)
        by_hand.refused(answer, "prepare-dose", "SO41", status=FORBIDDEN)
    assert by_hand.sign(ward.nia, waiting).status_code == ACCEPTED


def test_a_signature_sent_again_by_another_person(by_hand: Hands) -> None:
    ward = by_hand.ward
    statement = by_hand.draw(ward.nia, "prepare-dose", {"dose": by_hand.permitted()})
    mine = by_hand.sign(ward.nia, statement)
    assert mine.status_code == ACCEPTED
    theirs = by_hand.send(ward.noa, statement, signed(ward.nia, statement))
    by_hand.refused(theirs, "prepare-dose", "SO41", status=FORBIDDEN)
    again = by_hand.sign(ward.nia, statement)
    assert (again.status_code, again.json()["entries"]) == (ACCEPTED, mine.json()["entries"])
