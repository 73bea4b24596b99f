"""From a command about people to its entry, or to every reason against it.

Form first: what no person could have meant is Rejected, and is no refusal.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from hat_clinic.domain.entries.staff import (
    KeyGranted,
    KeyRevoked,
    LicenceRecorded,
    PersonAppointed,
    RoleGranted,
    RoleRevoked,
)
from hat_clinic.domain.staff.assess import (
    assess_appoint,
    assess_grant_key,
    assess_grant_role,
    assess_record_licence,
    assess_revoke_key,
    assess_revoke_role,
)
from hat_clinic.domain.staff.commands import (
    AppointPerson,
    GrantKey,
    GrantRole,
    RecordLicence,
    RevokeKey,
    RevokeRole,
)
from hat_clinic.domain.staff.state import Key, Person
from hat_clinic.vocabulary.errors import Finding, Refused, Rejected
from hat_clinic.vocabulary.ids import PersonId, key_id

STAFF_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,15}")


def decide_appoint(
    known: Sequence[Person], by: PersonId, command: AppointPerson
) -> tuple[PersonAppointed, ...]:
    """The appointment, which counts once confirmed.

    Raises: Refused; Rejected, for a staff code or name nobody could have.
    """
    if STAFF_CODE.fullmatch(command.staff_code) is None:
        raise Rejected("a staff code is up to 16 letters, digits, dots and dashes", "staff_code")
    _require_words(command.name, "name")
    for place, each in enumerate(command.registrations):
        _require_words(each.body, f"registrations/{place}/body")
        _require_words(each.number, f"registrations/{place}/number")
    _require_none(assess_appoint(known, by, command))
    return (PersonAppointed(command.person, command.staff_code, command.name, command.registrations),)


def decide_grant_role(person: Person | None, by: PersonId, command: GrantRole) -> tuple[RoleGranted, ...]:
    """The role, which counts once confirmed.

    Raises: Refused.
    """
    _require_none(assess_grant_role(person, by, command))
    return (RoleGranted(command.person, command.role),)


def decide_revoke_role(
    person: Person | None, command: RevokeRole, administrators: AbstractSet[PersonId]
) -> tuple[RoleRevoked, ...]:
    """The role is gone. One signature suffices to remove trust.

    Raises: Refused.
    """
    _require_none(assess_revoke_role(person, command, administrators))
    return (RoleRevoked(command.person, command.role, command.reason),)


def decide_grant_key(
    person: Person | None, existing: Key | None, by: PersonId, command: GrantKey
) -> tuple[KeyGranted, ...]:
    """The key, which counts once confirmed.

    Raises: Refused; Rejected, if the key's name is not that of the key.
    """
    if command.key != key_id(command.alg, command.public):
        raise Rejected("this is not the name of this key", "key")
    _require_none(assess_grant_key(person, existing, by, command))
    return (KeyGranted(command.person, command.key, command.alg, command.public),)


def decide_revoke_key(
    key: Key | None,
    others: Sequence[Key],
    size: int,
    command: RevokeKey,
    administrators: AbstractSet[PersonId],
) -> tuple[KeyRevoked, ...]:
    """The key signs nothing after this entry. One signature suffices to remove trust.

    `size` is how many entries the log has now.
    Raises: Refused; Rejected for a dispute about entries yet to come.
    """
    if command.disputed_from is not None and not 0 <= command.disputed_from <= size:
        raise Rejected("only entries that are in the log can be disputed", "disputed_from")
    _require_none(assess_revoke_key(key, others, command, administrators))
    return (KeyRevoked(command.person, command.key, command.reason, command.disputed_from),)


def decide_record_licence(
    person: Person | None, by: PersonId, command: RecordLicence
) -> tuple[LicenceRecorded, ...]:
    """The licence, which counts once confirmed.

    Raises: Refused; Rejected, if it ends before it begins or lacks number or drug.
    """
    _require_words(command.number, "number")
    _require_words(command.drug, "drug")
    if command.valid_to < command.valid_from:
        raise Rejected("the licence ends before it begins", "valid_to")
    _require_none(assess_record_licence(person, by, command))
    return (
        LicenceRecorded(command.person, command.number, command.drug, command.valid_from, command.valid_to),
    )


def _require_words(text: str, field: str) -> None:
    if not text.strip():
        raise Rejected("this must say something", field)


def _require_none(findings: tuple[Finding, ...]) -> None:
    if findings:
        raise Refused(findings)
