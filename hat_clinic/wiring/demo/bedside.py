"""The verbs of a visit: the patient arrives, a dose is permitted, prepared, verified, given, closed.

Nia prepares at her terminal, Noa reads at hers what she sees and nothing that was entered.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from hat_clinic.domain.entries.doses import Draw
from hat_clinic.domain.entries.patients import Identifier
from hat_clinic.ledger.canonical import unb64
from hat_clinic.vocabulary.ids import DoseId, PatientId, PrescriptionId, ProductId, VisitId, ending
from hat_clinic.vocabulary.quantities import Mass
from hat_clinic.vocabulary.terms import Consciousness, LossReason, Whereabouts
from hat_clinic.wiring.demo.people import NIA, NOA, InventedPatient, Player
from hat_clinic.wiring.demo.team import Signed, Team


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A patient on record; `rec` is the hash of the sealed entry that says who it is."""

    patient: PatientId
    rec: bytes


@dataclass(frozen=True, slots=True)
class Order:
    """What a dose is made on: whose, by which prescription, of which product."""

    who: Enrolled
    prescription: PrescriptionId
    product: ProductId


@dataclass(frozen=True, slots=True)
class InHand:
    """A dose that is out of its containers, in Nia's hands; `endings` stand on the containers beside it."""

    dose: DoseId
    who: Enrolled
    mass: Mass
    endings: tuple[str, ...]
    prepared: Signed


@dataclass
class Bedside:
    """What the two nurses do, and a tally of what the patients were given."""

    team: Team
    given: list[tuple[PatientId, Mass]] = field(default_factory=list)

    def enrol(self, one: InventedPatient) -> Enrolled:
        """The patient is on record, sealed."""
        done = self.team.perform(
            NIA,
            "enrol-patient",
            family=one.family,
            given=one.given,
            born=one.born,
            identifiers=(Identifier("nhs-number", one.nhs_number),),
        )
        receipt = done.answer.receipt
        return Enrolled(PatientId(receipt.made["patient"]), unb64(receipt.entries[0].rec, 32))

    # --- visits ---------------------------------------------------------------------------

    def arrive(self, who: Enrolled) -> VisitId:
        """The patient is here, and it is the right person."""
        self.team.wake(NIA, NOA)
        arrived = self.team.perform(NIA, "arrive-for-visit", patient=who.patient)
        visit = VisitId(arrived.answer.receipt.made["visit"])
        self.team.clock.pass_time(seconds=30)
        self.team.perform(
            NIA, "check-identity", visit=visit, patient=who.patient, identity=who.rec, by=("name", "born")
        )
        return visit

    def assess(self, who: Enrolled, visit: VisitId, how: Consciousness = Consciousness.ALERT) -> None:
        """How the patient is: fit, if alert."""
        self.team.clock.pass_time(seconds=60)
        self.team.perform(
            NIA,
            "assess-patient",
            visit=visit,
            patient=who.patient,
            consciousness=how,
            fit=how is Consciousness.ALERT,
            breathing_rate=14 if how is Consciousness.ALERT else 10,
            oxygen_saturation=98 if how is Consciousness.ALERT else 93,
        )

    def leave(self, who: Enrolled, visit: VisitId) -> None:
        """The patient was watched for a while, and has left."""
        moment = self.team.clock.pass_time(minutes=20)
        self.team.perform(NIA, "leave-visit", visit=visit, patient=who.patient, happened_at=moment)

    # --- one dose -------------------------------------------------------------------------

    def permit(self, order: Order, visit: VisitId, mass: Mass, draws: Iterable[Draw]) -> DoseId:
        """Nia may prepare it."""
        done = self.team.perform(
            NIA,
            "permit-dose",
            patient=order.who.patient,
            visit=visit,
            prescription=order.prescription,
            product=order.product,
            mass=mass,
            draws=tuple(draws),
        )
        return DoseId(done.answer.receipt.made["dose"])

    def prepare(self, order: Order, visit: VisitId, mass: Mass, draws: Iterable[Draw]) -> InHand:
        """Permitted, drawn and signed: it is in her hands, and the register has its line."""
        drawn = tuple(draws)
        dose = self.permit(order, visit, mass, drawn)
        self.team.clock.pass_time(seconds=40)
        on_screen = {"patient": order.who.patient, "mass": mass}
        prepared = self.team.sign(NIA, "prepare-dose", on_screen, dose=dose)
        endings = tuple(ending(each.container) for each in drawn)
        return InHand(dose, order.who, mass, endings, prepared)

    def verify(self, hand: InHand, reading: Mass | None = None) -> Signed:
        """Noa has signed what she read; the server has compared."""
        self.team.clock.pass_time(seconds=40)
        return self.read(hand, reading)

    def read(self, hand: InHand, reading: Mass | None = None, by: Player = NOA) -> Signed:
        """A reading of the syringe and of every container, by Noa unless somebody else tries."""
        first, *others = hand.endings
        return self.team.sign(
            by,
            "verify-dose",
            dose=hand.dose,
            prepared=hand.prepared.payload_hash,
            identity=hand.who.rec,
            reading=hand.mass if reading is None else reading,
            container_ending=first,
            other_container_endings=tuple(others) or None,
        )

    def hand_over(self, hand: InHand) -> None:
        """The patient has the syringe."""
        self.team.clock.pass_time(seconds=20)
        self.team.perform(NIA, "hand-over-dose", dose=hand.dose)

    def give(self, hand: InHand, given: Mass | None = None, at: datetime | None = None) -> Signed:
        """So much entered the patient, and both nurses say so."""
        entered = hand.mass if given is None else given
        if at is None:
            self.team.clock.pass_time(seconds=150)
        else:
            self.team.clock.tell(at)
        now = self.team.clock.now()
        said = self.team.sign(
            NIA, "give-dose", dose=hand.dose, given=entered, remainder=hand.mass - entered, happened_at=now
        )
        self.team.clock.pass_time(seconds=20)
        self.team.sign(NOA, "verify-given", dose=hand.dose, names=said.payload_hash)
        self.given.append((hand.who.patient, entered))
        return said

    def waste(self, hand: InHand, mass: Mass, reason: LossReason) -> Signed:
        """So much of it went into the waste, and both nurses saw it."""
        self.team.clock.pass_time(seconds=40)
        return self.team.both(
            NIA,
            NOA,
            "account-remainder",
            dose=hand.dose,
            whereabouts=Whereabouts.WASTED,
            mass=mass,
            happened_at=self.team.clock.now(),
            reason=reason,
        )

    def whole(self, order: Order, visit: VisitId, mass: Mass, draws: Iterable[Draw]) -> InHand:
        """An everyday dose: permitted, prepared, verified, handed over, given, seen."""
        hand = self.prepare(order, visit, mass, draws)
        self.verify(hand)
        self.hand_over(hand)
        self.give(hand)
        return hand
