"""From entries to who is trusted with what. Grants count from their confirmation on."""

from __future__ import annotations

from dataclasses import dataclass

from hat_clinic.domain.confirmations import in_force
from hat_clinic.domain.entries import Recorded
from hat_clinic.domain.entries.staff import (
    KeyGranted,
    KeyRevoked,
    LicenceRecorded,
    PersonAppointed,
    RoleGranted,
    RoleRevoked,
)
from hat_clinic.domain.entries.system import Founder, LedgerOpened
from hat_clinic.domain.staff.state import Key, Licence, Person
from hat_clinic.vocabulary.ids import KeyId, PersonId
from hat_clinic.vocabulary.replacing import replace
from hat_clinic.vocabulary.terms import Role


@dataclass(frozen=True, slots=True)
class Changes:
    """Whose state and which keys an entry changes."""

    persons: tuple[PersonId, ...] = ()
    keys: tuple[KeyId, ...] = ()


def changes(recorded: Recorded) -> Changes:
    """What has to be loaded before this entry is folded. LedgerOpened is `founding`'s."""
    said = in_force(recorded)
    match said.entry if said is not None else None:
        case PersonAppointed(person=person) | LicenceRecorded(person=person):
            return Changes(persons=(person,))
        case RoleGranted(person=person) | RoleRevoked(person=person):
            return Changes(persons=(person,))
        case KeyGranted(key=key) | KeyRevoked(key=key):
            return Changes(keys=(key,))
        case _:
            return Changes()


def founding(recorded: Recorded) -> tuple[tuple[Person, Key], ...]:
    """The two founders and their keys, once the second confirmed that the log is open.

    Both are administrators and nothing else; their keys speak from entry 0 on, which they
    sign, and so does entry 1.
    """
    said = in_force(recorded)
    if said is None or not isinstance(said.entry, LedgerOpened):
        return ()
    return tuple((_founder(each), founder_key(each)) for each in said.entry.founders)


def founder_key(founder: Founder) -> Key:
    """A founder's key, which speaks from entry 0 on."""
    return Key(founder.key, founder.person, founder.alg, founder.public, since=0)


def _founder(founder: Founder) -> Person:
    return Person(founder.person, founder.staff_code, founder.name, (), (Role.ADMINISTRATOR,), ())


def evolve_person(state: Person | None, recorded: Recorded) -> Person | None:
    """The person after this entry."""
    said = in_force(recorded)
    match said.entry if said is not None else None:
        case PersonAppointed() as entry if state is None:
            return Person(entry.person, entry.staff_code, entry.name, entry.registrations, (), ())
        case RoleGranted(role=role) if state is not None and role not in state.roles:
            return replace(state, roles=(*state.roles, role))
        case RoleRevoked(role=role) if state is not None:
            return replace(state, roles=tuple(each for each in state.roles if each != role))
        case LicenceRecorded() as entry if state is not None:
            licence = Licence(entry.number, entry.drug, entry.valid_from, entry.valid_to)
            return replace(state, licences=(*state.licences, licence))
        case _:
            return state


def evolve_key(state: Key | None, recorded: Recorded) -> Key | None:
    """The key after this entry.

    A granted key speaks from the entry after the confirmation on; a revoked one still speaks
    for the revocation itself, which its own holder may sign.
    """
    said = in_force(recorded)
    match said.entry if said is not None else None:
        case KeyGranted() as entry if state is None:
            return Key(entry.key, entry.person, entry.alg, entry.public, since=recorded.seq + 1)
        case KeyRevoked(disputed_from=disputed) if state is not None and state.until is None:
            return replace(state, until=recorded.seq + 1, disputed_from=disputed)
        case _:
            return state
