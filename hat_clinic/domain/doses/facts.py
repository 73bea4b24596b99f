"""Facts: all that the rules about a dose look at, loaded once, and the dose they are asked about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from hat_clinic.domain.doses.commands import PermitDose, ReportUnpreparedDose
from hat_clinic.domain.doses.state import ClockAcceptance, Dose, DoseHistory, SiteCalendar, sum_of
from hat_clinic.domain.entries.doses import Draw
from hat_clinic.domain.entries.packs import PackValue
from hat_clinic.domain.entries.prescriptions import Step
from hat_clinic.domain.packs import Pack
from hat_clinic.domain.patients import Patient
from hat_clinic.domain.prescriptions import Prescription
from hat_clinic.domain.stock import Container, Product
from hat_clinic.domain.visits import Visit
from hat_clinic.vocabulary.ids import DoseId, KeyId, PatientId, PersonId, ProductId, TerminalId
from hat_clinic.vocabulary.quantities import Mass
from hat_clinic.vocabulary.replacing import replace
from hat_clinic.vocabulary.terms import Role, Route

PREPARERS = frozenset({Role.NURSE, Role.PHARMACIST})
VERIFIERS = frozenset({Role.NURSE, Role.PHARMACIST, Role.PRESCRIBER})

HAND_OVER_WITHIN = "hand_over"
REPORT_WITHIN = "late_report"
PRESCRIBER_MAY_VERIFY = "prescriber_may_verify"
WHOLE_NEEDS_NO_VERIFIER = "given_needs_verifier_unless_whole"


@dataclass(frozen=True, slots=True)
class Acting:
    """Who acts, where, in which roles now. `has_report`: one on this dose waits for their signature."""

    person: PersonId
    terminal: TerminalId
    roles: frozenset[Role]
    has_report: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """The states a dose hangs on, as they are now; None where there is no such thing.

    `patient_person` is set if the patient also works here. `performer_roles` and `verifier_roles`
    are those of the two people of the dose, as they are now, and `revoked` those of the keys they
    signed it with that are revoked now. `accepted` is when the clock was last accepted anew.
    `unread` are doses of this patient of which who acts may not know how much they are.
    """

    calendar: SiteCalendar
    pack: Pack | None
    patient: Patient | None
    patient_person: PersonId | None
    visit: Visit | None
    prescription: Prescription | None
    product: Product | None
    containers: tuple[Container, ...]
    history: DoseHistory | None
    performer_roles: frozenset[Role] = frozenset()
    verifier_roles: frozenset[Role] = frozenset()
    accepted: ClockAcceptance | None = None
    revoked: frozenset[KeyId] = frozenset()
    unread: frozenset[DoseId] = frozenset()

    def value(self, name: str) -> PackValue | None:
        """The pack's value of this name, with its source, or None."""
        return None if self.pack is None else self.pack.value(name)

    def milligrams(self, name: str) -> Mass | None:
        """The pack's mass of this name, in the expression it counts in, or None.

        Why None for another unit: it is asked for where a mass allows something.
        """
        value = self.value(name)
        if value is None or value.unit != "mg" or self.pack is None or self.pack.expression is None:
            return None
        return Mass.mg(value.number, self.pack.expression)

    def says(self, name: str) -> bool:
        """Whether the pack sets this switch."""
        value = self.value(name)
        return value is not None and value.number == 1

    def minutes(self, name: str) -> timedelta | None:
        """The pack's minutes of this name, or None."""
        value = self.value(name)
        return None if value is None else timedelta(minutes=value.number)

    def container(self, draw: Draw) -> Container | None:
        """The container a draw is from, or None if nobody here knows it."""
        return next((each for each in self.containers if each.container == draw.container), None)

    def step(self, moment: datetime) -> Step | None:
        """The step of the prescription in force at `moment`, or None."""
        steps = () if self.prescription is None else self.prescription.steps
        return next((step for step in steps if step.starts <= moment < step.ends), None)

    def of_two(
        self, performer: frozenset[Role], verifier: frozenset[Role], revoked: frozenset[KeyId] = frozenset()
    ) -> Facts:
        """The same, with what the two people of the dose may now, and which of their keys is revoked."""
        return replace(self, performer_roles=performer, verifier_roles=verifier, revoked=revoked)

    def besides(self, dose: DoseId) -> Facts:
        """The same as if `dose` had never been permitted: its own permit is no reason against it."""
        return replace(self, history=None if self.history is None else self.history.without(dose))


@dataclass(frozen=True, slots=True)
class Wanted:
    """A dose as the rules see it, whether asked for, in somebody's hands or reported.

    `already_given`: it happened, so that it is judged as of then.
    """

    dose: DoseId
    patient: PatientId
    product: ProductId
    mass: Mass
    draws: tuple[Draw, ...]
    route: Route | None
    already_given: bool = False

    @property
    def one_expression(self) -> bool:
        """Whether its masses are of one expression, so that they can be added at all."""
        return all(draw.mass.expression is self.mass.expression for draw in self.draws)

    @property
    def drawn(self) -> Mass:
        """What is to leave the containers."""
        return sum_of((draw.mass for draw in self.draws), self.mass.expression)


def wanted_of_permit(command: PermitDose, facts: Facts) -> Wanted:
    """What a request for a permit asks for, by the route its prescription names."""
    route = None if facts.prescription is None else facts.prescription.route
    return Wanted(command.dose, command.patient, command.product, command.mass, command.draws, route)


def wanted_of_dose(dose: Dose, facts: Facts) -> Wanted:
    """What a dose that exists amounts to."""
    route = dose.route
    if route is None and facts.prescription is not None:
        route = facts.prescription.route
    return Wanted(dose.dose, dose.patient, dose.product, dose.mass, dose.draws, route)


def wanted_of_report(command: ReportUnpreparedDose) -> Wanted:
    """What a report says was done."""
    return Wanted(
        command.dose, command.patient, command.product, command.given, command.draws, command.route, True
    )
