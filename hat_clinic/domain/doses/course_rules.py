"""Rules AD36 to AD47: the course of one dose, from its permit to its last milligram."""

from __future__ import annotations

from datetime import datetime

from hat_clinic.domain.doses.commands import AccountRemainder, GiveDose
from hat_clinic.domain.doses.facts import HAND_OVER_WITHIN, REPORT_WITHIN, Acting, Facts
from hat_clinic.domain.doses.hidden import hidden_from
from hat_clinic.domain.doses.state import Dose, Stage, accounted_mass, open_mass
from hat_clinic.vocabulary.errors import Finding
from hat_clinic.vocabulary.ids import PersonId
from hat_clinic.vocabulary.quantities import Mass, mass_text
from hat_clinic.vocabulary.terms import Whereabouts

HOUSE = "house rule on persons"
CLOSES = "house rule on stock: what was drawn closes to 0"
# How much it was is for the performer to know until somebody else has read it.
_DOES_NOT_FIT = "this does not fit what was prepared: who prepared this dose reports on it"


def id_used(known: Dose | None) -> tuple[Finding, ...]:
    """AD47: a dose id that stands for a dose already.

    Source: house rule on doses: no dose is permitted twice.
    """
    if known is None:
        return ()
    words = "this dose is on record already: start a new one"
    return (Finding("AD47", words, "house rule on doses: no dose is permitted twice"),)


def permit_lapsed(dose: Dose, moment: datetime) -> tuple[Finding, ...]:
    """AD36: a preparation on a permit whose time is over.

    Source: house rule on persons: a permit lasts 15 minutes.
    """
    if dose.drawn is not None or moment < dose.permitted_until:
        return ()
    words = "the permit has lapsed: put the containers back and ask again"
    return (Finding("AD36", words, HOUSE),)


def permit_of_another(dose: Dose, acting: Acting) -> tuple[Finding, ...]:
    """AD37: a preparation on a permit of another person or terminal.

    Source: house rule on persons: permits hang on the terminal.
    """
    if (acting.person, acting.terminal) == (dose.performer, dose.terminal):
        return ()
    words = "this permit is another person's or another terminal's: ask for your own"
    return (Finding("AD37", words, HOUSE),)


def prepared_already(dose: Dose) -> tuple[Finding, ...]:
    """AD38: a second preparation of one dose.

    Source: house rule on doses: no dose is permitted twice.
    """
    if dose.drawn is None:
        return ()
    words = "this dose was prepared already: go on with it, or account for it"
    return (Finding("AD38", words, "house rule on doses: no dose is permitted twice"),)


def too_late_for_hand_over(facts: Facts, dose: Dose, moment: datetime) -> tuple[Finding, ...]:
    """AD39: a dose verified or handed over later after its preparation than the pack allows.

    Source: the pack's value.
    """
    value, within = facts.value(HAND_OVER_WITHIN), facts.minutes(HAND_OVER_WITHIN)
    if value is None or within is None or dose.prepared_at is None or moment <= dose.prepared_at + within:
        return ()
    words = f"prepared more than {value.number} minutes ago: account for all of it and prepare anew"
    return (Finding("AD39", words, value.source),)


def not_verified(dose: Dose) -> tuple[Finding, ...]:
    """AD40: a hand-over of a dose that is not verified, not whole any more, or out already.

    Source: house rule on persons: hand-over is permitted by the verification alone.
    """
    if dose.stage is Stage.VERIFIED and not dose.accounted:
        return ()
    words = "this dose is not ready to hand over: a second person verifies it first, all of it"
    return (Finding("AD40", words, HOUSE),)


def relied_on_changed(facts: Facts, dose: Dose) -> tuple[Finding, ...]:
    """AD41: a dose whose identity, assessment or prescription is not the one it was prepared on.

    Source: house rule on persons: every rule again.
    """
    visit, prescription = facts.visit, facts.prescription
    now = () if visit is None else (visit.identified, visit.assessed_rec)
    same = prescription is not None and prescription.payload == dose.prescription_hash
    if now == dose.relies_on and same:
        return ()
    words = "identity, assessment or prescription changed since this was prepared: account for it, start anew"
    return (Finding("AD41", words, HOUSE),)


def reported_late(facts: Facts, happened_at: datetime, moment: datetime) -> tuple[Finding, ...]:
    """AD42: something reported later than the pack's minutes after it happened.

    Source: the pack's value.
    """
    value, within = facts.value(REPORT_WITHIN), facts.minutes(REPORT_WITHIN)
    if value is None or within is None or moment <= happened_at + within:
        return ()
    words = f"reported more than {value.number} minutes after it happened: it stays marked late"
    return (Finding("AD42", words, value.source),)


def not_handed_over(dose: Dose) -> tuple[Finding, ...]:
    """AD43: a dose that reached the patient without having been handed over.

    Source: house rule on persons.
    """
    if dose.stage is Stage.HANDED_OVER:
        return ()
    return (Finding("AD43", "this dose was never permitted to be handed over", HOUSE),)


def given_does_not_add_up(dose: Dose, command: GiveDose, person: PersonId) -> tuple[Finding, ...]:
    """AD44: what was given and what is left do not make the dose, or some has its place already.

    Source: arithmetic.
    """
    if hidden_from(dose, person):
        return () if _fits(dose, command) else (Finding("AD44", _DOES_NOT_FIT, "arithmetic"),)
    if command.given + command.remainder != dose.mass:
        words = f"given and left come to {mass_text(command.given + command.remainder)}, "
        words += f"the dose was {mass_text(dose.mass)}: read the syringe again"
        return (Finding("AD44", words, "arithmetic"),)
    if not _fits(dose, command):
        words = f"{mass_text(accounted_mass(dose))} of it is accounted for already: that was not given"
        return (Finding("AD44", words, "arithmetic"),)
    return ()


def _fits(dose: Dose, command: GiveDose) -> bool:
    beyond = Mass.zero(dose.mass.expression) if dose.surplus_wasted else dose.surplus
    whole = command.given + command.remainder == dose.mass
    return whole and accounted_mass(dose) <= command.remainder + beyond


def more_than_open(dose: Dose, command: AccountRemainder, person: PersonId) -> tuple[Finding, ...]:
    """AD44 too: more accounted for than is open, or nothing.

    Source: arithmetic.
    """
    left = open_mass(dose)
    if not command.mass.is_zero and command.mass <= left:
        return ()
    words = f"{mass_text(left)} of this dose is open: account for that much or less, not for nothing"
    if hidden_from(dose, person):
        words = _DOES_NOT_FIT
    return (Finding("AD44", words, "arithmetic"),)


def lost(command: AccountRemainder) -> tuple[Finding, ...]:
    """AD45: drug nobody can say the whereabouts of.

    Source: house rule on stock: it opens an incident, and is never refused.
    """
    if command.whereabouts is not Whereabouts.UNACCOUNTED:
        return ()
    return (Finding("AD45", f"{mass_text(command.mass)} is unaccounted for: search now", CLOSES),)


def nothing_in_hand(dose: Dose) -> tuple[Finding, ...]:
    """AD46: a report on a dose of which nothing was drawn, or which was given or closed before.

    Source: arithmetic: there is nothing left that could have been given.
    """
    if dose.drawn is None:
        words = "nothing was drawn for this dose: report what was given without a permit instead"
        return (Finding("AD46", words, "arithmetic"),)
    if dose.given is not None or dose.stage is Stage.CLOSED:
        words = "what was given of this dose is on record: correct its line if it is wrong"
        return (Finding("AD46", words, "arithmetic"),)
    return ()
