"""A ward in a test: product, stock, pack, a patient who arrived and may have a dose, and its verbs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Engine

from hat_clinic.domain.doses import (
    AccountRemainder,
    Dose,
    GiveDose,
    HandOverDose,
    PermitDose,
    PrepareDose,
    ReportUnpreparedDose,
    VerifyDose,
    VerifyGiven,
)
from hat_clinic.domain.entries.doses import Draw
from hat_clinic.domain.entries.patients import Identifier
from hat_clinic.domain.entries.prescriptions import Step
from hat_clinic.domain.entries.stock import ReceivedContainer
from hat_clinic.domain.packs import AdoptPack, FilledHole
from hat_clinic.domain.prescriptions import SignPrescription
from hat_clinic.domain.stock.commands import ListProduct, ReceiveStock
from hat_clinic.domain.visits import ArriveForVisit, AssessPatient, CheckIdentity
from hat_clinic.handlers import doses, packs, patients, prescriptions, stock, visits
from hat_clinic.handlers.acts import Drawn, Outcome
from hat_clinic.handlers.packs import require_pack
from hat_clinic.projections.doses import DOSES
from hat_clinic.vocabulary.ids import (
    ContainerId,
    DoseId,
    IncidentId,
    PatientId,
    PrescriptionId,
    ProductId,
    ReceiptId,
    VisitId,
)
from hat_clinic.vocabulary.quantities import Expression, Mass, Volume
from hat_clinic.vocabulary.terms import (
    Consciousness,
    ContainerKind,
    LossReason,
    ReceiptKind,
    Role,
    Route,
    UnplannedReason,
    Whereabouts,
)
from tests.clinic import Clinic, Member
from tests.handlers.enrolling import enrolled, identity
from tests.prepared import prepared

HYDRATE = Expression.HYDROCHLORIDE_MONOHYDRATE
DIAPHIN = ListProduct(
    ProductId("diaphin-iv"), "diamorphine", "powder for solution", "100 mg/mL", ContainerKind.MULTI_DOSE,
    (Route.INTRAVENOUS,), Mass.mg(10_000, HYDRATE), "invented for a test", Volume(100_000), Volume(10), 24,
)  # fmt: skip
FILLED = {"hand_over": 30, "late_report": 60, "prescriber_may_verify": 0, "prescriber_licence_required": 0}


def mg(milligrams: int) -> Mass:
    return Mass.mg(milligrams, HYDRATE)


@dataclass
class Ward:
    """Nia prepares, Noa verifies, Dan prescribed; Ana is here, identified and fit."""

    clinic: Clinic
    nia: Member
    noa: Member
    dan: Member
    vials: tuple[ContainerId, ...]
    patient: PatientId
    visit: VisitId
    prescription: PrescriptionId

    def arrive(self, patient: PatientId, by: Member | None = None) -> VisitId:
        """The patient came, was identified and found fit, by Nia unless told otherwise."""
        clinic, visit = self.clinic, VisitId(self.clinic.ids.uuid7())
        rec = identity(clinic, patient).rec
        for name, command in (
            ("arrive-for-visit", ArriveForVisit(visit, patient)),
            ("check-identity", CheckIdentity(visit, patient, rec, ("name", "born"))),
            (
                "assess-patient",
                AssessPatient(visit, patient, Consciousness.ALERT, True, clinic.ids.random(32)),
            ),
        ):
            assert clinic.do(by or self.nia, name, command).accepted
        return visit

    def prescribe(self, patient: PatientId) -> PrescriptionId:
        """A first day: 15 mg and 15 mg at once."""
        clinic, rx = self.clinic, PrescriptionId(self.clinic.ids.uuid7())
        now = clinic.clock.now()
        step = Step(now, now + timedelta(hours=4), mg(15), 0, mg(30))
        command = SignPrescription(rx, patient, DIAPHIN.product, Route.INTRAVENOUS, (step,))
        assert clinic.signed(self.dan, "sign-prescription", command).accepted
        return rx

    def another(self, person: str | None = None, by: Member | None = None) -> Ward:
        """The same ward with another patient, who may be a member of staff."""
        own = Identifier("clinic", self.clinic.ids.uuid7())
        patient = enrolled(self.clinic, self.nia, own, **({} if person is None else {"person": person}))
        visit, rx = self.arrive(patient, by), self.prescribe(patient)
        return Ward(self.clinic, self.nia, self.noa, self.dan, self.vials, patient, visit, rx)

    # --- acts -----------------------------------------------------------------------------

    def dose(self, dose: DoseId) -> Dose:
        found = self.clinic.state(lambda tx: DOSES.load(tx, dose))
        assert found is not None
        return found

    def asking(self, milligrams: int = 15, vial: int = 0) -> PermitDose:
        drawn = Draw(self.vials[vial], "L1", mg(milligrams), Volume(milligrams * 10))
        return PermitDose(
            DoseId(self.clinic.ids.uuid7()), self.patient, self.visit, self.prescription, DIAPHIN.product,
            mg(milligrams), (drawn,),
        )  # fmt: skip

    def permitted(self, milligrams: int = 15) -> DoseId:
        command = self.asking(milligrams)
        outcome = self.clinic.do(self.nia, "permit-dose", command)
        assert outcome.accepted, outcome
        return command.dose

    def prepare(self, dose: DoseId, by: Member | None = None) -> Outcome:
        return self.clinic.signed(
            by or self.nia, "prepare-dose", PrepareDose(dose, self.clinic.ids.random(16))
        )

    def prepared(self, milligrams: int = 15) -> DoseId:
        dose = self.permitted(milligrams)
        assert self.prepare(dose).accepted
        return dose

    def prepared_of_two(self) -> DoseId:
        """15 mg in Nia's hands: 10 mg out of one vial and 5 mg out of the other."""
        parts = zip(self.vials, (10, 5), strict=True)
        draws = tuple(Draw(vial, "L1", mg(part), Volume(part * 10)) for vial, part in parts)
        command = replace(self.asking(), draws=draws)
        assert self.clinic.do(self.nia, "permit-dose", command).accepted
        assert self.prepare(command.dose).accepted
        return command.dose

    def reading(self, dose: DoseId, milligrams: int = 15, **other: Any) -> VerifyDose:
        """What a second person reads who looks at all of it, with this mass in the syringe."""
        state = self.dose(dose)
        first, *others = (each.container[-4:] for each in state.draws)
        told = {
            "dose": dose, "prepared": state.prepared_payload,
            "identity": identity(self.clinic, self.patient).rec, "reading": mg(milligrams),
            "container_ending": first, "other_container_endings": tuple(others) or None,
            "nonce": self.clinic.ids.random(16), "incident": IncidentId(self.clinic.ids.uuid7()),
        }  # fmt: skip
        return VerifyDose(**told | other)

    def verify(self, dose: DoseId, milligrams: int = 15, by: Member | None = None) -> Outcome:
        return self.clinic.signed(by or self.noa, "verify-dose", self.reading(dose, milligrams))

    def hand_over(self, dose: DoseId, by: Member | None = None) -> Outcome:
        return self.clinic.do(by or self.nia, "hand-over-dose", HandOverDose(dose))

    def handed_over(self, milligrams: int = 15) -> DoseId:
        dose = self.prepared(milligrams)
        assert self.verify(dose, milligrams).accepted
        assert self.hand_over(dose).accepted
        return dose

    def give(self, dose: DoseId, given: int = 15, left: int = 0, by: Member | None = None) -> Outcome:
        incident = IncidentId(self.clinic.ids.uuid7())
        command = GiveDose(dose, mg(given), mg(left), self.clinic.clock.now(), incident)
        return self.clinic.signed(by or self.nia, "give-dose", command)

    def saw_given(self, dose: DoseId, by: Member | None = None) -> Outcome:
        payload = self.dose(dose).given_payload or b""
        return self.clinic.signed(by or self.noa, "verify-given", VerifyGiven(dose, payload))

    def accounting(self, dose: DoseId, milligrams: int, where: Whereabouts) -> AccountRemainder:
        incident = IncidentId(self.clinic.ids.uuid7())
        now = self.clinic.clock.now()
        return AccountRemainder(dose, where, mg(milligrams), now, LossReason.LEFT_IN_SYRINGE, incident)

    def account(self, dose: DoseId, milligrams: int, where: Whereabouts = Whereabouts.WASTED) -> Drawn:
        """By Nia, confirmed by Noa."""
        command = self.accounting(dose, milligrams, where)
        return self.clinic.both("account-remainder", command, self.nia, self.noa)

    def reporting(self, milligrams: int = 10) -> ReportUnpreparedDose:
        drawn = Draw(self.vials[1], "L1", mg(milligrams), Volume(milligrams * 10))
        return ReportUnpreparedDose(
            DoseId(self.clinic.ids.uuid7()), self.patient, DIAPHIN.product, Route.INTRAVENOUS, (drawn,),
            mg(milligrams), mg(0), self.clinic.clock.now(), UnplannedReason.POWER_OR_NETWORK_FAILURE,
            IncidentId(self.clinic.ids.uuid7()), self.visit, self.prescription,
        )  # fmt: skip

    @classmethod
    def open(cls, engine: Engine) -> Ward:
        return prepared(engine, cls.made)

    def asleep(self) -> Ward:
        return replace(self, clinic=self.clinic.asleep())

    def on(self, engine: Engine) -> Ward:
        return replace(self, clinic=self.clinic.on(engine))

    @classmethod
    def made(cls, engine: Engine) -> Ward:
        """A ward made by its acts, one after the other."""
        tables = (module.ACTS for module in (packs, patients, prescriptions, stock, visits, doses))
        clinic = Clinic.open(engine, *tables)
        nia, noa = clinic.hire("N-01", Role.NURSE), clinic.hire("N-02", Role.NURSE)
        dan = clinic.hire("D-01", Role.PRESCRIBER, Role.MEDICAL_LEAD)
        file, today = require_pack("swissmedic-diaphin-iv"), clinic.clock.now().date()
        filled = tuple(
            FilledHole(each.name, FILLED[each.name], "invented for a test", today)
            for each in file.holes
            if not each.optional
        )
        clinic.both("adopt-pack", AdoptPack(file.pack, file.version, file.sha256, filled), dan, nia)
        clinic.both("list-product", DIAPHIN, dan, nia)
        vials = tuple(ContainerId(clinic.ids.uuid7()) for _ in range(2))
        received = tuple(
            ReceivedContainer(each, "L1", date(2027, 6, 30), DIAPHIN.content, DIAPHIN.content_volume)
            for each in vials
        )
        receipt = ReceiptId(clinic.ids.uuid7())
        delivery = ReceiveStock(
            receipt, ReceiptKind.DELIVERY, DIAPHIN.product, "Pharm Co", "note 1", received
        )
        clinic.both("receive-stock", delivery, nia, noa)
        patient = enrolled(clinic, nia)
        ward = cls(clinic, nia, noa, dan, vials, patient, VisitId(""), PrescriptionId(""))
        ward.visit, ward.prescription = ward.arrive(patient), ward.prescribe(patient)
        return ward
