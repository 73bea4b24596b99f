"""What is known of the people who work here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from hat_clinic.domain.entries.staff import Registration
from hat_clinic.vocabulary.ids import KeyId, PersonId
from hat_clinic.vocabulary.terms import Role


@dataclass(frozen=True, slots=True)
class Licence:
    """A prescriber's licence for a drug, from its first day to its last."""

    number: str
    drug: str
    valid_from: date
    valid_to: date


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who works here or did; never dropped, so that a staff code is never given twice."""

    person: PersonId
    staff_code: str
    name: str
    registrations: tuple[Registration, ...]
    roles: tuple[Role, ...]
    licences: tuple[Licence, ...]


@dataclass(frozen=True, slots=True)
class Key:
    """A person's key: it speaks for entries with `since` <= seq < `until`.

    Entries from `disputed_from` on are in doubt, not deleted; `Keyring.disputed` lists such keys.
    """

    key: KeyId
    person: PersonId
    alg: str
    public: bytes
    since: int
    until: int | None = None
    disputed_from: int | None = None

    def good_at(self, seq: int) -> bool:
        """Whether entry `seq` may be signed with it."""
        return self.since <= seq and (self.until is None or seq < self.until)
