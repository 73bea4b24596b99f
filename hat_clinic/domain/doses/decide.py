"""Decide: which entries follow. Permits are refused with every finding; reports never by a rule."""

from __future__ import annotations

from datetime import datetime

from hat_clinic.domain.doses import assess
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
from hat_clinic.domain.doses.course_rules import id_used
from hat_clinic.domain.doses.facts import Acting, Facts
from hat_clinic.domain.doses.signoff_rules import does_not_match
from hat_clinic.domain.doses.state import ENDING, PERMIT_LASTS, Dose, sum_of
from hat_clinic.domain.entries.doses import (
    DoseGiven,
    DoseHandedOver,
    DoseMismatched,
    DosePermitted,
    DosePrepared,
    DoseRemainderAccounted,
    DoseVerified,
    Draw,
    GivenVerified,
    UnpreparedDoseReported,
)
from hat_clinic.domain.entries.incidents import IncidentOpened
from hat_clinic.vocabulary.errors import Finding, Refused, Rejected
from hat_clinic.vocabulary.ids import DoseId, IncidentId, PatientId, is_lot
from hat_clinic.vocabulary.quantities import Mass, Volume

SHORTEST_NONCE = 16


def decide_permit(
    facts: Facts, known: Dose | None, acting: Acting, command: PermitDose, moment: datetime
) -> tuple[DosePermitted]:
    """The dose may be prepared within 15 minutes; its mass is reserved until then.

    Refuses: AD20 to AD35, AD47, AD49, SO03, SO04; of titration TI01, TI02, TI04, TI05, TI07; of the
    containers CD07 and CD11 to CD17.
    """
    _require_draws(command.draws, command.mass)
    _require_none(assess.assess_permit(facts, known, acting, command, moment))
    return (
        DosePermitted(
            command.dose,
            command.patient,
            command.visit,
            command.prescription,
            command.product,
            command.mass,
            command.draws,
            moment + PERMIT_LASTS,
        ),
    )


def decide_prepare(
    facts: Facts, dose: Dose, acting: Acting, command: PrepareDose, moment: datetime
) -> tuple[DosePrepared]:
    """The drug is out of its containers and in the performer's hands.

    Refuses: what `decide_permit` refuses, and AD36 to AD38.
    """
    if len(command.nonce) < SHORTEST_NONCE:
        raise Rejected(f"a nonce has at least {SHORTEST_NONCE} bytes", "nonce")
    _require_none(assess.assess_prepare(facts, dose, acting, moment))
    prescription, visit = facts.prescription, facts.visit
    if prescription is None or visit is None or visit.identified is None or visit.assessed_rec is None:
        raise AssertionError("AD21 to AD24 have refused this")
    return (
        DosePrepared(
            dose=dose.dose,
            patient=dose.patient,
            visit=visit.visit,
            prescription=prescription.prescription,
            prescription_hash=prescription.payload,
            prescriber=prescription.prescriber,
            product=dose.product,
            route=prescription.route,
            draws=dose.draws,
            mass=dose.mass,
            surplus=dose.surplus,
            relies_on=(visit.identified, visit.assessed_rec),
            nonce=command.nonce,
            volume=_volume(dose.draws),
        ),
    )


def draft_verified(
    facts: Facts, dose: Dose, acting: Acting, command: VerifyDose, moment: datetime
) -> DoseVerified:
    """The statement of what was read, whatever it was, to be signed before it is compared.

    Refuses: SO01 to SO07, AD39.
    """
    if len(command.nonce) < SHORTEST_NONCE:
        raise Rejected(f"a nonce has at least {SHORTEST_NONCE} bytes", "nonce")
    if len(command.container_ending) != ENDING:
        raise Rejected(f"enter the last {ENDING} characters of the container", "container_ending")
    _require_none(assess.assess_verify(facts, dose, acting, command, moment))
    return DoseVerified(
        dose.dose,
        dose.patient,
        command.prepared,
        command.identity,
        command.reading,
        command.container_ending,
        command.nonce,
    )


def decide_verify(
    facts: Facts, dose: Dose, acting: Acting, command: VerifyDose, moment: datetime
) -> tuple[DoseVerified] | tuple[DoseMismatched, IncidentOpened]:
    """The reading agrees and the dose is verified; or it does not, and the preparation is dead.

    Refuses: SO01 to SO07, AD39.
    """
    verified = draft_verified(facts, dose, acting, command, moment)
    if command.envelope is None:
        raise Rejected("a reading is compared once it is signed", "envelope")
    findings = does_not_match(dose, command)
    if not findings:
        return (verified,)
    mismatched = DoseMismatched(dose.dose, dose.patient, acting.person, command.envelope)
    return (mismatched, _incident(command.incident, findings, dose.patient, dose.dose))


def decide_hand_over(
    facts: Facts, dose: Dose, acting: Acting, command: HandOverDose, moment: datetime
) -> tuple[DoseHandedOver]:
    """The patient may have the syringe.

    Refuses: AD20 to AD31, AD39 to AD41, AD49, TI01, TI02, TI04, TI05, TI07, SO04, SO09, SO13.
    """
    _require_none(assess.assess_hand_over(facts, dose, acting, moment))
    return (DoseHandedOver(dose.dose, dose.patient),)


def decide_given(
    facts: Facts, dose: Dose, acting: Acting, command: GiveDose, moment: datetime
) -> tuple[DoseGiven] | tuple[DoseGiven, IncidentOpened]:
    """What the patient received is on record, with every rule it broke.

    Refuses: AD44 and AD46, which are arithmetic; nothing else.
    """
    _require_masses((command.given, command.remainder), dose.mass)
    _require_past(command.happened_at, moment, dose)
    _require_none(assess.assess_given(dose, command))
    breaches = assess.breaches_given(facts, dose, acting, command, moment)
    given = DoseGiven(
        dose.dose,
        dose.patient,
        command.given,
        command.remainder,
        command.happened_at,
        _rules(breaches),
        True if assess.verifier_waived(facts, command) else None,
    )
    if not breaches:
        return (given,)
    return (given, _incident(command.incident, breaches, dose.patient, dose.dose))


def decide_given_verified(
    facts: Facts, dose: Dose, acting: Acting, command: VerifyGiven
) -> tuple[GivenVerified]:
    """The second person saw it given.

    Refuses: SO01, SO03, SO04, SO11, SO12.
    """
    _require_none(assess.assess_given_verified(facts, dose, acting, command))
    return (GivenVerified(dose.dose, dose.patient, command.names),)


def decide_remainder(
    facts: Facts, dose: Dose, acting: Acting, command: AccountRemainder, moment: datetime
) -> tuple[DoseRemainderAccounted] | tuple[DoseRemainderAccounted, IncidentOpened]:
    """Where the mass went is on record; it counts towards closing once confirmed.

    Refuses: AD44, which is arithmetic; nothing else.
    """
    _require_masses((command.mass,), dose.mass)
    _require_past(command.happened_at, moment, None)
    _require_none(assess.assess_remainder(dose, command))
    breaches = assess.breaches_remainder(facts, dose, acting, command, moment)
    accounted = DoseRemainderAccounted(
        dose.dose,
        dose.patient,
        command.whereabouts,
        command.mass,
        command.happened_at,
        command.reason,
        _rules(breaches),
    )
    if not breaches:
        return (accounted,)
    return (accounted, _incident(command.incident, breaches, dose.patient, dose.dose))


def decide_unprepared(
    facts: Facts, known: Dose | None, acting: Acting, command: ReportUnpreparedDose, moment: datetime
) -> tuple[UnpreparedDoseReported, IncidentOpened]:
    """The dose is on record as given, with every rule it broke, and somebody must look.

    Refuses: AD47, a dose id used before; nothing else.
    """
    _require_draws(command.draws, command.given)
    _require_masses((command.surplus,), command.given)
    _require_past(command.happened_at, moment, None)
    if command.given.is_zero:
        raise Rejected("nothing was given: account for the stock instead", "given")
    drawn = sum_of((draw.mass for draw in command.draws), command.given.expression)
    if drawn != command.given + command.surplus:
        raise Rejected("the draws do not add up to what was given and the surplus", "draws")
    _require_none(id_used(known))
    breaches = assess.breaches_unprepared(facts, acting, command, moment)
    reported = UnpreparedDoseReported(
        command.dose,
        command.patient,
        command.product,
        command.route,
        command.draws,
        command.given,
        command.surplus,
        command.happened_at,
        command.reason,
        _rules(breaches),
        command.prescription,
        command.visit,
    )
    return (reported, _incident(command.incident, breaches, command.patient, command.dose))


def _require_none(findings: tuple[Finding, ...]) -> None:
    if findings:
        raise Refused(findings)


def _rules(findings: tuple[Finding, ...]) -> tuple[str, ...]:
    """Each rule once, in the order it was found."""
    return tuple(dict.fromkeys(finding.rule for finding in findings))


def _incident(
    incident: IncidentId, findings: tuple[Finding, ...], patient: PatientId, dose: DoseId
) -> IncidentOpened:
    return IncidentOpened(incident, _rules(findings), patient, dose)


def _volume(draws: tuple[Draw, ...]) -> Volume | None:
    """All that is drawn, where every draw was measured."""
    total = Volume(0)
    for draw in draws:
        if draw.volume is None:
            return None
        total = total + draw.volume
    return total


def _require_draws(draws: tuple[Draw, ...], mass: Mass) -> None:
    if not draws:
        raise Rejected("name at least one container", "draws")
    if not all(is_lot(draw.lot) for draw in draws):
        raise Rejected("a lot has up to 20 letters, digits, dots, slashes and dashes", "draws")
    _require_masses(tuple(draw.mass for draw in draws), mass, "draws")


def _require_masses(masses: tuple[Mass, ...], like: Mass, field: str = "mass") -> None:
    """Masses of two expressions are not one quantity, so that nothing can be said about them."""
    if any(mass.expression is not like.expression for mass in masses):
        raise Rejected(f"write every mass as {like.expression.value.replace('_', ' ')}", field)


def _require_past(happened_at: datetime, moment: datetime, dose: Dose | None) -> None:
    """It happened before now, and after the drug was there; a clock set back is no reason against."""
    if happened_at > moment:
        raise Rejected("this moment has not come yet", "happened_at")
    there_at = None if dose is None else dose.handed_over_at or dose.prepared_at
    if there_at is not None and happened_at < min(there_at, moment):
        raise Rejected("this is before the dose was prepared or handed over", "happened_at")
