"""A changed server with the true keys, honest staff and their true signatures: the steps of a dose."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hat_clinic.domain.entries.doses import (
    DoseGiven,
    DoseHandedOver,
    DosePermitted,
    DosePrepared,
    DoseRemainderAccounted,
    GivenVerified,
    UnpreparedDoseReported,
)
from hat_clinic.domain.entries.prescriptions import PrescriptionEnded
from hat_clinic.domain.entries.stock import StockAccounted
from hat_clinic.handlers.verdict import Code
from hat_clinic.vocabulary.ids import ContainerId, DoseId, PatientId
from hat_clinic.vocabulary.quantities import Volume
from hat_clinic.vocabulary.terms import EndingReason, LossReason, Role, Route, UnplannedReason, Whereabouts
from tests.auditor.forged_doses import incident, preparation
from tests.auditor.forged_entries import Forger, require_caught
from tests.auditor.verified_clinic import Inspector
from tests.handlers.dosing import DIAPHIN, Ward, mg


def given(ward: Ward, dose: DoseId, milligrams: int, left: int, *breaches: str) -> DoseGiven:
    now = ward.clinic.clock.now()
    return DoseGiven(dose, ward.patient, mg(milligrams), mg(left), now, breaches)


# --- steps --------------------------------------------------------------------------------


def test_a_dose_is_permitted_before_it_is_prepared(ward: Ward, forger: Forger) -> None:
    seq, _ = forger.append(ward.nia, replace(preparation(ward), dose=DoseId(ward.clinic.ids.uuid7())))
    require_caught(forger, seq, "no permit")


def test_a_dose_is_prepared_as_it_was_permitted(ward: Ward, forger: Forger) -> None:
    real = preparation(ward)
    less = (replace(real.draws[0], mass=mg(14), volume=Volume(140)),)
    seq, _ = forger.append(ward.nia, replace(real, mass=mg(14), draws=less))
    require_caught(forger, seq, "another dose than was permitted")


def test_a_permit_is_used_by_whom_it_was_given_to(ward: Ward, forger: Forger) -> None:
    seq, _ = forger.append(ward.noa, preparation(ward))
    require_caught(forger, seq, "another person's")


def test_an_id_is_of_one_dose(ward: Ward, forger: Forger) -> None:
    dose = ward.handed_over()
    report = UnpreparedDoseReported(
        dose, ward.patient, DIAPHIN.product, Route.INTRAVENOUS, ward.dose(dose).draws, mg(15), mg(0),
        ward.clinic.clock.now(), UnplannedReason.POWER_OR_NETWORK_FAILURE, ("AD43",),
    )  # fmt: skip
    assert ward.give(dose).accepted
    seq, _ = forger.append(ward.nia, report, incident(ward, dose, "AD43"))
    require_caught(forger, seq, "of this id before")


def test_a_dose_that_was_not_verified_is_marked_when_given(ward: Ward, forger: Forger) -> None:
    dose = ward.prepared()
    seq, _ = forger.append(ward.nia, given(ward, dose, 15, 0))
    require_caught(forger, seq, "broke AD43")


def test_a_breach_opens_an_incident(ward: Ward, forger: Forger) -> None:
    dose = ward.prepared()
    seq, _ = forger.append(ward.nia, given(ward, dose, 15, 0, "AD43", "AD25"))
    require_caught(forger, seq, "no incident, though AD43, AD25")


def test_a_report_by_another_than_the_performer_is_marked(ward: Ward, forger: Forger) -> None:
    seq, _ = forger.append(ward.noa, given(ward, ward.handed_over(), 15, 0))
    require_caught(forger, seq, "broke SO10")


def test_what_is_given_and_left_is_the_dose(ward: Ward, forger: Forger) -> None:
    seq, _ = forger.append(ward.nia, given(ward, ward.handed_over(), 5, 5))
    require_caught(forger, seq, "are not the dose")


def test_a_dose_is_given_once(ward: Ward, forger: Forger) -> None:
    dose = ward.handed_over()
    assert ward.give(dose, 5, 10).accepted
    seq, _ = forger.append(ward.nia, given(ward, dose, 5, 10))
    require_caught(forger, seq, "given before")


def test_nothing_is_given_of_what_was_never_drawn(ward: Ward, forger: Forger) -> None:
    seq, _ = forger.append(ward.nia, given(ward, ward.permitted(), 0, 0))
    require_caught(forger, seq, "nothing was drawn")


def test_nothing_is_given_in_the_future(ward: Ward, forger: Forger) -> None:
    told = given(ward, ward.handed_over(), 15, 0)
    seq, _ = forger.append(ward.nia, replace(told, happened_at=told.happened_at + timedelta(days=400)))
    require_caught(forger, seq, "had not happened yet")


def test_no_pack_waives_the_second_signature(ward: Ward, forger: Forger) -> None:
    told = replace(given(ward, ward.handed_over(), 15, 0), verifier_waived=True)
    seq, _ = forger.append(ward.nia, told)
    require_caught(forger, seq, "no pack lets it")


def test_who_verified_it_also_saw_it_given(ward: Ward, forger: Forger) -> None:
    dose = ward.handed_over()
    assert ward.give(dose).accepted
    payload = ward.dose(dose).given_payload or b""
    seq, _ = forger.append(ward.dan, GivenVerified(dose, ward.patient, payload))
    require_caught(forger, seq, "somebody else had verified")


def test_a_third_person_hands_nothing_over(ward: Ward, forger: Forger) -> None:
    dose, third = ward.prepared(), ward.clinic.hire("N-03", Role.NURSE)
    assert ward.verify(dose).accepted
    seq, _ = forger.append(third, DoseHandedOver(dose, ward.patient))
    require_caught(forger, seq, "a third person")


def test_a_lost_remainder_is_marked(ward: Ward, forger: Forger) -> None:
    dose, now = ward.prepared(), ward.clinic.clock.now()
    lost = DoseRemainderAccounted(
        dose, ward.patient, Whereabouts.UNACCOUNTED, mg(15), now, LossReason.OTHER, ()
    )
    seq, _ = forger.append(ward.nia, lost)
    require_caught(forger, seq, "broke AD45")


def test_a_dose_stays_one_patients(ward: Ward, forger: Forger) -> None:
    dose, other = ward.handed_over(), PatientId(ward.clinic.ids.uuid7())
    seq, _ = forger.append(ward.nia, replace(given(ward, dose, 15, 0), patient=other))
    require_caught(forger, seq, "another patient's")


# --- prescriptions and containers ---------------------------------------------------------


def permitted(ward: Ward, forger: Forger, like: DosePrepared, **other: object) -> tuple[DosePrepared, int]:
    """A dose that the changed server let through, and the number of its permit."""
    dose = replace(like, dose=DoseId(ward.clinic.ids.uuid7()), **other)  # type: ignore[arg-type]
    until = ward.clinic.clock.now() + timedelta(minutes=15)
    permit = DosePermitted(
        dose.dose, dose.patient, dose.visit, dose.prescription, dose.product, dose.mass, dose.draws, until
    )
    return dose, forger.append(ward.nia, permit)[0]


def test_a_dose_larger_than_was_prescribed(ward: Ward, forger: Forger) -> None:
    real = preparation(ward)
    more = (replace(real.draws[0], mass=mg(500), volume=Volume(5000)),)
    _, seq = permitted(ward, forger, real, mass=mg(500), draws=more)
    require_caught(forger, seq, "more than the prescription allowed")


def test_a_dose_after_the_prescription_is_over(ward: Ward, forger: Forger) -> None:
    real = preparation(ward)
    ward.clinic.clock.pass_time(hours=5)
    _, seq = permitted(ward, forger, real)
    require_caught(forger, seq, "more than the prescription allowed")


def test_a_dose_on_a_prescription_that_had_ended(ward: Ward, forger: Forger) -> None:
    dose, _ = permitted(ward, forger, preparation(ward))
    forger.append(ward.dan, PrescriptionEnded(ward.prescription, ward.patient, EndingReason.COMPLETED))
    seq, _ = forger.append(ward.nia, dose)
    require_caught(forger, seq, "had ended")


def test_a_dose_on_another_patients_prescription(ward: Ward, forger: Forger) -> None:
    other = ward.another()
    theirs = preparation(other)
    _, seq = permitted(
        ward,
        forger,
        preparation(ward),
        patient=theirs.patient,
        visit=theirs.visit,
        relies_on=theirs.relies_on,
    )
    require_caught(forger, seq, "for another patient")


def test_more_than_is_in_a_container_is_not_prepared(ward: Ward, forger: Forger) -> None:
    real = preparation(ward)
    emptied = ward.clinic.clock.now()
    forger.append(
        ward.nia,
        StockAccounted(
            DIAPHIN.product, ward.vials[0], Whereabouts.SPILLED, mg(9_990), emptied, LossReason.DROPPED, ()
        ),
    )
    seq, _ = forger.append(ward.nia, real)
    require_caught(forger, seq, "than was in it")


def test_nothing_is_prepared_from_a_container_nobody_received(ward: Ward, forger: Forger) -> None:
    real = preparation(ward)
    draws = (replace(real.draws[0], container=ContainerId("NEVER-RECEIVED")),)
    dose, _ = permitted(ward, forger, real, draws=draws)
    seq, _ = forger.append(ward.nia, dose)
    require_caught(forger, seq, "never received")


def test_the_verdict_says_what_nobody_has_finished(ward: Ward) -> None:
    dose = ward.handed_over()
    assert ward.give(dose, 5, 10).accepted
    second = ward.another()
    assert second.verify(second.prepared(10), 9).accepted
    found = Inspector(ward.clinic).verify()
    assert found.code is Code.HOLDS, found.text()
    assert {"2 doses are out", "1 doses were reported", "1 incidents are open"} <= {
        part for words in found.words for part in (words.split(":")[0], " ".join(words.split()[:4]))
    }, found.text()
