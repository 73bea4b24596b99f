"""What is known of one prescription, and what a new one is judged by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from hat_clinic.domain.entries.prescriptions import Step
from hat_clinic.domain.packs import Pack
from hat_clinic.domain.staff import Person
from hat_clinic.domain.stock import Product
from hat_clinic.vocabulary.ids import PatientId, PersonId, PrescriptionId, ProductId
from hat_clinic.vocabulary.moments import clinic_day
from hat_clinic.vocabulary.quantities import Mass
from hat_clinic.vocabulary.terms import Route


@dataclass(frozen=True, slots=True)
class Prescription:
    """What one prescriber signed, and whether it still permits anything.

    `payload` is the hash of the signed statement: a dose names the prescription by it.
    """

    prescription: PrescriptionId
    patient: PatientId
    product: ProductId
    route: Route
    steps: tuple[Step, ...]
    prescriber: PersonId
    payload: bytes
    signed_at: datetime
    ended: bool
    ended_at: datetime | None = None
    replaced_by: PrescriptionId | None = None

    def step_at(self, moment: datetime) -> Step | None:
        """The step in force at `moment`; None before, between and after steps, and once ended."""
        if self.ended:
            return None
        return next((step for step in self.steps if step.starts <= moment < step.ends), None)

    def is_live(self, moment: datetime) -> bool:
        """Whether it permits doses at `moment` or will later."""
        return not self.ended and any(moment < step.ends for step in self.steps)


@dataclass(frozen=True, slots=True)
class RecentDoses:
    """What the patient really had, as titration looks at it, around one clinic day.

    `previous_day_given` is the total of the day before it, None where no dose was ever given
    before that day; `injections` is how many that were. `today` is how many there were on the day
    itself, `largest` the largest single one of both days. For a new prescription the day is
    that on which it begins to permit, for a dose it is the day of the dose.
    """

    previous_day_given: Mass | None
    injections: int
    today: int
    largest: Mass | None = None


@dataclass(frozen=True, slots=True)
class Circumstances:
    """All that a prescription is judged by, loaded under the same lock.

    `known` is what stands under its id already, `others` the patient's prescriptions;
    `patient_person` is set if the patient also works here.
    """

    prescriber: Person
    patient_person: str | None
    product: Product
    known: Prescription | None
    others: tuple[Prescription, ...]
    pack: Pack | None
    zone: str
    day_starts_minutes: int
    recent: RecentDoses

    def day(self, moment: datetime) -> date:
        """The clinic's day of `moment`."""
        return clinic_day(moment, self.zone, self.day_starts_minutes)
