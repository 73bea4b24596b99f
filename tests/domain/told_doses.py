"""A clinic of values in a test: every column a dose hangs on, folded as it is told, and no database."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from hat_clinic.domain.doses import (
    AccountRemainder,
    ClockAcceptance,
    Dose,
    DoseHistory,
    GiveDose,
    HandOverDose,
    PermitDose,
    PrepareDose,
    ReportUnpreparedDose,
    SiteCalendar,
    VerifyDose,
    VerifyGiven,
    decide,
    evolve_dose,
    evolve_history,
)
from hat_clinic.domain.doses.facts import Acting, Facts
from hat_clinic.domain.entries import Entry, Recorded
from hat_clinic.domain.entries.doses import Draw
from hat_clinic.domain.entries.packs import PackValue
from hat_clinic.domain.entries.prescriptions import Step
from hat_clinic.domain.entries.stock import ProductListed
from hat_clinic.domain.packs import Pack
from hat_clinic.domain.patients import Patient
from hat_clinic.domain.prescriptions import Prescription
from hat_clinic.domain.visits import Visit
from hat_clinic.vocabulary.errors import Finding, Refused
from hat_clinic.vocabulary.ids import (
    DoseId,
    IncidentId,
    PatientId,
    PersonId,
    PrescriptionId,
    TerminalId,
    VisitId,
)
from hat_clinic.vocabulary.quantities import Mass, Volume
from hat_clinic.vocabulary.terms import LossReason, Role, Route, UnplannedReason, Whereabouts
from tests.domain.told_stock import (
    AMPOULE,
    ANA,
    BO,
    CY,
    DI,
    HYDRATE,
    NOON,
    VIAL,
    ToldCupboard,
    ampoule,
    draw,
    mg,
    received,
    vial,
)

PAT, VISIT, RX = PatientId("pat"), VisitId("visit"), PrescriptionId("rx")
DR, INCIDENT, NONCE = PersonId("dr"), IncidentId("incident"), bytes(16)
IDENTITY, ASSESSED, SIGNED = b"i" * 32, b"a" * 32, b"p" * 32
T1, T2 = TerminalId("t1"), TerminalId("t2")
NURSE, PRESCRIBER = frozenset({Role.NURSE}), frozenset({Role.PRESCRIBER})
CALENDAR = SiteCalendar("Europe/Zurich", 240)
EVER = (NOON - timedelta(days=30), NOON + timedelta(days=400))


def pack(**numbers: int) -> Pack:
    values = {"hand_over": 30, "late_report": 60} | numbers
    told = tuple(PackValue(name, number, "", f"source of {name}", False) for name, number in values.items())
    return Pack("told", "1", bytes(32), told, 0, "CH", HYDRATE)


def step(**other: Any) -> Step:
    told = {
        "starts": EVER[0], "ends": EVER[1], "largest_single": mg(200), "earliest_after_previous": 30,
        "daily_maximum": mg(600),
    }  # fmt: skip
    return Step(**told | other)


def prescription(*steps: Step, product: ProductListed = VIAL, **other: Any) -> Prescription:
    told = {
        "prescription": RX, "patient": PAT, "product": product.product, "route": Route.INTRAVENOUS,
        "steps": steps or (step(),), "prescriber": DR, "payload": SIGNED, "signed_at": EVER[0],
        "ended": False,
    }  # fmt: skip
    return Prescription(**told | other)


def acting(person: PersonId, roles: frozenset[Role] = NURSE, terminal: TerminalId = T1) -> Acting:
    return Acting(person, terminal, roles)


def of_vial(milligrams: int, container: str = "v001") -> Draw:
    """A draw of the 100 mg/mL solution, by its volume."""
    return draw(container, mg(milligrams), Volume(milligrams * 10))


def whole(container: str) -> Draw:
    """An ampoule, issued whole."""
    return draw(container, mg(100), lot="A1")


def rules(findings: tuple[Finding, ...]) -> set[str]:
    return {finding.rule for finding in findings}


@dataclass
class ToldDoses(ToldCupboard):
    """A log whose stock and doses are folded as it is told; every other state is a field to change.

    Ana prepares, Bo verifies, `dr` prescribed. Each verb decides as in service, and tells what
    follows; `refused` gives the rules instead.
    """

    calendar: SiteCalendar = CALENDAR
    pack: Pack | None = field(default_factory=pack)
    patient: Patient | None = field(default_factory=lambda: Patient(PAT, 1, IDENTITY))
    patient_person: PersonId | None = None
    visit: Visit | None = field(
        default_factory=lambda: Visit(VISIT, PAT, NOON, True, IDENTITY, ASSESSED, NOON, True)
    )
    prescription: Prescription | None = field(default_factory=prescription)
    product: ProductListed = VIAL
    doses: dict[str, Dose] = field(default_factory=dict)
    history: DoseHistory | None = None
    roles: frozenset[Role] = NURSE
    accepted: ClockAcceptance | None = None

    @property
    def facts(self) -> Facts:
        return Facts(
            self.calendar, self.pack, self.patient, self.patient_person, self.visit, self.prescription,
            self.products.get(self.product.product), tuple(self.containers.values()), self.history,
            self.roles, self.roles, self.accepted,
        )  # fmt: skip

    def tell(self, entry: Entry, by: str = ANA, named: Recorded | None = None) -> Recorded:
        recorded = ToldCupboard.tell(self, entry, by, named)
        key = getattr(entry if named is None else named.entry, "dose", None)
        before = None if key is None else self.doses.get(key)
        after = evolve_dose(before, recorded)
        if after is not None and after != before:
            self.doses[after.dose] = after
            self.history = evolve_history(self.history, after, recorded.at, self.calendar)
        return recorded

    def _tell_all(self, entries: tuple[Entry, ...], by: PersonId) -> Recorded:
        first, *_ = [self.tell(entry, by) for entry in entries]
        return first

    # --- verbs ----------------------------------------------------------------------------

    def permit(self, name: str, *draws: Draw, mass: Mass | None = None, by: PersonId = ANA) -> Recorded:
        command = self.asks(name, *draws, mass=mass)
        entries = decide.decide_permit(self.facts, self.doses.get(name), acting(by), command, self.moment)
        return self._tell_all(entries, by)

    def asks(self, name: str, *draws: Draw, mass: Mass | None = None) -> PermitDose:
        total = sum((each.mass for each in draws), mg(0)) if mass is None else mass
        return PermitDose(DoseId(name), PAT, VISIT, RX, self.product.product, total, draws)

    def prepare(self, name: str, by: PersonId = ANA, terminal: TerminalId = T1) -> Recorded:
        command, by_whom = PrepareDose(DoseId(name), NONCE), acting(by, NURSE, terminal)
        return self._tell_all(
            decide.decide_prepare(self.facts, self.doses[name], by_whom, command, self.moment), by
        )

    def reads(
        self, name: str, mass: Mass | None = None, endings: tuple[str, ...] = (), **other: Any
    ) -> VerifyDose:
        """What Bo reads and signs: what is there, unless told otherwise."""
        dose = self.doses[name]
        first, *others = endings or [each.container[-4:] for each in dose.draws]
        told = {
            "dose": dose.dose, "prepared": dose.prepared_payload, "identity": IDENTITY,
            "reading": dose.mass if mass is None else mass,
            "container_ending": first, "other_container_endings": tuple(others) or None,
            "nonce": NONCE, "incident": INCIDENT, "envelope": b"signed reading",
        }  # fmt: skip
        return VerifyDose(**told | other)

    def verify(
        self, name: str, by: PersonId = BO, mass: Mass | None = None, endings: tuple[str, ...] = ()
    ) -> Recorded:
        command = self.reads(name, mass, endings)
        entries = decide.decide_verify(self.facts, self.doses[name], acting(by), command, self.moment)
        return self._tell_all(entries, by)

    def hand_over(self, name: str, by: PersonId = ANA) -> Recorded:
        command = HandOverDose(DoseId(name))
        entries = decide.decide_hand_over(self.facts, self.doses[name], acting(by), command, self.moment)
        return self._tell_all(entries, by)

    def give(
        self, name: str, given: int, left: int = 0, by: PersonId = ANA, at: datetime | None = None
    ) -> Recorded:
        command = GiveDose(DoseId(name), mg(given), mg(left), at or self.moment, INCIDENT)
        entries = decide.decide_given(self.facts, self.doses[name], acting(by), command, self.moment)
        return self._tell_all(entries, by)

    def saw_given(self, name: str, by: PersonId = BO) -> Recorded:
        dose = self.doses[name]
        command = VerifyGiven(dose.dose, dose.given_payload or b"")
        return self._tell_all(decide.decide_given_verified(self.facts, dose, acting(by), command), by)

    def account(
        self, name: str, milligrams: int, where: Whereabouts = Whereabouts.WASTED, by: PersonId = ANA
    ) -> Recorded:
        command = AccountRemainder(
            DoseId(name), where, mg(milligrams), self.moment, LossReason.LEFT_IN_SYRINGE, INCIDENT
        )
        entries = decide.decide_remainder(self.facts, self.doses[name], acting(by), command, self.moment)
        return self._tell_all(entries, by)

    def report(self, name: str, *draws: Draw, given: int | Mass, surplus: int = 0, **other: Any) -> Recorded:
        """A dose that was given without a permit."""
        told = {
            "dose": DoseId(name), "patient": PAT, "product": self.product.product,
            "route": Route.INTRAVENOUS, "draws": draws, "surplus": mg(surplus),
            "happened_at": self.moment, "reason": UnplannedReason.POWER_OR_NETWORK_FAILURE,
            "incident": INCIDENT, "visit": VISIT, "prescription": RX,
            "given": given if isinstance(given, Mass) else mg(given),
        }  # fmt: skip
        command = ReportUnpreparedDose(**told | other)
        known = self.doses.get(name)
        return self._tell_all(
            decide.decide_unprepared(self.facts, known, acting(ANA), command, self.moment), ANA
        )

    def refused(self, verb: Any, *args: Any, **named: Any) -> set[str]:
        """The rules that refuse this verb; none if it was accepted."""
        try:
            verb(*args, **named)
        except Refused as refusal:
            return rules(refusal.findings)
        return set()

    # --- ways through -----------------------------------------------------------------------

    def prepared(self, name: str = "d1", milligrams: int = 100) -> Dose:
        """A dose in Ana's hands."""
        self.permit(name, of_vial(milligrams))
        self.prepare(name)
        return self.doses[name]

    def handed_over(self, name: str = "d1", milligrams: int = 100) -> Dose:
        """A dose in the patient's hands."""
        self.prepared(name, milligrams)
        self.verify(name)
        self.hand_over(name)
        return self.doses[name]

    def had(self, name: str = "d1", milligrams: int = 100) -> Dose:
        """A dose given whole, and seen."""
        return self.had_of(name, of_vial(milligrams))

    def had_of(self, name: str, drawn: Draw) -> Dose:
        """As `had`, out of one draw."""
        self.permit(name, drawn)
        self.prepare(name)
        self.verify(name)
        self.hand_over(name)
        dose = self.doses[name]
        command = GiveDose(dose.dose, dose.mass, mg(0), self.moment, INCIDENT)
        self._tell_all(decide.decide_given(self.facts, dose, acting(ANA), command, self.moment), ANA)
        self.saw_given(name)
        return self.doses[name]

    @classmethod
    def at_noon(cls) -> ToldDoses:
        """Two vials `v001`, `v002`, two ampoules `a001`, `a002`, and a patient ready for a dose."""
        told = cls()
        told.moment = NOON - timedelta(hours=1)
        told.both(VIAL)
        told.both(AMPOULE)
        told.both(received(vial("v001"), vial("v002")))
        told.both(received(ampoule("a001"), ampoule("a002"), product=AMPOULE, name="r2"))
        told.moment = NOON
        return told

    def change_visit(self, **other: Any) -> None:
        assert self.visit is not None
        self.visit = replace(self.visit, **other)

    def prescribe(self, *steps: Step, **other: Any) -> None:
        self.prescription = prescription(*steps, product=self.product, **other)


__all__ = ["AMPOULE", "ANA", "BO", "CY", "DI", "HYDRATE", "NOON", "VIAL", "draw", "mg"]
