"""The use cases of a dose, from the question whether it may be prepared to its last milligram.

Everything the rules look at is loaded here, under the site's lock, and handed to the domain.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hat_clinic.domain.doses import decide
from hat_clinic.domain.doses.commands import (
    AccountRemainder,
    GiveDose,
    HandOverDose,
    PermitDose,
    PrepareDose,
    ReportUnpreparedDose,
    VerifyDose,
    VerifyGiven,
)
from hat_clinic.domain.doses.facts import PREPARERS, VERIFIERS, Acting, Facts
from hat_clinic.domain.doses.state import Dose
from hat_clinic.domain.entries import Entry
from hat_clinic.domain.entries.doses import (
    DoseGiven,
    DoseHandedOver,
    DosePermitted,
    DosePrepared,
    DoseRemainderAccounted,
    DoseVerified,
    Draw,
    GivenVerified,
    UnpreparedDoseReported,
)
from hat_clinic.handlers.acts import Act, Actor, Decision
from hat_clinic.handlers.patients import open_identity
from hat_clinic.handlers.unread import drawn_from, has_report, unread_by, unread_of, without_amounts
from hat_clinic.projections.clock import newest_acceptance
from hat_clinic.projections.doses import DOSES, HISTORIES, calendar
from hat_clinic.projections.packs import pack_in_force
from hat_clinic.projections.patients import PATIENTS
from hat_clinic.projections.prescriptions import PRESCRIPTIONS
from hat_clinic.projections.staff import KEYS, PERSONS
from hat_clinic.projections.stock import CONTAINERS, PRODUCTS
from hat_clinic.projections.visits import VISITS
from hat_clinic.store.transaction import Transaction
from hat_clinic.vocabulary.errors import NotFound, Refused
from hat_clinic.vocabulary.ids import DoseId, KeyId, PatientId, PersonId, PrescriptionId, ProductId, VisitId
from hat_clinic.vocabulary.replacing import replace
from hat_clinic.vocabulary.terms import Role

MOST_REMEMBERED = 4096
_NO_STAFF: set[bytes] = set()
"""Hashes of identities that were opened and name no member of staff."""
REPORTERS = PREPARERS | VERIFIERS | {Role.MEDICAL_LEAD}


def require_dose(tx: Transaction, dose: DoseId) -> Dose:
    """The dose.

    Raises: NotFound.
    """
    found = DOSES.load(tx, dose)
    if found is None:
        raise NotFound("no such dose is on record here")
    return found


# --- what the rules look at ---------------------------------------------------------------


def _acting(actor: Actor, has_report: bool = False) -> Acting:
    return Acting(actor.person, actor.terminal, actor.roles, has_report)


def _blind(tx: Transaction, actor: Actor, facts: Facts) -> Facts:
    """The facts of a question: nobody learns from its answer how much another's dose is."""
    return replace(facts, unread=unread_of(tx, facts.history, actor.person, tx.now))


def _facts(
    tx: Transaction,
    patient: PatientId,
    product: ProductId,
    draws: Iterable[Draw],
    visit: VisitId | None,
    prescription: PrescriptionId | None,
) -> Facts:
    containers = (CONTAINERS.load(tx, each.container) for each in draws)
    return Facts(
        calendar=calendar(tx),
        pack=pack_in_force(tx),
        patient=PATIENTS.load(tx, patient),
        patient_person=_person_of(tx, patient),
        visit=None if visit is None else VISITS.load(tx, visit),
        prescription=None if prescription is None else PRESCRIPTIONS.load(tx, prescription),
        product=PRODUCTS.load(tx, product),
        containers=tuple(each for each in containers if each is not None),
        history=HISTORIES.load(tx, patient),
        accepted=newest_acceptance(tx),
    )


def _facts_of_permit(tx: Transaction, actor: Actor, command: PermitDose) -> Facts:
    visit, prescription = command.visit, command.prescription
    return _blind(tx, actor, _facts(tx, command.patient, command.product, command.draws, visit, prescription))


def _facts_of_report(tx: Transaction, command: ReportUnpreparedDose) -> Facts:
    return _facts(tx, command.patient, command.product, command.draws, command.visit, command.prescription)


def _facts_of_dose(tx: Transaction, dose: Dose) -> Facts:
    facts = _facts(tx, dose.patient, dose.product, dose.draws, dose.visit, dose.prescription)
    signed = (dose.performer_key, dose.verifier_key)
    revoked = frozenset(key for key in signed if key is not None and not _speaks(tx, key))
    return facts.of_two(_roles(tx, dose.performer), _roles(tx, dose.verifier), revoked)


def _speaks(tx: Transaction, key: KeyId) -> bool:
    found = KEYS.load(tx, key)
    return found is not None and found.until is None


def _roles(tx: Transaction, person: PersonId | None) -> frozenset[Role]:
    found = None if person is None else PERSONS.load(tx, person)
    return frozenset() if found is None else frozenset(found.roles)


def _person_of(tx: Transaction, patient: PatientId) -> PersonId | None:
    """The member of staff this patient is, if so; it stands in the sealed identity only.

    Why only nobodies are remembered: an identity is what its hash says for ever, and that it
    names no member of staff tells nothing about anybody.
    """
    known = PATIENTS.load(tx, patient)
    if known is None or known.identity_rec in _NO_STAFF:
        return None
    try:
        person = open_identity(tx, tx.keys, patient).enrolled.person
    except NotFound:
        return None
    if person is not None:
        return PersonId(person)
    if len(_NO_STAFF) >= MOST_REMEMBERED:
        _NO_STAFF.clear()
    _NO_STAFF.add(known.identity_rec)
    return None


# --- deciding -----------------------------------------------------------------------------


def _permit(tx: Transaction, actor: Actor, command: PermitDose) -> Decision:
    facts, known = _facts_of_permit(tx, actor, command), DOSES.load(tx, command.dose)
    try:
        return Decision(decide.decide_permit(facts, known, _acting(actor), command, tx.now))
    except Refused as error:
        findings = without_amounts(tx, actor.person, command.draws, error.findings)
        raise Refused(findings) from None


def _prepare(tx: Transaction, actor: Actor, command: PrepareDose) -> Decision:
    dose = require_dose(tx, command.dose)
    facts = _blind(tx, actor, _facts_of_dose(tx, dose))
    return Decision(decide.decide_prepare(facts, dose, _acting(actor), command, tx.now))


def _draft_verified(tx: Transaction, actor: Actor, command: VerifyDose) -> Entry:
    dose = require_dose(tx, command.dose)
    acting = _acting(actor, has_report(tx, actor.person, dose.dose))
    return decide.draft_verified(_facts_of_dose(tx, dose), dose, acting, command, tx.now)


def _verify(tx: Transaction, actor: Actor, command: VerifyDose) -> Decision:
    dose = require_dose(tx, command.dose)
    facts, acting = _facts_of_dose(tx, dose), _acting(actor, has_report(tx, actor.person, dose.dose))
    return Decision(decide.decide_verify(facts, dose, acting, command, tx.now))


def _hand_over(tx: Transaction, actor: Actor, command: HandOverDose) -> Decision:
    dose = require_dose(tx, command.dose)
    facts = _blind(tx, actor, _facts_of_dose(tx, dose))
    return Decision(decide.decide_hand_over(facts, dose, _acting(actor), command, tx.now))


def _draft_given(tx: Transaction, actor: Actor, command: GiveDose) -> Entry:
    dose = require_dose(tx, command.dose)
    facts = _blind(tx, actor, _facts_of_dose(tx, dose))
    return decide.draft_given(facts, dose, _acting(actor), command, tx.at)


def _give(tx: Transaction, actor: Actor, command: GiveDose) -> Decision:
    dose = require_dose(tx, command.dose)
    facts = _facts_of_dose(tx, dose)
    return Decision(decide.decide_given(facts, dose, _acting(actor), command, tx.at))


def _verify_given(tx: Transaction, actor: Actor, command: VerifyGiven) -> Decision:
    dose = require_dose(tx, command.dose)
    return Decision(decide.decide_given_verified(_facts_of_dose(tx, dose), dose, _acting(actor), command))


def _draft_remainder(tx: Transaction, actor: Actor, command: AccountRemainder) -> Entry:
    dose = require_dose(tx, command.dose)
    return decide.draft_remainder(_facts_of_dose(tx, dose), dose, _acting(actor), command, tx.at)


def _account(tx: Transaction, actor: Actor, command: AccountRemainder) -> Decision:
    dose = require_dose(tx, command.dose)
    facts = _facts_of_dose(tx, dose)
    return Decision(decide.decide_remainder(facts, dose, _acting(actor), command, tx.at))


def _draft_unprepared(tx: Transaction, actor: Actor, command: ReportUnpreparedDose) -> Entry:
    """Without CD15 and AD30, where they would tell how much somebody else holds; the incident has them."""
    facts, known = _blind(tx, actor, _facts_of_report(tx, command)), DOSES.load(tx, command.dose)
    entry, _ = decide.decide_unprepared(facts, known, _acting(actor), command, tx.at)
    if not {draw.container for draw in command.draws} & drawn_from(unread_by(tx, actor.person)):
        return entry
    return replace(entry, breaches=tuple(each for each in entry.breaches if each != "CD15"))


def _report_unprepared(tx: Transaction, actor: Actor, command: ReportUnpreparedDose) -> Decision:
    facts, known = _facts_of_report(tx, command), DOSES.load(tx, command.dose)
    return Decision(decide.decide_unprepared(facts, known, _acting(actor), command, tx.at))


ACTS: tuple[Act[Any], ...] = (
    Act("permit-dose", PermitDose, DosePermitted, PREPARERS, _permit, permit=True),
    Act("prepare-dose", PrepareDose, DosePrepared, PREPARERS, _prepare, permit=True),
    Act("verify-dose", VerifyDose, DoseVerified, VERIFIERS, _verify, _draft_verified, permit=True),
    Act("hand-over-dose", HandOverDose, DoseHandedOver, VERIFIERS, _hand_over, permit=True),
    Act("give-dose", GiveDose, DoseGiven, REPORTERS, _give, _draft_given),
    Act("verify-given", VerifyGiven, GivenVerified, VERIFIERS, _verify_given),
    Act("account-remainder", AccountRemainder, DoseRemainderAccounted, REPORTERS, _account, _draft_remainder),
    Act(
        "report-unprepared-dose",
        ReportUnpreparedDose,
        UnpreparedDoseReported,
        REPORTERS,
        _report_unprepared,
        _draft_unprepared,
    ),
)
