"""Rules AD20 to AD31 and AD49: may this patient have this mass now? One small function a rule."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeAlias

from hat_clinic.domain.doses.facts import Facts, Wanted
from hat_clinic.domain.doses.state import pause_since
from hat_clinic.domain.prescriptions import recent_doses, single_limit
from hat_clinic.domain.prescriptions.titration import FIRST_SINGLE, MINIMUM_GAP, REPEAT_AT_ONCE
from hat_clinic.vocabulary.errors import Finding
from hat_clinic.vocabulary.moments import clock_text
from hat_clinic.vocabulary.quantities import mass_text
from hat_clinic.vocabulary.terms import Route

Rule: TypeAlias = Callable[[Facts, Wanted, datetime], tuple[Finding, ...]]

HOUSE = "house rule on persons"
PRESCRIBED = "the signed prescription; house rule on doses"
DAILY = "the signed prescription, on the clinic's day; house rule on time"
TITRATION = "the signed prescription; Swissmedic-approved text Diaphin i.v., dosage"
IDENTITY = "house rule on records: a dose is signed for one identity, by its hash"
REFUSAL = "Diaphin patient leaflet: a dose may be refused; house rule on persons"


def assess_limits(facts: Facts, wanted: Wanted, moment: datetime) -> tuple[Finding, ...]:
    """Every reason in prescription, pauses and the day's maximum against this mass at this moment."""
    return _all(LIMIT_RULES, facts, wanted, moment)


def assess_patient_now(facts: Facts, wanted: Wanted, moment: datetime) -> tuple[Finding, ...]:
    """Every reason against giving this patient this mass now, wherever it comes from."""
    return _all((*PATIENT_RULES, *LIMIT_RULES, second_dose_at_once), facts, wanted, moment)


def _all(rules: tuple[Rule, ...], facts: Facts, wanted: Wanted, moment: datetime) -> tuple[Finding, ...]:
    return tuple(finding for rule in rules for finding in rule(facts, wanted, moment))


def no_pack(facts: Facts, wanted: Wanted, moment: datetime) -> tuple[Finding, ...]:
    """AD49: a dose where no protocol pack is adopted: nobody said by which numbers.

    Source: house rule on sources.
    """
    if facts.pack is not None:
        return ()
    words = "no protocol pack is adopted here: the medical lead and a second person adopt one first"
    return (Finding("AD49", words, "house rule on sources"),)


def not_enrolled(facts: Facts, wanted: Wanted, moment: datetime) -> tuple[Finding, ...]:
    """AD20: a dose for somebody who is not enrolled here.

    Source: house rule on persons.
    """
    if facts.patient is not None and facts.patient.patient == wanted.patient:
        return ()
    return (Finding("AD20", "this patient is not enrolled here: enrol the patient first", HOUSE),)


def no_open_visit(facts: Facts, wanted: Wanted, moment: datetime) -> tuple[Finding, ...]:
    """AD21: a dose outside an open visit of this patient.

    Source: house rule on persons.
    """
    visit = facts.visit
    if visit is not None and visit.open and visit.patient == wanted.patient:
        return ()
    return (Finding("AD21", "this patient has no open visit: let the patient arrive first", HOUSE),)


def identity_unchecked(facts: Facts, wanted: Wanted, moment: datetime) -> tuple[Finding, ...]:
    """AD22: a dose for a person whose identity, as it stands now, was not checked in this visit.

    Source: house rule on records.
    """
    now = None if facts.patient is None else facts.patient.identity_rec
    if facts.visit is not None and now is not None and facts.visit.identified == now:
        return ()
    words = "the identity was not checked in this visit, or it changed since: check two identifiers"
    return (Finding("AD22", words, IDENTITY),)


def not_fit(facts: Facts, wanted: Wanted, moment: datetime) -> tuple[Finding, ...]:
    """AD23: a dose for a patient who was not assessed in this visit, or not found fit.

    Source: Diaphin patient leaflet; house rule on persons.
    """
    visit = facts.visit
    if visit is None or visit.assessed_rec is None or visit.fit is None:
        return (Finding("AD23", "the patient was not assessed in this visit: assess first", REFUSAL),)
    if not visit.fit:
        words = "the patient was found not fit for a dose: wait and assess again, or call the prescriber"
        return (Finding("AD23", words, REFUSAL),)
    return ()


def no_prescription(facts: Facts, wanted: Wanted, moment: datetime) -> tuple[Finding, ...]:
    """AD24: a dose without a prescription of this patient that is in force.

    Source: the prescription; house rule on doses.
    """
    found = facts.prescription
    if found is not None and found.patient == wanted.patient and not found.ended:
        return ()
    words = "no prescription of this patient is in force: ask the prescriber"
    return (Finding("AD24", words, PRESCRIBED),)


def no_step(facts: Facts, wanted: Wanted, moment: datetime) -> tuple[Finding, ...]:
    """AD25: a dose at a moment for which the prescription says nothing.

    Source: the prescription; house rule on doses.
    """
    if facts.prescription is None or facts.step(moment) is not None:
        return ()
    words = "the prescription does not cover this time: ask the prescriber for a new one"
    return (Finding("AD25", words, PRESCRIBED),)


def other_product(facts: Facts, wanted: Wanted, moment: datetime) -> tuple[Finding, ...]:
    """AD26: another product, route or expression of mass than the prescription and the label say.

    Source: the prescription and the label: 100 mg of two expressions are two amounts of drug.
    """
    prescription, product = facts.prescription, facts.product
    found = []
    if product is None or product.product != wanted.product:
        found.append("this product is not listed here: choose a listed one")
    elif prescription is not None and prescription.product != wanted.product:
        found.append("the prescription is for another product: take that one")
    elif prescription is not None and prescription.route not in product.routes:
        found.append("this product's label does not allow the prescribed route: ask the prescriber")
    if prescription is not None and wanted.route not in (None, prescription.route):
        found.append("the prescription names another route: ask the prescriber")
    if not wanted.one_expression or (
        product is not None and product.content.expression is not wanted.mass.expression
    ):
        found.append("the mass is not written in the expression of this product's label")
    return tuple(Finding("AD26", words, "the prescription and the label") for words in found)


def too_much_at_once(facts: Facts, wanted: Wanted, moment: datetime) -> tuple[Finding, ...]:
    """AD27: more in one dose than the prescription's step allows.

    Source: the prescription.
    """
    step = facts.step(moment)
    if step is None or step.largest_single.expression is not wanted.mass.expression:
        return ()
    if wanted.mass <= step.largest_single:
        return ()
    words = f"{mass_text(wanted.mass)} is too much at once: at most {mass_text(step.largest_single)}"
    return (Finding("AD27", words, PRESCRIBED),)


def too_early(facts: Facts, wanted: Wanted, moment: datetime) -> tuple[Finding, ...]:
    """AD28: a dose sooner after the end of the previous one than the prescription's step allows.

    Source: the prescription; Swissmedic-approved text Diaphin i.v., dosage: at most every half hour.
    """
    step = facts.step(moment)
    if step is None:
        return ()
    gap = timedelta(minutes=step.earliest_after_previous)
    return _gap("AD28", facts, wanted, moment, gap, TITRATION)


def too_early_by_pack(facts: Facts, wanted: Wanted, moment: datetime) -> tuple[Finding, ...]:
    """AD29: a dose sooner after the end of the previous one than the adopted pack allows.

    Source: the pack's value.
    """
    value = facts.value(MINIMUM_GAP)
    if value is None or repeat_at_once(facts, wanted, moment):
        return ()
    return _gap("AD29", facts, wanted, moment, timedelta(minutes=value.number), value.source)


def repeat_at_once(facts: Facts, wanted: Wanted, moment: datetime) -> bool:
    """Whether this is the one dose that may follow the very first without a pause.

    It may where the pack names its mass, the prescriber set no pause and the patient had nothing
    but one first dose.
    Source: Swissmedic-approved text Diaphin i.v., dosage: 15 mg, if well tolerated 15 mg at once.
    """
    first, repeat = facts.milligrams(FIRST_SINGLE), facts.milligrams(REPEAT_AT_ONCE)
    step, recent = facts.step(moment), () if facts.history is None else facts.history.recent
    entered = [each for each in recent if each.injections]
    if first is None or repeat is None or step is None or len(entered) != 1:
        return False
    masses = (entered[0].counted, wanted.mass)
    if any(mass.expression is not first.expression for mass in masses):
        return False
    small = entered[0].counted <= first and wanted.mass <= repeat
    return small and step.earliest_after_previous == 0 and entered[0].day == facts.calendar.day(moment)


def _gap(
    rule: str, facts: Facts, wanted: Wanted, moment: datetime, gap: timedelta, source: str
) -> tuple[Finding, ...]:
    ended = () if facts.history is None else facts.history.ended
    pauses = [pause_since(each, moment, facts.accepted, wanted.already_given) for each in ended]
    shortest = min((pause for pause in pauses if pause is not None), default=gap)
    if shortest >= gap:
        return ()
    minutes, zone = gap // timedelta(minutes=1), facts.calendar.zone
    last = max(each.ended_at for each in ended if each.ended_at is not None)
    words = (
        f"too early: the last dose ended at {clock_text(last, zone)} and {minutes} minutes must pass; "
        f"wait until {clock_text(moment + gap - shortest, zone)}"
    )
    return (Finding(rule, words, source),)


def over_the_day(facts: Facts, wanted: Wanted, moment: datetime) -> tuple[Finding, ...]:
    """AD30: more on one clinic day than the prescription's step allows, open doses counted in full.

    A dose that somebody else holds and nobody has verified is not counted, or asking would tell how
    much it is: while there is one, AD31 stops every permit.
    Source: the prescription.
    """
    step = facts.step(moment)
    if step is None or step.daily_maximum.expression is not wanted.mass.expression:
        return ()
    day, maximum = facts.calendar.day(moment), step.daily_maximum
    total = wanted.mass
    if facts.history is not None:
        total = total + facts.history.without(*facts.unread).total(day, wanted.mass.expression, moment)
    if total <= maximum:
        return ()
    words = f"with this dose today comes to {mass_text(total)}: at most {mass_text(maximum)} a day"
    if facts.unread:
        words += "; a dose that nobody has verified yet comes on top"
    return (Finding("AD30", words, DAILY),)


def faster_than_titration(facts: Facts, wanted: Wanted, moment: datetime) -> tuple[Finding, ...]:
    """TI01, TI02, TI04, TI05, TI07 again: more than titration allows after what the patient really had.

    Source: the pack's values. When it was prescribed nobody knew what would be given until now, and
    another pack may have been adopted since.
    """
    if facts.pack is None or facts.product is None or wanted.route is not Route.INTRAVENOUS:
        return ()
    if facts.pack.expression is not facts.product.content.expression:
        words = "the pack's limits are of another expression than this product: they cannot be compared"
        return (Finding("TI07", words, "house rule on numbers: every mass names its expression"),)
    if facts.pack.expression is not wanted.mass.expression:
        return ()  # AD26 says so.
    past = () if facts.history is None else facts.history.for_titration
    recent = recent_doses(past, facts.calendar.day(moment), wanted.mass.expression)
    limit = single_limit(facts.pack, recent)
    return () if limit is None else limit.findings(wanted.mass)


def second_dose_at_once(facts: Facts, wanted: Wanted, moment: datetime) -> tuple[Finding, ...]:
    """AD31: a dose while another of this patient is permitted, out or not closed.

    Source: house rule on doses: no dose is permitted twice.
    """
    if facts.history is None or not facts.history.blocking(moment):
        return ()
    words = "another dose of this patient is permitted or not closed: finish or account for that one"
    return (Finding("AD31", words, "house rule on doses: no dose is permitted twice"),)


PATIENT_RULES: tuple[Rule, ...] = (no_pack, not_enrolled, no_open_visit, identity_unchecked, not_fit)
LIMIT_RULES: tuple[Rule, ...] = (
    no_prescription,
    no_step,
    other_product,
    too_much_at_once,
    too_early,
    too_early_by_pack,
    over_the_day,
    faster_than_titration,
)
# Of these, those that say nothing of how much a dose is.
AMOUNTLESS_RULES: tuple[Rule, ...] = (no_prescription, no_step, other_product, too_early)
