"""What administrators can ask for about people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from hat_clinic.domain.entries.staff import Registration
from hat_clinic.vocabulary.ids import KeyId, PersonId
from hat_clinic.vocabulary.terms import RevocationReason, Role


@dataclass(frozen=True, slots=True)
class AppointPerson:
    """Let somebody work here, under a staff code of their own."""

    person: PersonId
    staff_code: str
    name: str
    registrations: tuple[Registration, ...]


@dataclass(frozen=True, slots=True)
class GrantRole:
    """Trust a person with a role."""

    person: PersonId
    role: Role


@dataclass(frozen=True, slots=True)
class RevokeRole:
    """Take a role away. `envelope` is there once it is signed."""

    person: PersonId
    role: Role
    reason: RevocationReason
    envelope: bytes | None = None


@dataclass(frozen=True, slots=True)
class GrantKey:
    """Let a key speak for a person."""

    person: PersonId
    key: KeyId
    alg: str
    public: bytes


@dataclass(frozen=True, slots=True)
class RevokeKey:
    """Let a key speak for nobody from here on. `envelope` is there once it is signed."""

    person: PersonId
    key: KeyId
    reason: RevocationReason
    disputed_from: int | None = None
    envelope: bytes | None = None


@dataclass(frozen=True, slots=True)
class RecordLicence:
    """Put a prescriber's licence on record."""

    person: PersonId
    number: str
    drug: str
    valid_from: date
    valid_to: date
