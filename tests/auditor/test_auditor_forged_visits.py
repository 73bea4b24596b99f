"""A changed server with the true keys: visits, who is fit, and members of staff who are patients."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hat_clinic.domain.entries.doses import DoseHandedOver, DosePermitted, GivenVerified
from hat_clinic.domain.entries.visits import (
    FitnessStated,
    IdentityChecked,
    PatientArrived,
    PatientAssessed,
    PatientLeft,
)
from hat_clinic.vocabulary.ids import DoseId, VisitId
from hat_clinic.vocabulary.terms import Consciousness, Role
from tests.auditor.forged_doses import preparation, relied_on
from tests.auditor.forged_entries import Forger, require_caught
from tests.handlers.dosing import Ward


def permit(ward: Ward, visit: VisitId | None = None) -> DosePermitted:
    told, until = ward.asking(), ward.clinic.clock.now() + timedelta(minutes=15)
    at = visit or told.visit
    return DosePermitted(
        told.dose, told.patient, at, told.prescription, told.product, told.mass, told.draws, until
    )


def assess(ward: Ward, forger: Forger, *, fit: bool, beside: bytes | None = None) -> int:
    """An assessment and its conclusion; the number of the conclusion."""
    drawn = ward.clinic.ids.random(32)
    found = PatientAssessed(ward.visit, ward.patient, Consciousness.ALERT, commitment=drawn)
    stated = FitnessStated(ward.visit, ward.patient, beside or drawn, fit)
    return forger.append(ward.nia, found, stated, patient=ward.patient)[0] + 1


def leave(ward: Ward, forger: Forger) -> None:
    forger.append(ward.nia, PatientLeft(ward.visit, ward.patient, ward.clinic.clock.now()))


def test_nobody_is_permitted_a_dose_who_was_found_not_fit(ward: Ward, forger: Forger) -> None:
    assess(ward, forger, fit=False)
    require_caught(forger, forger.append(ward.nia, permit(ward))[0], "not fit for a dose")


def test_nobody_is_handed_a_dose_who_was_found_not_fit_since(ward: Ward, forger: Forger) -> None:
    dose = ward.prepared()
    assert ward.verify(dose).accepted
    assess(ward, forger, fit=False)
    seq, _ = forger.append(ward.nia, DoseHandedOver(dose, ward.patient))
    require_caught(forger, seq, "not fit for a dose")


def test_a_dose_is_handed_over_on_what_it_was_prepared_on(ward: Ward, forger: Forger) -> None:
    dose = ward.prepared()
    assert ward.verify(dose).accepted
    assess(ward, forger, fit=True)
    seq, _ = forger.append(ward.nia, DoseHandedOver(dose, ward.patient))
    require_caught(forger, seq, "relies on another identity or assessment")


@pytest.mark.parametrize("step", ["permit", "prepare", "assess", "hand over"])
def test_nothing_is_done_for_who_has_left(ward: Ward, forger: Forger, step: str) -> None:
    wanted = permit(ward)
    told = preparation(ward) if step == "prepare" else None
    dose = ward.prepared() if step == "hand over" else DoseId("")
    assert step != "hand over" or ward.verify(dose).accepted
    leave(ward, forger)
    if step == "assess":
        seq = assess(ward, forger, fit=True)
    else:
        handed = DoseHandedOver(dose, ward.patient) if step == "hand over" else None
        seq, _ = forger.append(ward.nia, told or handed or wanted)
    require_caught(forger, seq, "a visit that had ended")


def test_a_patient_has_one_visit_at_a_time(ward: Ward, forger: Forger) -> None:
    seq, _ = forger.append(ward.nia, PatientArrived(VisitId(ward.clinic.ids.uuid7()), ward.patient))
    require_caught(forger, seq, "was there already")


def test_a_visit_is_not_opened_again(ward: Ward, forger: Forger) -> None:
    leave(ward, forger)
    seq, _ = forger.append(ward.nia, PatientArrived(ward.visit, ward.patient))
    require_caught(forger, seq, "was there already")


def test_nobody_leaves_before_it_is_time(ward: Ward, forger: Forger) -> None:
    later = ward.clinic.clock.now() + timedelta(hours=1)
    seq, _ = forger.append(ward.nia, PatientLeft(ward.visit, ward.patient, later))
    require_caught(forger, seq, "had not happened yet")


def test_nobody_is_permitted_a_dose_unseen(ward: Ward, forger: Forger) -> None:
    leave(ward, forger)
    visit = VisitId(ward.clinic.ids.uuid7())
    forger.append(ward.nia, PatientArrived(visit, ward.patient))
    require_caught(forger, forger.append(ward.nia, permit(ward, visit))[0], "identified and assessed")


def test_a_conclusion_is_drawn_beside_its_assessment(ward: Ward, forger: Forger) -> None:
    require_caught(forger, assess(ward, forger, fit=True, beside=bytes(32)), "no such assessment")


def test_a_conclusion_is_not_drawn_alone(ward: Ward, forger: Forger) -> None:
    seq, _ = forger.append(ward.nia, FitnessStated(ward.visit, ward.patient, bytes(32), True))
    require_caught(forger, seq, "no such assessment")


# --- a member of staff who is a patient -------------------------------------------------------


@pytest.fixture
def noa(ward: Ward) -> Ward:
    """The ward with Noa, who works there, as its patient."""
    return ward.another(person=ward.noa.person)


def test_nobody_permits_their_own_dose(noa: Ward, forger: Forger) -> None:
    require_caught(forger, forger.append(noa.noa, permit(noa))[0], "by the patient, who works here")


def test_nobody_identifies_themself(noa: Ward, forger: Forger) -> None:
    told = IdentityChecked(noa.visit, noa.patient, relied_on(noa)[0], ("name", "born"))
    require_caught(forger, forger.append(noa.noa, told)[0], "by the patient, who works here")


def test_nobody_saw_their_own_dose_given(noa: Ward, forger: Forger) -> None:
    dose = noa.prepared()
    assert noa.verify(dose, by=noa.clinic.hire("N-03", Role.NURSE)).accepted
    assert noa.hand_over(dose).accepted and noa.give(dose).accepted
    seen = GivenVerified(dose, noa.patient, noa.dose(dose).given_payload or b"")
    require_caught(forger, forger.append(noa.noa, seen)[0], "by the patient, who works here")
