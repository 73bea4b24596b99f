"""What was signed must still follow when it arrives; what was refused stays so. On both engines."""

from __future__ import annotations

from hat_clinic.domain.doses import GiveDose, PrepareDose, Stage
from hat_clinic.domain.visits import AssessPatient
from hat_clinic.handlers.acts import Drawn, Outcome
from hat_clinic.handlers.deciding import sign
from hat_clinic.store.transaction import Transaction
from hat_clinic.vocabulary.ids import IncidentId
from hat_clinic.vocabulary.terms import Consciousness
from tests.handlers.dosing import Ward, mg
from tests.handlers.enrolling import rules
from tests.store.waiting_together import together


def assess_again(ward: Ward) -> None:
    """The patient is assessed anew, and still fit: another assessment, as good as the first."""
    command = AssessPatient(ward.visit, ward.patient, Consciousness.ALERT, True, ward.clinic.ids.random(32))
    assert ward.clinic.do(ward.noa, "assess-patient", command).accepted


def test_refuses_so45_what_changed_between_being_shown_and_being_signed(ward: Ward) -> None:
    dose = ward.permitted()
    drawn = ward.clinic.draw(ward.nia, "prepare-dose", PrepareDose(dose, ward.clinic.ids.random(16)))
    assert isinstance(drawn, Drawn)
    assess_again(ward)
    assert rules(ward.clinic.sign(ward.nia, drawn)) == ["SO45"]
    assert ward.dose(dose).stage is Stage.PERMITTED
    assert ward.prepare(dose).accepted, "shown anew, it can be signed"


def test_refuses_so45_a_breach_that_is_none_any_more(ward: Ward) -> None:
    dose = ward.prepared()
    assert ward.verify(dose).accepted
    incident = IncidentId(ward.clinic.ids.uuid7())
    command = GiveDose(dose, mg(15), mg(0), ward.clinic.clock.now(), incident)
    drawn = ward.clinic.draw(ward.nia, "give-dose", command)
    assert isinstance(drawn, Drawn), "not handed over yet, and the statement says so"
    assert ward.hand_over(dose).accepted
    assert rules(ward.clinic.sign(ward.nia, drawn)) == ["SO45"]
    assert ward.give(dose).accepted, "shown anew, it can be signed"


def test_allows_so45_what_is_still_the_same(ward: Ward) -> None:
    dose = ward.permitted()
    assess_again(ward)
    drawn = ward.clinic.draw(ward.nia, "prepare-dose", PrepareDose(dose, ward.clinic.ids.random(16)))
    assert isinstance(drawn, Drawn)
    assert ward.clinic.sign(ward.nia, drawn).accepted


def test_refuses_so46_a_refused_request_sent_again(ward: Ward) -> None:
    command, request = ward.asking(16), ward.clinic.ids.uuid7()
    first = ward.clinic.do(ward.nia, "permit-dose", command, request)
    again = ward.clinic.do(ward.nia, "permit-dose", command, request)
    assert "AD27" in rules(first) and rules(again) == ["SO46"]
    assert (again.first_seq, again.count) == (first.first_seq, first.count)


def test_of_two_signatures_that_wait_together_one_is_the_entry(ward: Ward) -> None:
    dose, clinic = ward.permitted(), ward.clinic
    drawn = clinic.draw(ward.nia, "prepare-dose", PrepareDose(dose, clinic.ids.random(16)))
    assert isinstance(drawn, Drawn)
    actor, envelope = clinic.actor(ward.nia), clinic.envelope(ward.nia, drawn)

    def send(tx: Transaction) -> Outcome:
        return sign(tx, actor, clinic.acts, drawn.statement_id, envelope)

    first, second = (each.result() for each in together(clinic.writer, [send, send]))
    assert first.accepted and second.accepted and first.first_seq == second.first_seq
    assert first.recorded is not None and second.recorded is None
    assert isinstance(clinic.draw(ward.nia, "prepare-dose", PrepareDose(dose, bytes(16))), Outcome)
