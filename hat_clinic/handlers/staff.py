"""People are appointed, trusted with roles and keys, and trusted no longer."""

from __future__ import annotations

from typing import Any

from hat_clinic.domain.entries.staff import (
    KeyGranted,
    KeyRevoked,
    LicenceRecorded,
    PersonAppointed,
    RoleGranted,
    RoleRevoked,
)
from hat_clinic.domain.staff import (
    AppointPerson,
    GrantKey,
    GrantRole,
    RecordLicence,
    RevokeKey,
    RevokeRole,
    decide_appoint,
    decide_grant_key,
    decide_grant_role,
    decide_record_licence,
    decide_revoke_key,
    decide_revoke_role,
)
from hat_clinic.handlers.acts import Act, Actor, Decision
from hat_clinic.ledger.keys import PublicKey
from hat_clinic.projections.staff import KEYS, PERSONS
from hat_clinic.store import clock_ins, sign_ins
from hat_clinic.store.transaction import Transaction
from hat_clinic.vocabulary.ids import PersonId
from hat_clinic.vocabulary.terms import Role

ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})
# Whoever leads may stop somebody at once; only administrators give.
REVOKERS = frozenset({Role.ADMINISTRATOR, Role.MEDICAL_LEAD, Role.CONTROLLED_DRUGS_LEAD})


def _administrators(tx: Transaction) -> frozenset[PersonId]:
    """Those who can give trust now: administrators with a good key."""
    return frozenset(
        one.person
        for one in PERSONS.find(tx)
        if Role.ADMINISTRATOR in one.roles
        and any(key.until is None for key in KEYS.find(tx, person_id=one.person))
    )


def _appoint(tx: Transaction, actor: Actor, command: AppointPerson) -> Decision:
    return Decision(decide_appoint(PERSONS.find(tx), actor.person, command))


def _grant_role(tx: Transaction, actor: Actor, command: GrantRole) -> Decision:
    return Decision(decide_grant_role(PERSONS.load(tx, command.person), actor.person, command))


def _revoke_role(tx: Transaction, actor: Actor, command: RevokeRole) -> Decision:
    person = PERSONS.load(tx, command.person)
    entries = decide_revoke_role(person, command, _administrators(tx))
    if command.envelope is not None and person is not None and set(person.roles) == {command.role}:
        sign_ins.end_person(tx.conn, tx.site_id, command.person)
    return Decision(entries)


def _grant_key(tx: Transaction, actor: Actor, command: GrantKey) -> Decision:
    """BadProof comes first: nothing that is no key can be granted."""
    PublicKey(command.alg, command.public)
    person, existing = PERSONS.load(tx, command.person), KEYS.load(tx, command.key)
    return Decision(decide_grant_key(person, existing, actor.person, command))


def _revoke_key(tx: Transaction, actor: Actor, command: RevokeKey) -> Decision:
    """Whoever had the key clocks in anew, with a key that is good, wherever they were.

    Why the sign-ins too: hand-overs are attributed, and what a stolen key began must end with it.
    """
    key, theirs = KEYS.load(tx, command.key), KEYS.find(tx, person_id=command.person)
    others = [each for each in theirs if each.key != command.key]
    entries = decide_revoke_key(key, others, tx.tip.frontier.size, command, _administrators(tx))
    if command.envelope is not None:
        clock_ins.end_person(tx.conn, tx.site_id, command.person)
        sign_ins.end_person(tx.conn, tx.site_id, command.person)
    return Decision(entries)


def _record_licence(tx: Transaction, actor: Actor, command: RecordLicence) -> Decision:
    return Decision(decide_record_licence(PERSONS.load(tx, command.person), actor.person, command))


ACTS: tuple[Act[Any], ...] = (
    Act("appoint-person", AppointPerson, PersonAppointed, ADMINISTRATORS, _appoint, permit=True),
    Act("grant-role", GrantRole, RoleGranted, ADMINISTRATORS, _grant_role, permit=True),
    Act("revoke-role", RevokeRole, RoleRevoked, REVOKERS, _revoke_role),
    Act("grant-key", GrantKey, KeyGranted, ADMINISTRATORS, _grant_key, permit=True),
    Act("revoke-key", RevokeKey, KeyRevoked, REVOKERS, _revoke_key),
    Act("record-licence", RecordLicence, LicenceRecorded, ADMINISTRATORS, _record_licence, permit=True),
)
