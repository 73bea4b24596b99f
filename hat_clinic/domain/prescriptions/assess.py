"""Every reason against a prescription: rules RX01 to RX15; `titration.py` adds TI01 to TI07."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise

from hat_clinic.domain.prescriptions.commands import EndPrescription, SignPrescription
from hat_clinic.domain.prescriptions.state import Circumstances, Prescription
from hat_clinic.domain.prescriptions.titration import assess_titration, notes_on_titration
from hat_clinic.domain.staff import Licence
from hat_clinic.vocabulary.errors import Finding
from hat_clinic.vocabulary.moments import clinic_day, date_text
from hat_clinic.vocabulary.quantities import mass_text
from hat_clinic.vocabulary.terms import Role

LICENCE_REQUIRED = "prescriber_licence_required"
_MICROSECOND = timedelta(microseconds=1)
_HOUSE = "house rule on persons: each act has its roles"
_LABEL = "the product's label, as listed here"
_ARITHMETIC = "arithmetic"
_ONE = "house rule: one prescription in force per patient and product"
_PERSONS = "house rule on persons: persons, not accounts"
_PACKS = "house rule on sources: every clinical number is data with its source"


def assess_prescription(
    around: Circumstances, command: SignPrescription, moment: datetime
) -> tuple[Finding, ...]:
    """Every reason against signing this prescription at `moment`."""
    return (
        *_role(around),
        *_licence(around, command),
        *_steps(command),
        *_single_over_daily(command),
        *_expression(around, command),
        *_route(around, command),
        *_nothing(command),
        *_second_live(around, command, moment),
        *_replaced(around, command, moment),
        *_own(around),
        *_over(command, moment),
        *_pack(around),
        *_known(around),
        *_gaps(command),
        *assess_titration(around, command, moment),
    )


def notes_on_prescription(
    around: Circumstances, command: SignPrescription, moment: datetime
) -> tuple[str, ...]:
    """What the prescriber should know and what refuses nothing: above all, which rules had no number."""
    notes = notes_on_titration(around, command, moment)
    if around.pack is not None and around.pack.number(LICENCE_REQUIRED) is None:
        notes += ("the adopted pack does not say whether a licence is required: none was looked for",)
    return notes


def assess_ending(known: Prescription, command: EndPrescription) -> tuple[Finding, ...]:
    """Every reason against ending this prescription."""
    return _ended(known, command)


def _role(around: Circumstances) -> tuple[Finding, ...]:
    """RX01: a person who is not a prescriber."""
    if Role.PRESCRIBER in around.prescriber.roles:
        return ()
    return (Finding("RX01", "only a prescriber signs prescriptions: ask one", _HOUSE),)


def _licence(around: Circumstances, command: SignPrescription) -> tuple[Finding, ...]:
    """RX02: a day without the prescriber's licence for this drug, where the pack requires one.

    Source: the pack's own, such as the Misuse of Drugs (Supply to Addicts) Regulations 1997.
    """
    required = None if around.pack is None else around.pack.value(LICENCE_REQUIRED)
    if required is None or required.number != 1:
        return ()
    drug = around.product.drug
    licences = tuple(each for each in around.prescriber.licences if each.drug == drug)
    for step in command.steps:
        first = clinic_day(step.starts, around.zone, 0)
        last = clinic_day(max(step.starts, step.ends - _MICROSECOND), around.zone, 0)
        missing = _first_without(licences, first, last)
        if missing is not None:
            words = f"you have no licence for {drug} on {date_text(missing)}: shorten it, or renew first"
            return (Finding("RX02", words, required.source),)
    return ()


def _first_without(licences: tuple[Licence, ...], first: date, last: date) -> date | None:
    """The first day from `first` to `last` that no licence covers, or None."""
    day = first
    while True:
        ends = [each.valid_to for each in licences if each.valid_from <= day <= each.valid_to]
        if not ends:
            return day
        if max(ends) >= last:
            return None
        day = max(ends) + timedelta(days=1)


def _steps(command: SignPrescription) -> tuple[Finding, ...]:
    """RX03: no step, a step that ends before it begins, or steps out of order or overlapping."""
    found = []
    if not command.steps:
        found.append("a prescription has at least one step")
    if any(step.ends <= step.starts for step in command.steps):
        found.append("a step ends after it begins: read its times again")
    if any(later.starts < earlier.ends for earlier, later in pairwise(command.steps)):
        found.append("steps follow one another in time and do not overlap: put them in order")
    return tuple(Finding("RX03", words, _ARITHMETIC) for words in found)


def _single_over_daily(command: SignPrescription) -> tuple[Finding, ...]:
    """RX04: a single mass above the day's maximum."""
    found = []
    for number, step in enumerate(command.steps, 1):
        single, daily = step.largest_single, step.daily_maximum
        if single.expression is daily.expression and single > daily:
            words = (
                f"step {number}: {mass_text(single)} at once is more than {mass_text(daily)} a day: "
                "one of the two is wrong"
            )
            found.append(Finding("RX04", words, _ARITHMETIC))
    return tuple(found)


def _expression(around: Circumstances, command: SignPrescription) -> tuple[Finding, ...]:
    """RX05: a mass in another expression than the product's.

    Why: 100 mg of the base and 100 mg of the hydrochloride are different amounts of drug.
    """
    wanted = around.product.content.expression
    masses = [mass for step in command.steps for mass in (step.largest_single, step.daily_maximum)]
    if all(mass.expression is wanted for mass in masses):
        return ()
    words = f"this product is measured in {_words(wanted)}: prescribe in that"
    return (Finding("RX05", words, _LABEL),)


def _route(around: Circumstances, command: SignPrescription) -> tuple[Finding, ...]:
    """RX06: a route the product is not for."""
    if command.route in around.product.routes:
        return ()
    routes = ", ".join(_words(each) for each in around.product.routes)
    return (Finding("RX06", f"this product is for {routes} use: choose that, or another product", _LABEL),)


def _nothing(command: SignPrescription) -> tuple[Finding, ...]:
    """RX07: a dose of nothing."""
    found = [number for number, step in enumerate(command.steps, 1) if step.largest_single.is_zero]
    words = "the largest single dose is more than nothing; to stop, end the prescription"
    return tuple(Finding("RX07", f"step {number}: {words}", _ARITHMETIC) for number in found)


def _second_live(around: Circumstances, command: SignPrescription, moment: datetime) -> tuple[Finding, ...]:
    """RX08: a second prescription in force of the same patient and product."""
    for each in around.others:
        same = (each.patient, each.product) == (command.patient, command.product)
        if same and each.is_live(moment) and each.prescription != command.replaces:
            words = "a prescription of this product is in force: replace that one, or end it first"
            return (Finding("RX08", words, _ONE),)
    return ()


def _replaced(around: Circumstances, command: SignPrescription, moment: datetime) -> tuple[Finding, ...]:
    """RX09: replacing what is not this patient's prescription in force of this product."""
    if command.replaces is None:
        return ()
    for each in around.others:
        same = (each.patient, each.product) == (command.patient, command.product)
        if each.prescription == command.replaces and same and each.is_live(moment):
            return ()
    words = "what this replaces is not in force for this patient and product: sign it without, or look again"
    return (Finding("RX09", words, _ONE),)


def _own(around: Circumstances) -> tuple[Finding, ...]:
    """RX10: a prescriber who is the patient."""
    if around.patient_person is None or around.patient_person != around.prescriber.person:
        return ()
    return (Finding("RX10", "nobody prescribes for themself: ask a colleague", _PERSONS),)


def _over(command: SignPrescription, moment: datetime) -> tuple[Finding, ...]:
    """RX11: steps that are all over."""
    if not command.steps or any(moment < step.ends for step in command.steps):
        return ()
    return (Finding("RX11", "every step of this lies in the past: read its times again", _ARITHMETIC),)


def _pack(around: Circumstances) -> tuple[Finding, ...]:
    """RX12: a site that has adopted no protocol pack."""
    if around.pack is not None:
        return ()
    words = "no protocol pack is adopted here, so there is nothing to check against: adopt one first"
    return (Finding("RX12", words, _PACKS),)


def _known(around: Circumstances) -> tuple[Finding, ...]:
    """RX13: a prescription id that was used before."""
    if around.known is None:
        return ()
    return (Finding("RX13", "this prescription is on record already: begin a new one", _ONE),)


def _gaps(command: SignPrescription) -> tuple[Finding, ...]:
    """RX14: a gap below nothing."""
    found = [number for number, step in enumerate(command.steps, 1) if step.earliest_after_previous < 0]
    words = "the gap is zero minutes or more: read it again"
    return tuple(Finding("RX14", f"step {number}: {words}", _ARITHMETIC) for number in found)


def _ended(known: Prescription, command: EndPrescription) -> tuple[Finding, ...]:
    """RX15: ending what has ended, or another patient's."""
    found = []
    if known.ended:
        found.append(Finding("RX15", "this prescription has ended already", _ONE))
    if known.patient != command.patient:
        found.append(Finding("RX15", "this prescription is another patient's: look again", _ONE))
    return tuple(found)


def _words(term: str) -> str:
    return str(term).replace("_", " ")
