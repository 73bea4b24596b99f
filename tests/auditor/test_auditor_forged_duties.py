"""Duties and sums: with every key in hand, one who checks is still another, and masses add up."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hat_clinic.auditor.clock import PERMITS
from hat_clinic.domain.entries.doses import (
    DoseHandedOver,
    DoseMismatched,
    DoseRemainderAccounted,
    GivenVerified,
)
from hat_clinic.domain.entries.register import PageClosed
from hat_clinic.domain.entries.staff import RoleRevoked
from hat_clinic.domain.entries.stock import CountedContainer, StockAccounted, StockCounted, StockRecounted
from hat_clinic.domain.entries.system import (
    ClockAccepted,
    ClockAgreed,
    ClockDoubted,
)
from hat_clinic.domain.entries.visits import IdentityChecked
from hat_clinic.domain.visits import AssessPatient
from hat_clinic.handlers.grants import ACTS
from hat_clinic.vocabulary.ids import CountId, PageId
from hat_clinic.vocabulary.quantities import Expression, Mass
from hat_clinic.vocabulary.terms import Consciousness, LossReason, RevocationReason, Role, Whereabouts
from tests.auditor.forged_doses import preparation, relied_on, verified
from tests.auditor.forged_entries import Forger, require_caught
from tests.handlers.dosing import DIAPHIN, Ward, mg


def test_the_performer_cannot_verify(ward: Ward, forger: Forger) -> None:
    seq, _ = forger.append(ward.nia, verified(ward, ward.prepared()))
    require_caught(forger, seq, "the same person did it and verified the dose")


def test_the_prescriber_cannot_verify(ward: Ward, forger: Forger) -> None:
    seq, _ = forger.append(ward.dan, verified(ward, ward.prepared()))
    require_caught(forger, seq, "the prescriber verified")


def test_a_dose_is_verified_once(ward: Ward, forger: Forger) -> None:
    dose = ward.prepared()
    again = verified(ward, dose)
    assert ward.verify(dose).accepted
    seq, _ = forger.append(ward.noa, again)
    require_caught(forger, seq, "a preparation that is not there")


def test_nobody_saw_what_they_gave(ward: Ward, forger: Forger) -> None:
    dose = ward.handed_over()
    assert ward.give(dose).accepted
    payload = ward.dose(dose).given_payload or b""
    seq, _ = forger.append(ward.nia, GivenVerified(dose, ward.patient, payload))
    require_caught(forger, seq, "the same person did it and saw the dose given")


def test_nobody_counts_twice(ward: Ward, forger: Forger) -> None:
    count, counted = CountId(ward.clinic.ids.uuid7()), (CountedContainer(ward.vials[0], mg(1)),)
    _, first = forger.append(ward.nia, StockCounted(count, DIAPHIN.product, counted))
    seq, _ = forger.append(ward.nia, StockRecounted(count, DIAPHIN.product, first, counted))
    require_caught(forger, seq, "the same person did it and counted again")


def test_nobody_agrees_with_their_own_reading_of_the_clock(ward: Ward, forger: Forger) -> None:
    _, first = forger.append(ward.nia, ClockAccepted(ward.clinic.clock.now()))
    seq, _ = forger.append(ward.nia, ClockAgreed(first))
    require_caught(forger, seq, "the same person did it and agreed with it")


def test_a_reading_of_the_clock_is_void_once_it_jumps_again(ward: Ward, forger: Forger) -> None:
    _, first = forger.append(ward.nia, ClockAccepted(ward.clinic.clock.now()))
    forger.append(ward.noa, ClockDoubted(True, 5000))
    seq, _ = forger.append(ward.noa, ClockAgreed(first))
    require_caught(forger, seq, "a reading of the clock that is not there")


def test_nothing_is_permitted_while_the_clock_is_in_doubt(ward: Ward, forger: Forger) -> None:
    told = preparation(ward)
    forger.append(ward.noa, ClockDoubted(True, 5000))
    require_caught(forger, forger.append(ward.nia, told)[0], "while the clock was in doubt")


def test_the_clock_is_put_to_what_was_read(ward: Ward, forger: Forger) -> None:
    clock = ward.clinic.clock
    _, first = forger.append(ward.nia, ClockAccepted(clock.now()))
    clock.pass_time(minutes=11)
    require_caught(forger, forger.append(ward.noa, ClockAgreed(first))[0], "another time than was read")


def test_no_time_is_read_that_has_not_come(ward: Ward, forger: Forger) -> None:
    later = ward.clinic.clock.now() + timedelta(minutes=3)
    require_caught(forger, forger.append(ward.nia, ClockAccepted(later))[0], "had not come yet")


def test_permits_are_what_the_server_closes_while_the_clock_is_in_doubt() -> None:
    assert {act.kind for act in ACTS.values() if act.permit} | {DoseMismatched} == PERMITS


def test_no_dose_is_handed_over_whose_people_have_lost_their_role(ward: Ward, forger: Forger) -> None:
    dose = ward.prepared()
    assert ward.verify(dose).accepted
    gone = RoleRevoked(ward.noa.person, Role.NURSE, RevocationReason.OTHER)
    forger.append(ward.clinic.ada, gone)
    seq, _ = forger.append(ward.nia, DoseHandedOver(dose, ward.patient))
    require_caught(forger, seq, "had lost the role")


def test_a_dose_on_a_prescription_of_nobody_s(ward: Ward, forger: Forger) -> None:
    seq, _ = forger.append(ward.nia, preparation(ward, prescriber=ward.noa.person))
    require_caught(forger, seq, "a prescription nobody signed so")


@pytest.mark.parametrize("part", [0, 1])
def test_a_dose_that_relies_on_another_identity_or_assessment(ward: Ward, forger: Forger, part: int) -> None:
    mine, theirs = relied_on(ward), relied_on(ward.another())
    mixed = tuple(theirs[place] if place == part else mine[place] for place in range(2))
    seq, _ = forger.append(ward.nia, preparation(ward, relies_on=mixed))
    require_caught(forger, seq, "relies on another identity or assessment")


def test_a_dose_that_relies_on_an_assessment_before_the_newest(ward: Ward, forger: Forger) -> None:
    before, clinic = relied_on(ward), ward.clinic
    again = AssessPatient(ward.visit, ward.patient, Consciousness.ALERT, True, clinic.ids.random(32))
    assert clinic.do(ward.nia, "assess-patient", again).accepted
    seq, _ = forger.append(ward.nia, preparation(ward, relies_on=before))
    require_caught(forger, seq, "relies on another identity or assessment")


def test_a_dose_for_another_patients_visit(ward: Ward, forger: Forger) -> None:
    other = ward.another()
    wrong = preparation(ward, visit=other.visit, relies_on=relied_on(other))
    seq, _ = forger.append(ward.nia, wrong)
    require_caught(forger, seq, "not its patient's")


@pytest.mark.parametrize("of", ["nobody", "another"])
def test_an_identity_that_was_never_enrolled_or_is_anothers(ward: Ward, forger: Forger, of: str) -> None:
    rec = bytes(32) if of == "nobody" else relied_on(ward.another())[0]
    seq, _ = forger.append(ward.nia, IdentityChecked(ward.visit, ward.patient, rec, ("name", "born")))
    require_caught(forger, seq, "never enrolled, or another's")


# --- balances -----------------------------------------------------------------------------


def test_what_was_drawn_is_the_dose_and_its_surplus(ward: Ward, forger: Forger) -> None:
    seq, _ = forger.append(ward.nia, preparation(ward, mass=mg(14)))
    require_caught(forger, seq, "not the dose and its surplus")


def test_a_page_is_closed_with_what_is_on_it(ward: Ward, forger: Forger) -> None:
    lead = ward.clinic.hire("L-01", Role.CONTROLLED_DRUGS_LEAD)
    page = PageId(f"{DIAPHIN.product}/1")
    seq, _ = forger.append(lead, PageClosed(page, 1, mg(19_999)))
    require_caught(forger, seq, "the entries make 1 and 20000000")


def test_a_product_is_counted_in_one_expression(ward: Ward, forger: Forger) -> None:
    base = Mass.mg(1, Expression.BASE)
    gone = StockAccounted(
        DIAPHIN.product,
        ward.vials[0],
        Whereabouts.SPILLED,
        base,
        ward.clinic.clock.now(),
        LossReason.DROPPED,
        (),
    )
    seq, _ = forger.append(ward.nia, gone)
    require_caught(forger, seq, "another expression")


def test_drug_of_a_dose_that_is_not_out_goes_nowhere(ward: Ward, forger: Forger) -> None:
    dose = ward.handed_over()
    assert ward.give(dose).accepted
    more = DoseRemainderAccounted(
        dose, ward.patient, Whereabouts.WASTED, mg(1), ward.clinic.clock.now(), LossReason.OTHER, ()
    )
    seq, _ = forger.append(ward.nia, more)
    require_caught(forger, seq, "none of it is out")


def test_more_than_was_drawn_has_no_place(ward: Ward, forger: Forger) -> None:
    dose = ward.prepared()
    more = DoseRemainderAccounted(
        dose, ward.patient, Whereabouts.WASTED, mg(16), ward.clinic.clock.now(), LossReason.OTHER, ()
    )
    seq, _ = forger.append(ward.nia, more)
    require_caught(forger, seq, "more of this dose has a place than was drawn")


def test_an_unlisted_product_moves_nothing(ward: Ward, forger: Forger) -> None:
    gone = StockAccounted(
        "unlisted",
        ward.vials[0],
        Whereabouts.SPILLED,
        mg(1),
        ward.clinic.clock.now(),
        LossReason.DROPPED,
        (),  # type: ignore[arg-type]
    )
    seq, _ = forger.append(ward.nia, gone)
    require_caught(forger, seq, "never listed")
