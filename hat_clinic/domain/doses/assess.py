"""Assess: every reason against each step of a dose. Nothing here raises; reports get breaches."""

from __future__ import annotations

from datetime import datetime

from hat_clinic.domain.doses import course_rules as course
from hat_clinic.domain.doses import signoff_rules as signoff
from hat_clinic.domain.doses.commands import (
    AccountRemainder,
    GiveDose,
    PermitDose,
    ReportUnpreparedDose,
    VerifyDose,
    VerifyGiven,
)
from hat_clinic.domain.doses.container_rules import assess_containers
from hat_clinic.domain.doses.facts import (
    PREPARERS,
    VERIFIERS,
    WHOLE_NEEDS_NO_VERIFIER,
    Acting,
    Facts,
    wanted_of_dose,
    wanted_of_permit,
    wanted_of_report,
)
from hat_clinic.domain.doses.hidden import hidden_from
from hat_clinic.domain.doses.permit_rules import AMOUNTLESS_RULES, assess_limits, assess_patient_now
from hat_clinic.domain.doses.state import Dose
from hat_clinic.vocabulary.errors import Finding
from hat_clinic.vocabulary.replacing import replace

Findings = tuple[Finding, ...]


def assess_permit(
    facts: Facts, known: Dose | None, acting: Acting, command: PermitDose, moment: datetime
) -> Findings:
    """Every reason against letting this dose be prepared; `known` is what has its id already."""
    wanted = wanted_of_permit(command, facts)
    return (
        *course.id_used(known),
        *signoff.no_role(acting.roles, PREPARERS, "you"),
        *signoff.is_the_patient(facts, acting.person),
        *assess_patient_now(facts, wanted, moment),
        *assess_containers(facts, wanted, moment),
    )


def assess_prepare(facts: Facts, dose: Dose, acting: Acting, moment: datetime) -> Findings:
    """Every reason against preparing it: each rule of its permit again, and the permit itself.

    Whoever may not know the dose hears no more than that: what the rules say of it would tell.
    """
    if hidden_from(dose, acting.person):
        return (*course.prepared_already(dose), *course.permit_of_another(dose, acting))
    wanted, others = wanted_of_dose(dose, facts), facts.besides(dose.dose)
    own = (
        *course.prepared_already(dose),
        *course.permit_lapsed(dose, moment),
        *course.permit_of_another(dose, acting),
        *signoff.no_role(acting.roles, PREPARERS, "you"),
        *signoff.is_the_patient(facts, acting.person),
        *assess_patient_now(others, wanted, moment),
    )
    # A dose that was drawn is out of its containers: that they lack it now is no second reason.
    return own if dose.drawn is not None else (*own, *assess_containers(others, wanted, moment))


def assess_verify(
    facts: Facts, dose: Dose, acting: Acting, command: VerifyDose, moment: datetime
) -> Findings:
    """Every reason against this reading being taken at all. It says nothing about what was read."""
    return (
        *signoff.same_person(dose, acting.person),
        *signoff.prescriber_verifies(facts, dose, acting.person),
        *signoff.is_the_patient(facts, acting.person),
        *signoff.no_role(acting.roles, VERIFIERS, "you"),
        *signoff.reported_before(dose, acting),
        *signoff.another_try(dose),
        *signoff.not_this_preparation(dose, command.prepared),
        *signoff.other_identity(dose, command.identity),
        *signoff.key_revoked(facts, dose),
        *course.too_late_for_hand_over(facts, dose, moment),
    )


def assess_hand_over(facts: Facts, dose: Dose, acting: Acting, moment: datetime) -> Findings:
    """Every reason against the patient having it now, for who may know what it is."""
    if hidden_from(dose, acting.person):
        return (*course.not_verified(dose), *signoff.not_its_two(dose, acting.person))
    others = facts.besides(dose.dose)
    return (
        *course.not_verified(dose),
        *course.too_late_for_hand_over(facts, dose, moment),
        *course.relied_on_changed(facts, dose),
        *signoff.not_its_two(dose, acting.person),
        *signoff.trust_of_both(facts),
        *signoff.key_revoked(facts, dose),
        *assess_patient_now(others, wanted_of_dose(dose, facts), moment),
    )


def assess_given(dose: Dose, acting: Acting, command: GiveDose) -> Findings:
    """What of the report is no arithmetic; nothing else refuses it."""
    return course.nothing_in_hand(dose) or course.given_does_not_add_up(dose, command, acting.person)


def breaches_unseen(
    facts: Facts, dose: Dose, acting: Acting, command: GiveDose, moment: datetime
) -> Findings:
    """Of the rules that were broken those that say nothing of how much the dose was."""
    late = course.reported_late(facts, command.happened_at, moment)
    by = signoff.not_the_performer(dose, acting.person)
    if command.given.is_zero:
        return (*by, *late)
    others, wanted = facts.besides(dose.dose), replace(wanted_of_dose(dose, facts), already_given=True)
    limits = (rule(others, wanted, command.happened_at) for rule in AMOUNTLESS_RULES)
    return (*by, *course.not_handed_over(dose), *(each for found in limits for each in found), *late)


def breaches_given(facts: Facts, dose: Dose, acting: Acting, command: GiveDose, moment: datetime) -> Findings:
    """Every rule that was broken by what happened, as of when it happened."""
    late = course.reported_late(facts, command.happened_at, moment)
    by = signoff.not_the_performer(dose, acting.person)
    if command.given.is_zero:
        return (*by, *late)
    wanted = replace(wanted_of_dose(dose, facts), already_given=True)
    return (
        *by,
        *course.not_handed_over(dose),
        *assess_limits(facts.besides(dose.dose), wanted, command.happened_at),
        *late,
    )


def verifier_waived(facts: Facts, command: GiveDose) -> bool:
    """Whether the pack lets this report stand on one signature: all was given, nothing is left."""
    return command.remainder.is_zero and facts.says(WHOLE_NEEDS_NO_VERIFIER)


def assess_given_verified(facts: Facts, dose: Dose, acting: Acting, command: VerifyGiven) -> Findings:
    """Every reason against this second statement on what was given."""
    return (
        *signoff.not_what_was_given(dose, command),
        *signoff.own_report(dose, acting.person),
        *signoff.not_its_verifier(dose, acting.person),
        *signoff.is_the_patient(facts, acting.person),
        *signoff.no_role(acting.roles, VERIFIERS, "you"),
    )


def assess_remainder(dose: Dose, acting: Acting, command: AccountRemainder) -> Findings:
    """What of the report is no arithmetic; nothing else refuses it."""
    return course.more_than_open(dose, command, acting.person)


def breaches_remainder(
    facts: Facts, dose: Dose, acting: Acting, command: AccountRemainder, moment: datetime
) -> Findings:
    """Every rule that was broken by what happened."""
    return (
        *signoff.not_the_performer(dose, acting.person),
        *course.lost(command),
        *course.reported_late(facts, command.happened_at, moment),
    )


def breaches_unprepared(
    facts: Facts, acting: Acting, command: ReportUnpreparedDose, moment: datetime
) -> Findings:
    """Every rule of a permit that was broken, as of when it happened; and AD43, for there was none."""
    wanted = wanted_of_report(command)
    return (
        *signoff.no_role(acting.roles, PREPARERS, "you"),
        *signoff.is_the_patient(facts, acting.person),
        Finding("AD43", "this dose was never permitted to be handed over", course.HOUSE),
        *assess_patient_now(facts, wanted, command.happened_at),
        *assess_containers(facts, wanted, command.happened_at),
        *course.reported_late(facts, command.happened_at, moment),
    )
