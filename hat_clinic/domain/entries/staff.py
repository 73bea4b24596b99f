"""Entries about people who work here: appointment, roles, keys, licences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from hat_clinic.vocabulary.ids import KeyId, PersonId
from hat_clinic.vocabulary.terms import RevocationReason, Role


@dataclass(frozen=True, slots=True)
class Registration:
    """A professional registration: the body that issued it and the number."""

    body: str
    number: str


@dataclass(frozen=True, slots=True)
class PersonAppointed:
    """A person works here under a staff code that is never given to anybody else."""

    person: PersonId
    staff_code: str
    name: str
    registrations: tuple[Registration, ...]


@dataclass(frozen=True, slots=True)
class RoleGranted:
    """A person may act in a role; counts once confirmed."""

    person: PersonId
    role: Role


@dataclass(frozen=True, slots=True)
class RoleRevoked:
    """A person may no longer act in a role. One signature suffices to remove trust."""

    person: PersonId
    role: Role
    reason: RevocationReason


@dataclass(frozen=True, slots=True)
class KeyGranted:
    """A person signs with this key; counts once confirmed."""

    person: PersonId
    key: KeyId
    alg: str
    public: bytes


@dataclass(frozen=True, slots=True)
class KeyRevoked:
    """A key signs nothing from here on. Entries since `disputed_from` are in doubt, not deleted."""

    person: PersonId
    key: KeyId
    reason: RevocationReason
    disputed_from: int | None = None


@dataclass(frozen=True, slots=True)
class LicenceRecorded:
    """A prescriber's licence for a drug at this site; counts once confirmed."""

    person: PersonId
    number: str
    drug: str
    valid_from: date
    valid_to: date
