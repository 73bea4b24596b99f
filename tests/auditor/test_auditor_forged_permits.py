"""A changed server with the true keys and honest staff: permits, their time, and prescriptions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from hat_clinic.domain.entries.doses import DoseGiven, DoseHandedOver, DosePermitted, DoseVerified, Draw
from hat_clinic.domain.entries.packs import PackAdopted, PackValue
from hat_clinic.domain.entries.prescriptions import PrescriptionEnded, PrescriptionSigned, Step
from hat_clinic.domain.entries.stock import ProductListed, ReceivedContainer, StockReceived
from hat_clinic.domain.entries.system import ActConfirmed
from hat_clinic.vocabulary.ids import ContainerId, DoseId, PrescriptionId, ProductId, ReceiptId
from hat_clinic.vocabulary.terms import ContainerKind, EndingReason, ReceiptKind, Route, Whereabouts
from tests.auditor.forged_doses import preparation
from tests.auditor.forged_entries import Forger, require_caught
from tests.handlers.dosing import DIAPHIN, Ward, mg


def permit(ward: Ward, milligrams: int = 15, minutes: int = 15, **other: Any) -> DosePermitted:
    told, until = ward.asking(milligrams), ward.clinic.clock.now() + timedelta(minutes=minutes)
    return replace(
        DosePermitted(
            told.dose, told.patient, told.visit, told.prescription, told.product, told.mass, told.draws, until
        ),
        **other,
    )


def reading(ward: Ward, dose: DoseId) -> DoseVerified:
    state, ending = ward.dose(dose), ward.vials[0][-4:]
    payload = state.prepared_payload or b""
    return DoseVerified(dose, ward.patient, payload, state.relies_on[0], state.mass, ending, bytes(16))


def test_a_permit_does_not_last_for_ever(ward: Ward, forger: Forger) -> None:
    require_caught(forger, forger.append(ward.nia, permit(ward, minutes=16))[0], "longer than a permit lasts")


def test_nothing_is_prepared_on_a_permit_that_has_lapsed(ward: Ward, forger: Forger) -> None:
    told = preparation(ward)
    ward.clinic.clock.pass_time(minutes=17)
    require_caught(forger, forger.append(ward.nia, told)[0], "the permit had lapsed")


def test_a_dose_is_verified_while_all_of_it_is_there(ward: Ward, forger: Forger) -> None:
    dose = ward.prepared()
    ward.account(dose, 5, Whereabouts.SPILLED)
    require_caught(forger, forger.append(ward.noa, reading(ward, dose))[0], "part of the dose")


def test_a_dose_is_handed_over_while_all_of_it_is_there(ward: Ward, forger: Forger) -> None:
    dose = ward.prepared()
    assert ward.verify(dose).accepted
    ward.account(dose, 5, Whereabouts.SPILLED)
    seq, _ = forger.append(ward.nia, DoseHandedOver(dose, ward.patient))
    require_caught(forger, seq, "part of the dose")


@pytest.mark.parametrize("verified", [False, True])
def test_a_dose_does_not_lie_about_longer_than_the_pack_allows(
    ward: Ward, forger: Forger, verified: bool
) -> None:
    dose = ward.prepared()
    assert not verified or ward.verify(dose).accepted
    told = DoseHandedOver(dose, ward.patient) if verified else reading(ward, dose)
    ward.clinic.clock.pass_time(minutes=32)
    require_caught(forger, forger.append(ward.noa, told)[0], "longer ago than the pack allows")


def test_nothing_is_given_before_it_was_there(ward: Ward, forger: Forger) -> None:
    dose, before = ward.handed_over(), ward.clinic.clock.now() - timedelta(minutes=1)
    seq, _ = forger.append(ward.nia, DoseGiven(dose, ward.patient, mg(15), mg(0), before, ()))
    require_caught(forger, seq, "before the dose was there")


def adopted(forger: Forger, ward: Ward, number: int) -> None:
    value = PackValue("hand_over", number, "min", "invented for a test", True)
    _, names = forger.append(ward.dan, PackAdopted("p", "1", bytes(32), (value,)))
    forger.append(ward.nia, ActConfirmed(names, "pack-adopted"))


def test_what_makes_no_sense_is_named_and_not_stumbled_over(ward: Ward, forger: Forger) -> None:
    dose = ward.prepared()
    adopted(forger, ward, 1 << 52)  # minutes that no calendar has
    require_caught(forger, forger.append(ward.noa, reading(ward, dose))[0], "it makes no sense")


def test_no_container_is_drawn_from_twice_for_one_dose(ward: Ward, forger: Forger) -> None:
    real = preparation(ward)
    twice = (replace(real.draws[0], mass=mg(5)), replace(real.draws[0], mass=mg(10)))
    told = permit(ward, draws=twice)
    forger.append(ward.nia, told)
    seq, _ = forger.append(ward.nia, replace(real, dose=told.dose, draws=twice))
    require_caught(forger, seq, "from one container twice")


def test_a_single_use_container_is_issued_whole(ward: Ward, forger: Forger) -> None:
    ampoule, product = ContainerId("AMP-1"), ProductId("ampoules")
    label = ProductListed(
        product, "diamorphine", "ampoule", "30 mg", ContainerKind.SINGLE_USE, (Route.INTRAVENOUS,), mg(30),
        "invented for a test",
    )  # fmt: skip
    rx = prescribed(ward, 30, product=product, replaces=None)
    came = ReceivedContainer(ampoule, "L9", date(2027, 6, 30), mg(30))
    delivery = StockReceived(
        ReceiptId(ward.clinic.ids.uuid7()), ReceiptKind.DELIVERY, product, "P", "3", (came,)
    )
    for first, tag in ((label, "product-listed"), (delivery, "stock-received")):
        _, names = forger.append(ward.dan if first is label else ward.nia, first)
        forger.append(ward.nia if first is label else ward.noa, ActConfirmed(names, tag))
    _, digest = forger.append(ward.dan, rx)
    draws = (Draw(ampoule, "L9", mg(15)),)
    told = permit(ward, product=product, prescription=rx.prescription, draws=draws)
    forger.append(ward.nia, told)
    real = preparation(ward, dose=told.dose, product=product, prescription=rx.prescription)
    seq, _ = forger.append(ward.nia, replace(real, prescription_hash=digest, draws=draws))
    require_caught(forger, seq, "issued whole")


# --- prescriptions ------------------------------------------------------------------------


def prescribed(ward: Ward, *limits: int, **other: Any) -> PrescriptionSigned:
    """Steps of two hours each, one after the other, from now on."""
    now, hours = ward.clinic.clock.now(), timedelta(hours=2)
    steps = tuple(
        Step(now + hours * number, now + hours * (number + 1), mg(limit), 0, mg(2 * limit))
        for number, limit in enumerate(limits)
    )
    told: dict[str, Any] = {
        "prescription": PrescriptionId(ward.clinic.ids.uuid7()), "patient": ward.patient,
        "product": DIAPHIN.product, "route": Route.INTRAVENOUS, "steps": steps, "replaces": ward.prescription,
    }  # fmt: skip
    return PrescriptionSigned(**told | other)


def test_an_earlier_step_allows_nothing_any_more(ward: Ward, forger: Forger) -> None:
    rx = prescribed(ward, 50, 10)
    forger.append(ward.dan, rx)
    forger.append(ward.nia, permit(ward, 50, prescription=rx.prescription))
    ward.clinic.clock.pass_time(hours=3)
    seq, _ = forger.append(ward.nia, permit(ward, 50, prescription=rx.prescription))
    require_caught(forger, seq, "more than the prescription allowed")


def test_a_later_step_allows_nothing_yet(ward: Ward, forger: Forger) -> None:
    rx = prescribed(ward, 10, 50)
    forger.append(ward.dan, rx)
    seq, _ = forger.append(ward.nia, permit(ward, 50, prescription=rx.prescription))
    require_caught(forger, seq, "more than the prescription allowed")


def test_no_dose_is_handed_over_on_a_prescription_that_ended_since(ward: Ward, forger: Forger) -> None:
    dose = ward.prepared()
    assert ward.verify(dose).accepted
    forger.append(ward.dan, PrescriptionEnded(ward.prescription, ward.patient, EndingReason.COMPLETED))
    seq, _ = forger.append(ward.nia, DoseHandedOver(dose, ward.patient))
    require_caught(forger, seq, "had ended")


def test_a_dose_is_of_the_product_that_was_prescribed(ward: Ward, forger: Forger) -> None:
    seq, _ = forger.append(ward.nia, permit(ward, product=ProductId("another")))
    require_caught(forger, seq, "another patient or product")


def test_a_dose_goes_the_way_that_was_prescribed(ward: Ward, forger: Forger) -> None:
    seq, _ = forger.append(ward.nia, preparation(ward, route=Route.INTRAMUSCULAR))
    require_caught(forger, seq, "another route")


def test_a_prescription_ends_once(ward: Ward, forger: Forger) -> None:
    ended = PrescriptionEnded(ward.prescription, ward.patient, EndingReason.COMPLETED)
    forger.append(ward.dan, ended)
    require_caught(forger, forger.append(ward.dan, ended)[0], "was not in force")


def test_an_id_is_of_one_prescription(ward: Ward, forger: Forger) -> None:
    seq, _ = forger.append(ward.dan, prescribed(ward, 10, prescription=ward.prescription))
    require_caught(forger, seq, "of this id before")


def test_a_second_prescription_replaces_the_first(ward: Ward, forger: Forger) -> None:
    seq, _ = forger.append(ward.dan, prescribed(ward, 10, replaces=None))
    require_caught(forger, seq, "another prescription of this product")


def test_what_is_replaced_was_the_patients_own(ward: Ward, forger: Forger) -> None:
    seq, _ = forger.append(ward.dan, prescribed(ward, 10, replaces=ward.another().prescription))
    require_caught(forger, seq, "replaces a prescription that was not in force")
