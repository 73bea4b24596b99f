"""People, roles, keys and licences: given by two, taken by one, never to oneself."""

from __future__ import annotations

from datetime import date

import pytest

from hat_clinic.domain import codec
from hat_clinic.domain.entries import Recorded
from hat_clinic.domain.entries.staff import (
    KeyGranted,
    KeyRevoked,
    LicenceRecorded,
    PersonAppointed,
    Registration,
    RoleGranted,
    RoleRevoked,
)
from hat_clinic.domain.staff import (
    AppointPerson,
    GrantKey,
    GrantRole,
    Key,
    Licence,
    Person,
    RecordLicence,
    RevokeKey,
    RevokeRole,
    assess_appoint,
    assess_grant_key,
    assess_grant_role,
    assess_record_licence,
    assess_revoke_key,
    assess_revoke_role,
    changes,
    decide_appoint,
    decide_grant_key,
    decide_grant_role,
    decide_record_licence,
    decide_revoke_key,
    evolve_key,
    evolve_person,
    founding,
)
from hat_clinic.vocabulary.errors import Finding, Refused, Rejected
from hat_clinic.vocabulary.ids import KeyId, PersonId
from hat_clinic.vocabulary.terms import RevocationReason, Role
from tests.domain.entries_in_order import ANA, BO, CARA, OPENED, InOrder, key_of, public_of

LEFT, LOST = RevocationReason.LEFT, RevocationReason.LOST
GMC = Registration("GMC", "1234567")
ANA_HERE = Person(ANA, "P-01", "Ana", (GMC,), (Role.ADMINISTRATOR, Role.NURSE), ())
CARA_HERE = Person(CARA, "P-03", "Cara", (), (Role.NURSE,), ())
CARAS_KEY = Key(key_of(CARA), CARA, "ed25519", public_of(CARA), since=7)
KEY_OF_CARA = GrantKey(CARA, key_of(CARA), "ed25519", public_of(CARA))
TWO = frozenset({ANA, BO})
FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)


def appoint(code: str = "P-03", *registrations: Registration, person: PersonId = CARA) -> AppointPerson:
    return AppointPerson(person, code, "Cara", registrations)


def rules(findings: tuple[Finding, ...]) -> list[str]:
    return [each.rule for each in findings]


# --- appointing -------------------------------------------------------------------------


def test_allows_an_appointment() -> None:
    command = appoint("P-03", Registration("NMC", "71A2998E"))
    assert decide_appoint([ANA_HERE], ANA, command) == (
        PersonAppointed(CARA, "P-03", "Cara", command.registrations),
    )


@pytest.mark.parametrize("code", ["P-01", "p-01"])
def test_refuses_so26_a_staff_code_that_was_ever_given(code: str) -> None:
    assert rules(assess_appoint([ANA_HERE], BO, appoint(code))) == ["SO26"]


@pytest.mark.parametrize(
    "body, number",
    [("GMC", "1234567"), ("GMC", "C1234567"), ("gmc", "7654321"), ("NMC", "71A2998E"),
     ("GPhC", "2033467"), ("HCPC", "PH123456"), ("Swiss medical register", "x")],
)  # fmt: skip
def test_boundary_so27_numbers_in_their_bodys_form(body: str, number: str) -> None:
    assert assess_appoint([], BO, appoint("P-03", Registration(body, number))) == ()


@pytest.mark.parametrize(
    "body, number",
    [("GMC", "123456"), ("GMC", "12345678"), ("GMC", "CC234567"), ("GMC", "١٢٣٤٥٦٧"), ("GMC", "1234567\n"),
     ("NMC", "71A2998"), ("NMC", "71a2998e"), ("NMC", "7102998E"), ("GPhC", "203346"),
     ("GPhC", "C033467"), ("HCPC", "P123456"), ("HCPC", "PH12345"), (" nmc ", "1")],
)  # fmt: skip
def test_refuses_so27_numbers_their_body_does_not_issue(body: str, number: str) -> None:
    (finding,) = assess_appoint([], BO, appoint("P-03", Registration(body, number)))
    assert finding.rule == "SO27" and "FHIR guide" in finding.source


@pytest.mark.parametrize("body, number", [("GMC", "1234567"), ("gmc ", "C1234567")])
def test_refuses_so28_a_second_account_for_the_same_registration(body: str, number: str) -> None:
    found = assess_appoint([ANA_HERE], BO, appoint("P-03", Registration(body, number)))
    assert rules(found) == ["SO28"]
    assert "P-01" in found[0].words


def test_refuses_so28_however_a_free_number_is_spaced() -> None:
    known = Person(BO, "P-02", "Bo", (Registration("MedReg", "ch 123"),), (), ())
    assert rules(assess_appoint([known], ANA, appoint("P-03", Registration("MEDREG", "CH123")))) == ["SO28"]


def test_allows_the_same_number_of_another_body() -> None:
    assert assess_appoint([ANA_HERE], BO, appoint("P-03", Registration("GPhC", "1234567"))) == ()


def test_refuses_so29_a_second_appointment() -> None:
    assert rules(assess_appoint([CARA_HERE], BO, appoint("P-99"))) == ["SO29"]


def test_refuses_an_appointment_for_every_reason_at_once() -> None:
    known = [ANA_HERE, CARA_HERE]
    command = appoint("P-01", GMC, Registration("NMC", "1"))
    with pytest.raises(Refused) as refusal:
        decide_appoint(known, CARA, command)
    assert rules(refusal.value.findings) == ["SO25", "SO26", "SO27", "SO28", "SO29"]


@pytest.mark.parametrize(
    "command, field",
    [
        (appoint(""), "staff_code"),
        (appoint("P 03"), "staff_code"),
        (appoint("P" * 17), "staff_code"),
        (AppointPerson(CARA, "P-03", " ", ()), "name"),
        (appoint("P-03", Registration("", "1")), "registrations/0/body"),
        (appoint("P-03", Registration("MedReg", " ")), "registrations/0/number"),
    ],
)
def test_rejects_what_nobody_is_called(command: AppointPerson, field: str) -> None:
    with pytest.raises(Rejected) as rejection:
        decide_appoint([], ANA, command)
    assert rejection.value.field == field


# --- roles, keys, licences --------------------------------------------------------------


def test_allows_roles_keys_and_licences() -> None:
    licence = RecordLicence(CARA, "HO-1", "diamorphine", FIRST, FIRST)
    assert decide_grant_role(CARA_HERE, ANA, GrantRole(CARA, Role.PRESCRIBER)) == (
        RoleGranted(CARA, Role.PRESCRIBER),
    )
    assert decide_grant_key(CARA_HERE, None, ANA, KEY_OF_CARA) == (
        KeyGranted(CARA, key_of(CARA), "ed25519", public_of(CARA)),
    )
    assert decide_record_licence(CARA_HERE, ANA, licence) == (
        LicenceRecorded(CARA, "HO-1", "diamorphine", FIRST, FIRST),
    )


def test_refuses_so25_anything_granted_to_oneself() -> None:
    licence = RecordLicence(CARA, "HO-1", "diamorphine", FIRST, LAST)
    assert rules(assess_grant_role(CARA_HERE, CARA, GrantRole(CARA, Role.PHARMACIST))) == ["SO25"]
    assert rules(assess_grant_key(CARA_HERE, None, CARA, KEY_OF_CARA)) == ["SO25"]
    assert rules(assess_record_licence(CARA_HERE, CARA, licence)) == ["SO25"]


def test_refuses_so30_anything_about_a_stranger() -> None:
    licence = RecordLicence(CARA, "HO-1", "diamorphine", FIRST, LAST)
    assert rules(assess_grant_role(None, ANA, GrantRole(CARA, Role.NURSE))) == ["SO30"]
    assert rules(assess_grant_key(None, None, ANA, KEY_OF_CARA)) == ["SO30"]
    assert rules(assess_record_licence(None, ANA, licence)) == ["SO30"]
    assert rules(assess_revoke_role(None, RevokeRole(CARA, Role.NURSE, LEFT), TWO)) == ["SO30"]


def test_refuses_so31_a_role_held_already_or_not_held() -> None:
    assert rules(assess_grant_role(CARA_HERE, ANA, GrantRole(CARA, Role.NURSE))) == ["SO31"]
    assert rules(assess_revoke_role(CARA_HERE, RevokeRole(CARA, Role.AUDITOR, LEFT), TWO)) == ["SO31"]


def test_refuses_so32_a_key_granted_before() -> None:
    gone = Key(key_of(CARA), BO, "ed25519", public_of(CARA), since=3, until=5)
    assert rules(assess_grant_key(CARA_HERE, gone, ANA, KEY_OF_CARA)) == ["SO32"]


def test_refuses_so33_a_key_that_is_not_theirs_or_gone() -> None:
    command = RevokeKey(CARA, key_of(CARA), LOST)
    gone = Key(key_of(CARA), CARA, "ed25519", public_of(CARA), since=3, until=5)
    assert rules(assess_revoke_key(None, (), command, TWO)) == ["SO33"]
    assert rules(assess_revoke_key(gone, (), command, TWO)) == ["SO33"]
    assert rules(assess_revoke_key(CARAS_KEY, (), RevokeKey(BO, key_of(CARA), LOST), TWO)) == ["SO33"]


def test_rejects_a_key_under_another_name() -> None:
    with pytest.raises(Rejected):
        decide_grant_key(CARA_HERE, None, ANA, GrantKey(CARA, KeyId("k"), "ed25519", public_of(CARA)))


def test_rejects_what_lacks_words_or_cannot_be() -> None:
    for field, decide in (
        (
            "disputed_from",
            lambda: decide_revoke_key(CARAS_KEY, (), 9, RevokeKey(CARA, key_of(CARA), LOST, 10), TWO),
        ),
        (
            "valid_to",
            lambda: decide_record_licence(CARA_HERE, ANA, RecordLicence(CARA, "1", "d", LAST, FIRST)),
        ),
        ("number", lambda: decide_record_licence(CARA_HERE, ANA, RecordLicence(CARA, "", "d", FIRST, LAST))),
        ("drug", lambda: decide_record_licence(CARA_HERE, ANA, RecordLicence(CARA, "1", "", FIRST, LAST))),
    ):
        with pytest.raises(Rejected) as rejection:
            decide()
        assert rejection.value.field == field


# --- folding ----------------------------------------------------------------------------


def after(log: InOrder, person: PersonId) -> Person | None:
    state: Person | None = None
    for one in log.recorded:
        if person in changes(one).persons:
            state = evolve_person(state, one)
    return state


def key_after(log: InOrder, key: KeyId) -> Key | None:
    state: Key | None = None
    for one in log.recorded:
        if key in changes(one).keys:
            state = evolve_key(state, one)
    return state


def granted(log: InOrder, *entries: PersonAppointed | RoleGranted | KeyGranted | LicenceRecorded) -> Recorded:
    for entry in entries:
        last = log.confirms(BO, log.says(ANA, entry))
    return last


def test_founders_are_administrators_once_both_have_signed() -> None:
    log = InOrder()
    first = log.says(ANA, OPENED)
    assert founding(first) == ()
    pairs = founding(log.confirms(BO, first))
    assert [person.person for person, _ in pairs] == [ANA, BO]
    assert all(person.roles == (Role.ADMINISTRATOR,) for person, _ in pairs)
    assert all(key.good_at(0) and key.good_at(1) and key.until is None for _, key in pairs)


def test_nothing_granted_counts_before_it_is_confirmed() -> None:
    log = InOrder()
    log.says(ANA, PersonAppointed(CARA, "P-03", "Cara", ()))
    log.says(ANA, RoleGranted(CARA, Role.NURSE))
    log.says(ANA, KeyGranted(CARA, key_of(CARA), "ed25519", public_of(CARA)))
    assert after(log, CARA) is None and key_after(log, key_of(CARA)) is None


def test_a_person_grows_and_shrinks() -> None:
    log = InOrder()
    licence = LicenceRecorded(CARA, "HO-1", "diamorphine", FIRST, LAST)
    roles = (RoleGranted(CARA, Role.NURSE), RoleGranted(CARA, Role.PRESCRIBER))
    granted(log, PersonAppointed(CARA, "P-03", "Cara", (GMC,)), *roles, licence)
    log.says(BO, RoleRevoked(CARA, Role.NURSE, LEFT))
    person = after(log, CARA)
    assert person == Person(
        CARA, "P-03", "Cara", (GMC,), (Role.PRESCRIBER,), (Licence("HO-1", "diamorphine", FIRST, LAST),)
    )
    assert codec.decode(Person, codec.encode(person)) == person


def test_boundary_a_key_speaks_after_its_confirmation_and_for_its_own_revocation() -> None:
    log = InOrder()
    confirmed = granted(log, KeyGranted(CARA, key_of(CARA), "ed25519", public_of(CARA))).seq
    revoked = log.says(CARA, KeyRevoked(CARA, key_of(CARA), LOST, 1)).seq
    log.says(BO, KeyRevoked(CARA, key_of(CARA), RevocationReason.OTHER, 0))
    key = key_after(log, key_of(CARA))
    assert key is not None and key.disputed_from == 1
    assert [seq for seq in range(9) if key.good_at(seq)] == list(range(confirmed + 1, revoked + 1))
    assert codec.decode(Key, codec.encode(key)) == key
