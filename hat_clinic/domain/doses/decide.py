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
from hat_clinic.domain.doses.course_rules import id_used, nothing_in_hand
from hat_clinic.domain.doses.facts import Acting, Facts
from hat_clinic.domain.doses.form import (
    require_draws,
    require_endings,
    require_masses,
    require_none,
    require_past,
    require_unplanned,
)
from hat_clinic.domain.doses.hidden import hidden_from
from hat_clinic.domain.doses.signoff_rules import does_not_match
from hat_clinic.domain.doses.state import PERMIT_LASTS, Dose
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
from hat_clinic.vocabulary.errors import Finding, Rejected
from hat_clinic.vocabulary.ids import DoseId, IncidentId, PatientId
from hat_clinic.vocabulary.quantities import Volume

SHORTEST_NONCE = 16


def decide_permit(
    facts: Facts, known: Dose | None, acting: Acting, command: PermitDose, moment: datetime
) -> tuple[DosePermitted]:
    """The dose may be prepared within 15 minutes; its mass is reserved until then.

    Refuses: AD20 to AD35, AD47, AD49, SO03, SO04; of titration TI01, TI02, TI04, TI05, TI07; of the
    containers CD07 and CD11 to CD17.
    """
    require_draws(command.draws, command.mass)
    require_none(assess.assess_permit(facts, known, acting, command, moment))
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
    require_none(assess.assess_prepare(facts, dose, acting, moment))
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
    require_endings(command)
    require_none(assess.assess_verify(facts, dose, acting, command, moment))
    return DoseVerified(
        dose.dose,
        dose.patient,
        command.prepared,
        command.identity,
        command.reading,
        command.container_ending,
        command.nonce,
        command.other_container_endings,
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
    findings = does_not_match(dose, verified)
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
    require_none(assess.assess_hand_over(facts, dose, acting, moment))
    return (DoseHandedOver(dose.dose, dose.patient),)


def draft_given(facts: Facts, dose: Dose, acting: Acting, command: GiveDose, moment: datetime) -> DoseGiven:
    """What will be signed: of a dose nobody has verified yet, without a word on whether its sum is right.

    Why: drawing a statement leaves no trace. Whoever could try sums on it would know the dose.
    Refuses: AD46; AD44 to the performer, and of a dose that was verified.
    """
    if not hidden_from(dose, acting.person):
        return decide_given(facts, dose, acting, command, moment)[0]
    _require_reportable(dose, command, moment)
    require_none(nothing_in_hand(dose))
    return _given(facts, dose, command, assess.breaches_unseen(facts, dose, acting, command, moment))


def decide_given(
    facts: Facts, dose: Dose, acting: Acting, command: GiveDose, moment: datetime
) -> tuple[DoseGiven] | tuple[DoseGiven, IncidentOpened]:
    """What the patient received is on record, with every rule it broke.

    Refuses: AD44 and AD46, which are arithmetic; nothing else.
    """
    _require_reportable(dose, command, moment)
    require_none(assess.assess_given(dose, acting, command))
    breaches = assess.breaches_given(facts, dose, acting, command, moment)
    given = _given(facts, dose, command, breaches)
    if not breaches:
        return (given,)
    return (given, _incident(command.incident, breaches, dose.patient, dose.dose))


def decide_given_verified(
    facts: Facts, dose: Dose, acting: Acting, command: VerifyGiven
) -> tuple[GivenVerified]:
    """The second person saw it given.

    Refuses: SO01, SO03, SO04, SO11, SO12.
    """
    require_none(assess.assess_given_verified(facts, dose, acting, command))
    return (GivenVerified(dose.dose, dose.patient, command.names),)


def draft_remainder(
    facts: Facts, dose: Dose, acting: Acting, command: AccountRemainder, moment: datetime
) -> DoseRemainderAccounted:
    """What will be signed: of a dose nobody has verified yet, without a word on what of it is open.

    Refuses: AD44 to the performer, and of a dose that was verified.
    """
    if not hidden_from(dose, acting.person):
        return decide_remainder(facts, dose, acting, command, moment)[0]
    require_masses((command.mass,), dose.mass)
    require_past(command.happened_at, moment, None)
    return _accounted(dose, command, assess.breaches_remainder(facts, dose, acting, command, moment))


def decide_remainder(
    facts: Facts, dose: Dose, acting: Acting, command: AccountRemainder, moment: datetime
) -> tuple[DoseRemainderAccounted] | tuple[DoseRemainderAccounted, IncidentOpened]:
    """Where the mass went is on record; it counts towards closing once confirmed.

    Refuses: AD44, which is arithmetic; nothing else.
    """
    require_masses((command.mass,), dose.mass)
    require_past(command.happened_at, moment, None)
    require_none(assess.assess_remainder(dose, acting, command))
    breaches = assess.breaches_remainder(facts, dose, acting, command, moment)
    accounted = _accounted(dose, command, breaches)
    if not breaches:
        return (accounted,)
    return (accounted, _incident(command.incident, breaches, dose.patient, dose.dose))


def decide_unprepared(
    facts: Facts, known: Dose | None, acting: Acting, command: ReportUnpreparedDose, moment: datetime
) -> tuple[UnpreparedDoseReported, IncidentOpened]:
    """The dose is on record as given, with every rule it broke, and somebody must look.

    Refuses: AD47, a dose id used before; nothing else.
    """
    require_unplanned(facts, command, moment)
    require_none(id_used(known))
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


def _require_reportable(dose: Dose, command: GiveDose, moment: datetime) -> None:
    require_masses((command.given,), dose.mass, "given")
    require_masses((command.remainder,), dose.mass, "remainder")
    require_past(command.happened_at, moment, dose)


def _given(facts: Facts, dose: Dose, command: GiveDose, breaches: tuple[Finding, ...]) -> DoseGiven:
    waived = True if assess.verifier_waived(facts, command) else None
    return DoseGiven(
        dose.dose, dose.patient, command.given, command.remainder, command.happened_at,
        _rules(breaches), waived,
    )  # fmt: skip


def _accounted(
    dose: Dose, command: AccountRemainder, breaches: tuple[Finding, ...]
) -> DoseRemainderAccounted:
    return DoseRemainderAccounted(
        dose.dose, dose.patient, command.whereabouts, command.mass, command.happened_at,
        command.reason, _rules(breaches),
    )  # fmt: skip


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
