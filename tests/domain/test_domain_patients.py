"""Enrolment: who may become a patient, under which numbers, and what the fold keeps of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from hat_clinic.domain import codec
from hat_clinic.domain.entries import Recorded, SealedEntry
from hat_clinic.domain.entries.patients import Identifier, PatientEnrolled
from hat_clinic.domain.entries.system import SignInFailures
from hat_clinic.domain.patients import (
    EnrolPatient,
    Patient,
    assess_enrolment,
    decide_enrolment,
    evolve_patient,
    is_test_number,
)
from hat_clinic.vocabulary.errors import Refused
from hat_clinic.vocabulary.ids import PatientId, TerminalId

TODAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ANA, BEN = PatientId("ana"), PatientId("ben")
ENROL = EnrolPatient(ANA, "Müller", "Ana", date(1980, 2, 29), (Identifier("nhs-number", "9434765919"),))
KNOWN = Patient(ANA, 7, b"\x07" * 32)


def rules(command: EnrolPatient, known: Patient | None = None, same: tuple[PatientId, ...] = ()) -> list[str]:
    return [finding.rule for finding in assess_enrolment(known, same, command, TODAY)]


def numbered(*identifiers: tuple[str, str]) -> EnrolPatient:
    return replace(ENROL, identifiers=tuple(Identifier(*each) for each in identifiers))


def recorded(entry: SealedEntry | SignInFailures, seq: int = 7) -> Recorded:
    rec = bytes([seq]) * 32
    return Recorded(seq, NOON, "x", "r", "bo", "machine", "t1", b"\x01" * 32, rec, entry)


def test_allows_an_enrolment() -> None:
    assert decide_enrolment(None, (), ENROL, TODAY) == (
        PatientEnrolled(ANA, "Müller", "Ana", date(1980, 2, 29), (Identifier("nhs-number", "9434765919"),)),
    )


def test_allows_a_patient_without_any_number() -> None:
    assert rules(numbered()) == []


@pytest.mark.parametrize("number", ["9434765919", "4010232137", "9876543210", "943 476 5919", "943-476-5919"])
def test_allows_nhs_numbers_that_check(number: str) -> None:
    assert rules(numbered(("nhs-number", number))) == []


@pytest.mark.parametrize(
    "number",
    [
        "9434765918",  # the check digit is wrong
        "9876543130",  # its nine digits give a check digit of 10, so it was never issued
        "9999999999",  # checks, and is no number
        "0000000000",
        "0000000019",  # checks, in a range never issued
        "943476591",
        "94347659190",
        "943476591X",
        "٩٤٣٤٧٦٥٩١٩",  # digits, but not ours
        "",
    ],
)
def test_refuses_AD03_what_is_no_nhs_number(number: str) -> None:
    assert "AD03" in rules(numbered(("nhs-number", number)))


@pytest.mark.parametrize("last", "0123456789")
def test_boundary_AD03_one_check_digit_at_most(last: str) -> None:
    assert ("AD03" in rules(numbered(("nhs-number", "943476591" + last)))) == (last != "9")
    assert rules(numbered(("nhs-number", "987654313" + last))) == ["AD03"]


@pytest.mark.parametrize(
    "system", ["NHS number", "nhs_number", "NHS no.", "https://fhir.nhs.uk/Id/nhs-number"]
)
def test_refuses_AD03_under_every_spelling_of_the_system(system: str) -> None:
    assert rules(numbered((system, "1234567890"))) == ["AD03"]


def test_an_nhs_number_is_kept_in_one_spelling() -> None:
    (entry,) = decide_enrolment(None, (), numbered(("NHS No", "943 476 5919")), TODAY)
    assert entry.identifiers == (Identifier("nhs-number", "9434765919"),)


def test_allows_and_marks_the_range_for_tests() -> None:
    command = numbered(("nhs-number", "999 000 0018"))
    assert rules(command) == []
    assert is_test_number(command.identifiers[0])


def test_marks_no_other_number() -> None:
    others = numbered(("nhs-number", "9434765919"), ("ahv", "9990000018")).identifiers
    assert not any(is_test_number(each) for each in others)


def test_allows_any_number_of_another_system() -> None:
    assert rules(numbered(("ahv", "756.9217.0769.85"), ("hegebe", "Ü-12"))) == []


@pytest.mark.parametrize(
    "system, value",
    [("", "12"), ("ahv", ""), ("ahv", " 12"), ("ahv", "-"), (" ", "12"), ("ahv", "u\u0308")],
)
def test_refuses_AD04_an_identifier_without_text(system: str, value: str) -> None:
    assert rules(numbered((system, value))) == ["AD04"]


def test_refuses_AD04_two_of_one_system() -> None:
    assert rules(numbered(("ahv", "12"), ("AHV", "13"))) == ["AD04"]


@pytest.mark.parametrize("name", ["", " ", " Ana", "Ana ", "-", "Mu\u0308ller"])
def test_refuses_AD05_a_name_that_is_none(name: str) -> None:
    assert rules(replace(ENROL, family=name)) == ["AD05"]
    assert rules(replace(ENROL, given=name)) == ["AD05"]


def test_boundary_AD06_born_today_and_not_tomorrow() -> None:
    assert rules(replace(ENROL, born=TODAY)) == []
    assert rules(replace(ENROL, born=TODAY + timedelta(days=1))) == ["AD06"]


def test_refuses_AD01_a_number_of_somebody_enrolled() -> None:
    assert rules(ENROL, same=(BEN,)) == ["AD01"]


def test_refuses_AD02_a_patient_enrolled_twice() -> None:
    assert rules(ENROL, known=KNOWN, same=(ANA,)) == ["AD02"]


def test_refuses_with_every_reason_at_once() -> None:
    command = EnrolPatient(
        ANA, "", "Ana", TODAY + timedelta(days=1), (Identifier("nhs-number", "1"), Identifier("ahv", ""))
    )
    with pytest.raises(Refused) as refused:
        decide_enrolment(KNOWN, (BEN,), command, TODAY)
    found = [finding.rule for finding in refused.value.findings]
    assert found == ["AD01", "AD02", "AD03", "AD04", "AD05", "AD06"]


def test_every_finding_names_its_source() -> None:
    command = replace(ENROL, family="", born=TODAY + timedelta(days=1))
    assert all(finding.source for finding in assess_enrolment(KNOWN, (BEN,), command, TODAY))


def test_the_fold_keeps_the_place_of_the_identity_and_nothing_else() -> None:
    state = evolve_patient(None, recorded(SealedEntry("patient-enrolled", ANA)))
    assert state == KNOWN
    assert codec.decode(Patient, codec.encode(state)) == state
    assert codec.encode(state).keys() == {"patient", "identity_seq", "identity_rec"}


def test_the_fold_passes_over_what_is_no_identity() -> None:
    for entry in (SealedEntry("patient-assessed", ANA), SignInFailures("bo", TerminalId("t1"), NOON, 3)):
        assert evolve_patient(KNOWN, recorded(entry, 9)) == KNOWN
        assert evolve_patient(None, recorded(entry, 9)) is None
