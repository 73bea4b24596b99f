"""Whoever holds every key still cannot make one person two, or give a role without a second."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hat_clinic.domain.entries.register import PageClosed
from hat_clinic.domain.entries.staff import KeyGranted, PersonAppointed, Registration, RoleGranted
from hat_clinic.domain.entries.system import (
    ActConfirmed,
    ActRefused,
    LedgerOpened,
)
from hat_clinic.domain.entries.terminals import TerminalEnrolled, TerminalRevoked
from hat_clinic.vocabulary.ids import KeyId, PageId, TerminalId
from hat_clinic.vocabulary.terms import RevocationReason, Role
from tests.auditor.forged_entries import Forger, require_caught
from tests.clinic import Member
from tests.handlers.dosing import Ward, mg


def grant(who: Member, role: Role = Role.PHARMACIST) -> RoleGranted:
    return RoleGranted(who.person, role)


def test_one_person_cannot_be_two(ward: Ward, forger: Forger) -> None:
    ada = ward.clinic.ada
    _, first = forger.append(ada, grant(ward.nia))
    seq, _ = forger.append(ada, ActConfirmed(first, "role-granted"))
    require_caught(forger, seq, "SO20")


def test_nobody_confirms_what_they_gain_by(ward: Ward, forger: Forger) -> None:
    clinic = ward.clinic
    _, first = forger.append(clinic.ada, grant(clinic.bo))
    seq, _ = forger.append(clinic.bo, ActConfirmed(first, "role-granted"))
    require_caught(forger, seq, "SO24")


def test_a_second_person_needs_the_role(ward: Ward, forger: Forger) -> None:
    _, first = forger.append(ward.clinic.ada, grant(ward.nia))
    seq, _ = forger.append(ward.noa, ActConfirmed(first, "role-granted"))
    require_caught(forger, seq, "SO21")


def test_nobody_grants_without_the_role(ward: Ward, forger: Forger) -> None:
    seq, _ = forger.append(ward.nia, grant(ward.noa))
    require_caught(forger, seq, "no role that may make a role-granted")


def test_what_was_never_said_cannot_be_confirmed(ward: Ward, forger: Forger) -> None:
    seq, _ = forger.append(ward.clinic.ada, ActConfirmed(bytes(32), "role-granted"))
    require_caught(forger, seq, "does not wait")


def test_a_statement_is_confirmed_once(ward: Ward, forger: Forger) -> None:
    clinic = ward.clinic
    _, first = forger.append(clinic.ada, grant(ward.nia))
    forger.append(clinic.bo, ActConfirmed(first, "role-granted"))
    seq, _ = forger.append(clinic.bo, ActConfirmed(first, "role-granted"))
    require_caught(forger, seq, "does not wait")


def test_a_statement_is_confirmed_as_what_it_is(ward: Ward, forger: Forger) -> None:
    _, first = forger.append(ward.clinic.ada, grant(ward.nia))
    seq, _ = forger.append(ward.clinic.bo, ActConfirmed(first, "key-granted"))
    require_caught(forger, seq, "does not wait")


def test_the_machine_cannot_sign_for_a_person(ward: Ward, forger: Forger) -> None:
    seq, _ = forger.append(ward.clinic.ada, grant(ward.nia), by_machine=True)
    require_caught(forger, seq, "signed by a person")


def test_a_person_cannot_sign_for_the_machine(ward: Ward, forger: Forger) -> None:
    refused = ActRefused("permit-dose", ("AD20",))
    seq, _ = forger.append(ward.nia, refused, by_machine=False, outcome="refused")
    require_caught(forger, seq, "signed by the machine")


def test_a_key_that_nobody_was_granted_signs_nothing(ward: Ward, forger: Forger) -> None:
    stranger = replace(ward.nia, key=ward.noa.key)
    seq, _ = forger.append(stranger, PageClosed(PageId("diaphin-iv/1"), 0, mg(0)))
    require_caught(forger, seq, "has no key")


def test_a_key_granted_by_one_person_signs_nothing(ward: Ward, forger: Forger) -> None:
    clinic = ward.clinic
    new = clinic._member("X-01")
    granted = KeyGranted(ward.nia.person, KeyId(new.key.key_id), "ed25519", new.key.public_raw)
    forger.append(clinic.ada, granted)
    seq, _ = forger.append(replace(ward.nia, key=new.key), PageClosed(PageId("diaphin-iv/1"), 0, mg(0)))
    require_caught(forger, seq, "has no key")


def test_somebody_who_does_not_work_here_does_nothing(ward: Ward, forger: Forger) -> None:
    stranger = replace(ward.nia, person=ward.clinic.ids.uuid7())
    seq, _ = forger.append(stranger, ActRefused("permit-dose", ("AD20",)), outcome="refused")
    require_caught(forger, seq, "did not work here")


def test_a_terminal_nobody_enrolled_is_no_place_to_act(ward: Ward, forger: Forger) -> None:
    terminal = TerminalId("0190a000-0000-7000-8000-00000000dead")
    seq, _ = forger.append(ward.clinic.ada, grant(ward.nia), terminal=terminal)
    require_caught(forger, seq, "was not enrolled")


def test_a_revoked_terminal_is_no_place_to_act(ward: Ward, forger: Forger) -> None:
    clinic, terminal = ward.clinic, TerminalId(ward.clinic.ids.uuid7())
    _, first = forger.append(clinic.ada, TerminalEnrolled(terminal, "second", bytes(32)))
    forger.append(clinic.bo, ActConfirmed(first, "terminal-enrolled"))
    forger.append(clinic.ada, grant(ward.noa), terminal=terminal)
    forger.append(clinic.ada, TerminalRevoked(terminal, RevocationReason.LOST))
    seq, _ = forger.append(clinic.ada, grant(ward.nia), terminal=terminal)
    require_caught(forger, seq, "had been revoked")


def test_a_signature_means_what_its_kind_of_entry_means(ward: Ward, forger: Forger) -> None:
    seq, _ = forger.append(ward.clinic.ada, grant(ward.nia), meaning="confirmed")
    require_caught(forger, seq, "signed as 'confirmed'")


def test_a_log_is_opened_once(ward: Ward, forger: Forger) -> None:
    clinic = ward.clinic
    opened = clinic._founding().opened
    assert isinstance(opened, LedgerOpened)
    seq, _ = forger.append(clinic.ada, opened)
    require_caught(forger, seq, "opened once")


def test_a_refusal_is_kept_as_one(ward: Ward, forger: Forger) -> None:
    seq, _ = forger.append(ward.nia, ActRefused("permit-dose", ("AD20",)), outcome="accepted")
    require_caught(forger, seq, "kept otherwise")


def test_an_appointment_is_no_appointment_until_confirmed(ward: Ward, forger: Forger) -> None:
    new = ward.clinic._member("X-01")
    appointed = PersonAppointed(new.person, "X-01", "X Invented", ())
    forger.append(ward.clinic.ada, appointed)
    seq, _ = forger.append(new, ActRefused("permit-dose", ("AD20",)), outcome="refused")
    require_caught(forger, seq, "did not work here")


def test_nobody_signs_a_grant_to_themself(ward: Ward, forger: Forger) -> None:
    ada = ward.clinic.ada
    seq, _ = forger.append(ada, RoleGranted(ada.person, Role.PHARMACIST))
    require_caught(forger, seq, "to whoever signed it")


def test_nobody_who_does_not_work_here_is_granted_anything(ward: Ward, forger: Forger) -> None:
    stranger = ward.clinic._member("X-01")
    _, names = forger.append(ward.clinic.ada, RoleGranted(stranger.person, Role.PHARMACIST))
    seq, _ = forger.append(ward.clinic.bo, ActConfirmed(names, "role-granted"))
    require_caught(forger, seq, "does not work here")


@pytest.mark.parametrize(("code", "rule"), [("X-01", "SO28"), ("n-01", "SO26")])
def test_nobody_works_here_under_two_names(ward: Ward, forger: Forger, code: str, rule: str) -> None:
    clinic = ward.clinic
    clinic.hire("P-01", Role.PHARMACIST, registration=Registration("GPhC", "1234567"))
    again = PersonAppointed(clinic._member(code).person, code, "X", (Registration("G.Ph.C.", "1234567"),))
    _, names = forger.append(clinic.ada, again)
    seq, _ = forger.append(clinic.bo, ActConfirmed(names, "person-appointed"))
    require_caught(forger, seq, rule)
