"""The rules about people: every reason against an act, one small function each."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from hat_clinic.domain.confirmations import ACCESS, HOUSE
from hat_clinic.domain.entries.staff import Registration
from hat_clinic.domain.staff.commands import (
    AppointPerson,
    GrantKey,
    GrantRole,
    RecordLicence,
    RevokeKey,
    RevokeRole,
)
from hat_clinic.domain.staff.state import Key, Person
from hat_clinic.vocabulary.errors import Finding
from hat_clinic.vocabulary.ids import PersonId
from hat_clinic.vocabulary.terms import Role

LEAST_ADMINISTRATORS = 2
NORTH_WEST = "NHS North West GMSA FHIR guide, PractitionerIdentifier"
LICENSES = "Virtually Healthcare FHIR guide, ProfessionalLicense"
# Form proves nothing about the person: whether a registration is live is looked up with its body.
REGISTRATION_FORMS: dict[str, tuple[re.Pattern[str], str, str]] = {
    "GMC": (re.compile(r"C?[0-9]{7}"), "7 digits, with or without a C before them", NORTH_WEST),
    "NMC": (re.compile(r"[0-9]{2}[A-Z][0-9]{4}[A-Z]"), "2 digits, a letter, 4 digits, a letter", LICENSES),
    "GPHC": (re.compile(r"[0-9]{7}"), "7 digits", LICENSES),
    "HCPC": (re.compile(r"[A-Z]{2}[0-9]{6}"), "2 letters and 6 digits", NORTH_WEST),
}


def assess_appoint(known: Sequence[Person], by: PersonId, command: AppointPerson) -> tuple[Finding, ...]:
    """Every reason against the appointment; `known` is everybody who ever worked here."""
    return (
        *granting_to_yourself(by, command.person),
        *staff_code_taken(known, command.staff_code),
        *registration_malformed(command.registrations),
        *registration_taken(known, command),
        *appointed_already(known, command.person),
    )


def assess_grant_role(person: Person | None, by: PersonId, command: GrantRole) -> tuple[Finding, ...]:
    """Every reason against the grant."""
    return (
        *granting_to_yourself(by, command.person),
        *unknown_person(person),
        *role_held_already(person, command.role),
    )


def assess_revoke_role(
    person: Person | None, command: RevokeRole, administrators: AbstractSet[PersonId]
) -> tuple[Finding, ...]:
    """Every reason against it; `administrators` are those who have a good key."""
    unheld = (*unknown_person(person), *role_not_held(person, command.role))
    if unheld or command.role is not Role.ADMINISTRATOR:
        return unheld
    return too_few_administrators(administrators, command.person)


def assess_grant_key(
    person: Person | None, existing: Key | None, by: PersonId, command: GrantKey
) -> tuple[Finding, ...]:
    """Every reason against the grant; `existing` is the key already known under this id."""
    return (*granting_to_yourself(by, command.person), *unknown_person(person), *key_known_already(existing))


def assess_revoke_key(
    key: Key | None, others: Sequence[Key], command: RevokeKey, administrators: AbstractSet[PersonId]
) -> tuple[Finding, ...]:
    """Every reason against it; `others` are this person's other keys, `administrators` have a good one."""
    nothing = nothing_to_revoke(key, command.person)
    if nothing or any(each.until is None for each in others):
        return nothing
    return too_few_administrators(administrators, command.person)


def assess_record_licence(person: Person | None, by: PersonId, command: RecordLicence) -> tuple[Finding, ...]:
    """Every reason against recording it."""
    return (*granting_to_yourself(by, command.person), *unknown_person(person))


def granting_to_yourself(by: PersonId, to: PersonId) -> tuple[Finding, ...]:
    """SO25: a grant by the person who gains by it.

    Source: 21 CFR 1311.125; house rule on persons.
    """
    if by != to:
        return ()
    return (Finding("SO25", "nobody grants anything to themselves: ask another administrator", ACCESS),)


def staff_code_taken(known: Sequence[Person], code: str) -> tuple[Finding, ...]:
    """SO26: a staff code that somebody has or once had.

    Source: house rule on persons.
    """
    if all(code.casefold() != each.staff_code.casefold() for each in known):
        return ()
    return (Finding("SO26", f"staff code {code} is or was somebody else's: choose a new one", HOUSE),)


def registration_malformed(registrations: Sequence[Registration]) -> tuple[Finding, ...]:
    """SO27: a registration number that its body does not issue in this form.

    Source: NHS North West GMSA FHIR guide, PractitionerIdentifier (GMC, HCPC); Virtually
    Healthcare FHIR guide, ProfessionalLicense (NMC, GPhC). Other bodies: anything but nothing.
    """
    found = []
    for each in registrations:
        form = REGISTRATION_FORMS.get(_letters(each.body))
        if form is not None and not form[0].fullmatch(each.number):
            found.append(Finding("SO27", f"{each.body} numbers are {form[1]}: check {each.number}", form[2]))
    return tuple(found)


def registration_taken(known: Sequence[Person], command: AppointPerson) -> tuple[Finding, ...]:
    """SO28: a second account for a person who has one: their registration is on record already.

    Source: house rule on persons: persons, not accounts.
    """
    wanted = {_one_spelling(each): each for each in command.registrations}
    found = []
    for person in known:
        for each in person.registrations:
            if person.person != command.person and _one_spelling(each) in wanted:
                words = f"{each.body} {each.number} belongs to {person.staff_code}: one person, one account"
                found.append(Finding("SO28", words, HOUSE))
    return tuple(found)


def _one_spelling(registration: Registration) -> tuple[str, str]:
    body, number = _letters(registration.body), _letters(registration.number)
    return body, number.removeprefix("C") if body == "GMC" else number


def _letters(text: str) -> str:
    """Letters and digits alone, in capitals: spaces, dots, dashes and wide digits make no second person."""
    plain = unicodedata.normalize("NFKC", text).upper()
    return "".join(each for each in plain if each.isalnum())


def appointed_already(known: Sequence[Person], person: PersonId) -> tuple[Finding, ...]:
    """SO29: a second appointment of the same person.

    Source: house rule on persons.
    """
    if all(person != each.person for each in known):
        return ()
    return (Finding("SO29", "this person is appointed already: grant what is missing instead", HOUSE),)


def unknown_person(person: Person | None) -> tuple[Finding, ...]:
    """SO30: something about a person whose appointment does not stand yet.

    Source: house rule on persons.
    """
    if person is not None:
        return ()
    words = "nobody is appointed under this id: appoint the person, and have it confirmed, first"
    return (Finding("SO30", words, HOUSE),)


def role_held_already(person: Person | None, role: Role) -> tuple[Finding, ...]:
    """SO31: a role granted to somebody who has it, or taken from somebody who has not.

    Source: house rule on persons.
    """
    if person is None or role not in person.roles:
        return ()
    return (Finding("SO31", f"{person.staff_code} is {_words(role)} already", HOUSE),)


def role_not_held(person: Person | None, role: Role) -> tuple[Finding, ...]:
    """SO31 too: a role taken from somebody who does not have it.

    Source: house rule on persons.
    """
    if person is None or role in person.roles:
        return ()
    return (Finding("SO31", f"{person.staff_code} is not {_words(role)}: there is nothing to revoke", HOUSE),)


def key_known_already(existing: Key | None) -> tuple[Finding, ...]:
    """SO32: a key granted that speaks or spoke for somebody.

    Source: house rule on records: a key is judged at its place in the log, so it has one life.
    """
    if existing is None:
        return ()
    return (Finding("SO32", "this key was granted before: make a new one on the terminal", HOUSE),)


def nothing_to_revoke(key: Key | None, person: PersonId) -> tuple[Finding, ...]:
    """SO33: a revocation of a key which that person does not have, or lost before.

    Source: house rule on records.
    """
    if key is not None and key.person == person and key.until is None:
        return ()
    return (Finding("SO33", "this person has no such key, or it is revoked already", HOUSE),)


def too_few_administrators(administrators: AbstractSet[PersonId], losing: PersonId) -> tuple[Finding, ...]:
    """SO54: a revocation that leaves fewer than two administrators with good keys.

    Why: everything that gives trust back takes two of them, so a clinic without them is locked for good.
    Source: house rule on persons.
    """
    if losing not in administrators or len(administrators - {losing}) >= LEAST_ADMINISTRATORS:
        return ()
    words = "two administrators with good keys must be left: grant another person both first"
    return (Finding("SO54", words, HOUSE),)


def _words(role: Role) -> str:
    return role.replace("_", " ")
