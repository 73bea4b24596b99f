"""Rules SO01 to SO14: who may do this to a dose. Persons are compared, not accounts."""

from __future__ import annotations

from hat_clinic.domain.doses.commands import VerifyGiven
from hat_clinic.domain.doses.facts import PREPARERS, PRESCRIBER_MAY_VERIFY, VERIFIERS, Acting, Facts
from hat_clinic.domain.doses.state import Dose, Stage
from hat_clinic.domain.entries.doses import DoseVerified
from hat_clinic.vocabulary.errors import Finding
from hat_clinic.vocabulary.ids import PersonId
from hat_clinic.vocabulary.terms import Role

HOUSE = "house rule on persons"
TWO_PEOPLE = "Royal Marsden Manual, controlled drugs: two practitioners, roles not swapped; " + HOUSE


def same_person(dose: Dose, person: PersonId) -> tuple[Finding, ...]:
    """SO01: a second person who is the first.

    Source: Royal Marsden Manual, controlled drugs; house rule on persons.
    """
    if person != dose.performer:
        return ()
    return (Finding("SO01", "you prepared this dose yourself: somebody else verifies it", TWO_PEOPLE),)


def own_report(dose: Dose, person: PersonId) -> tuple[Finding, ...]:
    """SO01 too: somebody who says they saw given what they reported given themselves.

    Why the report's author: it may be another person than the performer, and is marked then.
    Source: Royal Marsden Manual, controlled drugs; house rule on persons.
    """
    if person != (dose.given_by or dose.performer):
        return ()
    words = "you reported this dose given yourself: somebody else says that they saw it"
    return (Finding("SO01", words, TWO_PEOPLE),)


def prescriber_verifies(facts: Facts, dose: Dose, person: PersonId) -> tuple[Finding, ...]:
    """SO02: a dose verified by who prescribed it, unless the adopted pack allows that.

    Source: house rule on persons; the pack's value.
    """
    prescribers = {dose.prescriber, None if facts.prescription is None else facts.prescription.prescriber}
    if person not in prescribers or facts.says(PRESCRIBER_MAY_VERIFY):
        return ()
    return (Finding("SO02", "you prescribed this dose: somebody else verifies it", HOUSE),)


def is_the_patient(facts: Facts, person: PersonId) -> tuple[Finding, ...]:
    """SO03: a person who prepares or verifies their own dose.

    Source: house rule on persons: persons, not accounts.
    """
    if person != facts.patient_person:
        return ()
    return (Finding("SO03", "you are this patient: colleagues do this for you", HOUSE),)


def no_role(roles: frozenset[Role], wanted: frozenset[Role], who: str) -> tuple[Finding, ...]:
    """SO04: somebody without a role, as roles are now, that may do this.

    Source: house rule on persons.
    """
    if roles & wanted:
        return ()
    names = ", ".join(sorted(role.replace("_", " ") for role in wanted))
    return (Finding("SO04", f"{who} has no role for this; it takes one of: {names}", HOUSE),)


def reported_before(dose: Dose, acting: Acting) -> tuple[Finding, ...]:
    """SO14: a verifier who has a report on this dose to sign, was refused one, or made one.

    Source: house rule on persons: the second person sees nothing that was entered, nor tries it out.
    """
    said = {dose.given_by, *(dose.refused or ()), *(each.person for each in dose.accounted)}
    if acting.person == dose.performer or not (acting.has_report or acting.person in said):
        return ()
    words = "you reported on this dose before it was verified: somebody else reads it"
    return (Finding("SO14", words, HOUSE),)


def another_try(dose: Dose) -> tuple[Finding, ...]:
    """SO05: a second reading after one that did not match.

    Source: house rule on persons: one try.
    """
    if dose.stage is not Stage.MISMATCHED:
        return ()
    words = "a reading of this dose did not match: it is dead, account for all of it and prepare anew"
    return (Finding("SO05", words, HOUSE),)


def not_this_preparation(dose: Dose, prepared: bytes) -> tuple[Finding, ...]:
    """SO06: a reading of a preparation that is not there to be verified, or of another one.

    Source: house rule on persons: the second statement names the first by its hash.
    """
    if dose.stage is Stage.MISMATCHED:
        return ()  # SO05 says so.
    if dose.stage is not Stage.PREPARED or dose.accounted:
        words = "this dose does not wait for verification: look at the board for what it waits for"
        return (Finding("SO06", words, HOUSE),)
    if dose.prepared_payload != prepared:
        return (Finding("SO06", "this is not the statement that was signed: open the dose again", HOUSE),)
    return ()


def other_identity(dose: Dose, identity: bytes) -> tuple[Finding, ...]:
    """SO07: a reading beside another identity than the one the dose was prepared for.

    Source: house rule on records: a lying server cannot show one name and have another's dose signed.
    """
    if dose.relies_on[:1] == (identity,):
        return ()
    words = "the identity on this screen is not that of the dose: stop, and call the performer"
    return (Finding("SO07", words, "house rule on records"),)


def does_not_match(dose: Dose, read: DoseVerified) -> tuple[Finding, ...]:
    """SO08: a reading that is not what was prepared. Nothing more is said, or it could be guessed.

    Why every container, each once: one that nobody else read may have been the wrong one.
    Source: house rule on persons.
    """
    endings = sorted(each.lower() for each in read.container_endings)
    if read.reading == dose.mass and endings == sorted(dose.container_endings):
        return ()
    return (Finding("SO08", "does not match: put the dose down, account for all of it", HOUSE),)


def not_its_two(dose: Dose, person: PersonId) -> tuple[Finding, ...]:
    """SO09: a hand-over or a report by somebody who neither prepared nor verified this dose.

    Source: house rule on persons.
    """
    if person in (dose.performer, dose.verifier):
        return ()
    return (Finding("SO09", "you neither prepared nor verified this dose: its two people act on it", HOUSE),)


def not_the_performer(dose: Dose, person: PersonId) -> tuple[Finding, ...]:
    """SO10: a report of what was given or left over by somebody who did not prepare the dose.

    Source: house rule on persons: the performer signs.
    """
    if person == dose.performer:
        return ()
    return (Finding("SO10", "whoever prepared this dose reports on it: that it was you stays marked", HOUSE),)


def not_what_was_given(dose: Dose, command: VerifyGiven) -> tuple[Finding, ...]:
    """SO11: a second statement to a report that was not made, or not on this dose, or has its second.

    Source: house rule on persons.
    """
    if dose.given_payload == command.names and not dose.given_verified:
        return ()
    words = "no such report waits for its second person: open the dose again"
    return (Finding("SO11", words, HOUSE),)


def not_its_verifier(dose: Dose, person: PersonId) -> tuple[Finding, ...]:
    """SO12: a second statement on what was given by another person than verified the dose.

    Where the verifier reported it given, anybody else who was there makes it.
    Source: house rule on persons.
    """
    if dose.verifier is None or dose.verifier in (person, dose.given_by):
        return ()
    return (Finding("SO12", "whoever verified this dose also says that it was given", HOUSE),)


def trust_of_both(facts: Facts) -> tuple[Finding, ...]:
    """SO04 too: a dose whose performer or verifier lost the role since.

    Source: house rule on persons: roles valid now.
    """
    return (
        *no_role(facts.performer_roles, PREPARERS, "who prepared this dose"),
        *no_role(facts.verifier_roles, VERIFIERS, "who verified this dose"),
    )


def key_revoked(facts: Facts, dose: Dose) -> tuple[Finding, ...]:
    """SO13: a dose that was prepared or verified with a key that was revoked since.

    Source: house rule on persons: keys active at the hand-over.
    """
    signed = ((dose.performer_key, "prepared"), (dose.verifier_key, "verified"))
    words = "the key with which this dose was {} has been revoked: account for all of it and prepare anew"
    return tuple(Finding("SO13", words.format(what), HOUSE) for key, what in signed if key in facts.revoked)
