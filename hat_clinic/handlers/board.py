"""The board: who is here, what each may have now and why not, and how far each dose is.

What a first nurse entered for a dose is shown to nobody else until a second person's reading of
it agreed: neither its mass nor its containers nor a sum that would give them away.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from hat_clinic.domain.doses.facts import Facts, Wanted
from hat_clinic.domain.doses.hidden import hidden_from
from hat_clinic.domain.doses.permit_rules import (
    assess_patient_now,
    repeat_at_once,
    second_dose_at_once,
)
from hat_clinic.domain.doses.state import Dose, DoseHistory, HistoryDose, Stage, is_live
from hat_clinic.domain.entries import tag_of
from hat_clinic.domain.entries.doses import DoseGiven
from hat_clinic.domain.entries.prescriptions import Step
from hat_clinic.domain.patients import Patient
from hat_clinic.domain.prescriptions import Prescription
from hat_clinic.domain.prescriptions.titration import MINIMUM_GAP
from hat_clinic.domain.stock import Container, Product, available, usable_until
from hat_clinic.domain.visits import Visit
from hat_clinic.handlers.patients import Identity, open_identities, open_identity, require_patient
from hat_clinic.handlers.reads import Look
from hat_clinic.handlers.unread import as_before, drawn_from, unread_by
from hat_clinic.projections.clock import newest_acceptance
from hat_clinic.projections.doses import DOSES, HISTORIES, calendar, open_doses
from hat_clinic.projections.packs import pack_in_force
from hat_clinic.projections.patients import PATIENTS
from hat_clinic.projections.pending import named
from hat_clinic.projections.prescriptions import PRESCRIPTIONS
from hat_clinic.projections.stock import CONTAINERS, PRODUCTS, containers_of
from hat_clinic.projections.visits import VISITS
from hat_clinic.vocabulary.errors import Finding, NotFound
from hat_clinic.vocabulary.ids import DoseId, PatientId, PersonId, ProductId
from hat_clinic.vocabulary.quantities import Mass, Measured


@dataclass(frozen=True, slots=True)
class Course:
    """One prescription of a patient as it stands now.

    `step` is in force now; `measurable` the largest mass within it that a syringe can hold;
    `due` the earliest moment by prescription and pack, `stops` all that speaks against it now.
    `given_today` is what ended today.
    """

    prescription: Prescription
    product: Product
    prescriber: str
    given_today: Mass
    stops: tuple[Finding, ...]
    step: Step | None = None
    measurable: Measured | None = None
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One patient on the board. `identity` is None where it was erased."""

    patient: Patient
    identity: Identity | None
    visit: Visit | None
    courses: tuple[Course, ...]
    doses: tuple[Dose, ...]
    last: HistoryDose | None


@dataclass(frozen=True, slots=True)
class IdentityOnRecord:
    """Who a patient is, and where in the log that stands."""

    patient: Patient
    identity: Identity


@dataclass(frozen=True, slots=True)
class Waiting:
    """A statement that a second person has yet to read and name by its hash."""

    names: bytes
    tag: str
    seq: int
    person: PersonId


@dataclass(frozen=True, slots=True)
class DoseShown:
    """A dose, whether this person may see what was entered for it, and what waits for a second."""

    dose: Dose
    seen: bool
    waiting: tuple[Waiting, ...]
    given: Waiting | None


@dataclass(frozen=True, slots=True)
class OnShelf:
    """A container that something can be drawn from.

    Why no mass: whoever counts the stock must not have read what the book says.
    """

    container: Container
    free: bool
    usable_until: datetime | None


def board(look: Look) -> tuple[Row, ...]:
    """Everybody who is here, and everybody of whom a dose is open, in order of arrival."""
    visits = {each.patient: each for each in VISITS.find(look.tx, open=1)}
    doses: dict[PatientId, list[Dose]] = {}
    for dose in open_doses(look.tx):
        if dose.stage is not Stage.PERMITTED or is_live(dose, look.moment):
            doses.setdefault(dose.patient, []).append(dose)
    loaded = (PATIENTS.load(look.tx, each) for each in sorted({*visits, *doses}))
    patients = [each for each in loaded if each is not None]
    identities = _identities(look, patients)
    rows = [
        _row(look, each, identity, visits.get(each.patient), tuple(doses.get(each.patient, ())))
        for each, identity in zip(patients, identities, strict=True)
    ]
    return tuple(sorted(rows, key=lambda row: row.visit.arrived_at if row.visit else look.moment))


def identity(look: Look, patient: PatientId) -> IdentityOnRecord:
    """Who this patient is, opened.

    Raises: NotFound.
    """
    found = require_patient(look.tx, patient)
    return IdentityOnRecord(found, open_identity(look.tx, look.keys, patient))


def dose(look: Look, dose: DoseId) -> DoseShown:
    """The dose, with what waits for a second person.

    Raises: NotFound.
    """
    found = DOSES.load(look.tx, dose)
    if found is None:
        raise NotFound("no such dose is on record here")
    seen = not hidden_from(found, look.person)
    given = None
    if unseen(found) and found.given_payload is not None and found.given_seq is not None:
        by = found.given_by or found.performer
        given = Waiting(found.given_payload, tag_of(DoseGiven), found.given_seq, by)
    names = [each.payload for each in found.accounted if not each.confirmed]
    if found.waits_for is not None:
        names.append(found.waits_for)
    first = [(each, named(look.tx, each)) for each in names]
    waiting = tuple(
        Waiting(each, tag_of(type(one.entry)), one.seq, PersonId(one.person))
        for each, one in first
        if one is not None
    )
    return DoseShown(found, seen, waiting, given)


def unseen(dose: Dose) -> bool:
    """Whether it was given and a second person has yet to say that they saw it."""
    reported = dose.given is not None and dose.waits_for is None
    return reported and not dose.given_verified and not dose.verifier_waived


def shelf(look: Look, product: ProductId) -> tuple[Product, tuple[OnShelf, ...]]:
    """The product and its containers that hold something: opened ones first, then the oldest.

    Each is shown as if nobody had asked for the doses that this person has yet to read.

    Raises: NotFound.
    """
    found = PRODUCTS.load(look.tx, product)
    if found is None:
        raise NotFound("no such product is listed here")
    unread = unread_by(look.tx, look.person)
    holding = {each.container: each for each in containers_of(look.tx, product)}
    for name in drawn_from(unread) - holding.keys():
        taken = CONTAINERS.load(look.tx, name)
        if taken is not None and taken.product == product:
            holding[name] = taken
    before = (as_before(each, unread) for each in holding.values())
    shown = [
        OnShelf(each, not available(each, look.moment).is_zero, usable_until(each, found))
        for each in before
        if each.open
    ]
    shown.sort(key=lambda one: (one.usable_until is None, one.container.use_by, one.container.container))
    return found, tuple(shown)


def _identities(look: Look, patients: list[Patient]) -> list[Identity | None]:
    try:
        return list(open_identities(look.tx, look.keys, patients))
    except NotFound:  # one of them was erased: open the others one by one
        return [_identity_or_none(look, each) for each in patients]


def _identity_or_none(look: Look, patient: Patient) -> Identity | None:
    try:
        return open_identity(look.tx, look.keys, patient.patient)
    except NotFound:
        return None


def _row(
    look: Look, patient: Patient, identity: Identity | None, visit: Visit | None, doses: tuple[Dose, ...]
) -> Row:
    history = HISTORIES.load(look.tx, patient.patient)
    ended = () if history is None else history.ended
    courses = tuple(
        _course(look, patient, visit, history, each, product)
        for each in PRESCRIPTIONS.find(look.tx, patient_id=patient.patient)
        if each.is_live(look.moment) and (product := PRODUCTS.load(look.tx, each.product)) is not None
    )
    last = max(ended, key=lambda each: each.ended_at or look.moment, default=None)
    return Row(patient, identity, visit, courses, doses, last)


def _course(
    look: Look,
    patient: Patient,
    visit: Visit | None,
    history: DoseHistory | None,
    prescription: Prescription,
    product: Product,
) -> Course:
    facts = Facts(
        calendar(look.tx), pack_in_force(look.tx), patient, None, visit, prescription, product, (), history,
        accepted=newest_acceptance(look.tx),
    )  # fmt: skip
    step, expression = prescription.step_at(look.moment), product.content.expression
    measurable = None if step is None else _measurable(product, step)
    mass = Mass.zero(expression) if measurable is None else measurable.mass
    wanted = Wanted(
        DoseId(""), patient.patient, product.product, mass, (), prescription.route
    )  # no dose: a question
    today = facts.calendar.day(look.moment)
    given = (
        each.counted
        for each in (() if history is None else history.ended)
        if each.day == today and each.counted.expression is expression
    )
    return Course(
        prescription,
        product,
        look.name_of(prescription.prescriber),
        sum(given, Mass.zero(expression)),
        _stops(facts, wanted, look.moment),
        step,
        measurable,
        None if step is None else _due(facts, wanted, step, look.moment),
    )


def _stops(facts: Facts, wanted: Wanted, moment: datetime) -> tuple[Finding, ...]:
    """Every reason against it. A dose that is open counts as one that is open, never as its mass."""
    closed, history = facts, facts.history
    for each in () if history is None else history.blocking(moment):
        closed = closed.besides(each.dose)
    return (*assess_patient_now(closed, wanted, moment), *second_dose_at_once(facts, wanted, moment))


def _measurable(product: Product, step: Step) -> Measured | None:
    strength, graduation = product.concentration, product.graduation
    if strength is None or graduation is None or graduation.is_zero:
        return None
    if step.largest_single.expression is not strength.mass.expression:
        return None
    return strength.measure(step.largest_single, graduation)


def _due(facts: Facts, wanted: Wanted, step: Step, moment: datetime) -> datetime:
    last = None if facts.history is None else facts.history.last_end
    if last is None:
        return step.starts
    gap, by_pack = timedelta(minutes=step.earliest_after_previous), facts.minutes(MINIMUM_GAP)
    if by_pack is not None and not repeat_at_once(facts, wanted, moment):
        gap = max(gap, by_pack)
    return max(step.starts, last + gap)
