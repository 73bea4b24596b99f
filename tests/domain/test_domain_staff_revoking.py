"""One signature takes trust away, and never the last of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hat_clinic.domain.entries.staff import KeyRevoked, RoleRevoked
from hat_clinic.domain.staff import (
    Key,
    Person,
    RevokeKey,
    RevokeRole,
    assess_revoke_key,
    assess_revoke_role,
    decide_revoke_key,
    decide_revoke_role,
)
from hat_clinic.vocabulary.errors import Finding
from hat_clinic.vocabulary.ids import KeyId
from hat_clinic.vocabulary.terms import RevocationReason, Role
from tests.domain.entries_in_order import ANA, BO, CARA, key_of, public_of

LEFT, LOST = RevocationReason.LEFT, RevocationReason.LOST
TWO = frozenset({ANA, BO})
ANA_HERE = Person(ANA, "P-01", "Ana", (), (Role.ADMINISTRATOR, Role.NURSE), ())
CARA_HERE = Person(CARA, "P-03", "Cara", (), (Role.NURSE,), ())
CARAS_KEY = Key(key_of(CARA), CARA, "ed25519", public_of(CARA), since=7)


def rules(findings: Sequence[Finding]) -> list[str]:
    return [each.rule for each in findings]


def test_allows_one_person_to_revoke_even_themselves() -> None:
    assert decide_revoke_role(CARA_HERE, RevokeRole(CARA, Role.NURSE, LEFT), TWO) == (
        RoleRevoked(CARA, Role.NURSE, LEFT),
    )
    assert decide_revoke_key(CARAS_KEY, (), 10, RevokeKey(CARA, key_of(CARA), LOST, 10), TWO) == (
        KeyRevoked(CARA, key_of(CARA), LOST, 10),
    )


def test_refuses_so54_what_leaves_one_administrator_with_a_key() -> None:
    role = RevokeRole(ANA, Role.ADMINISTRATOR, LEFT)
    key, command = (
        Key(key_of(ANA), ANA, "ed25519", public_of(ANA), since=0),
        RevokeKey(ANA, key_of(ANA), LOST),
    )
    assert rules(assess_revoke_role(ANA_HERE, role, TWO)) == ["SO54"]
    assert rules(assess_revoke_key(key, (), command, TWO)) == ["SO54"]
    assert rules(assess_revoke_key(key, (replace(key, until=5),), command, TWO)) == ["SO54"]


def test_boundary_so54_two_administrators_with_keys_are_enough() -> None:
    role = RevokeRole(ANA, Role.ADMINISTRATOR, LEFT)
    key, command = (
        Key(key_of(ANA), ANA, "ed25519", public_of(ANA), since=0),
        RevokeKey(ANA, key_of(ANA), LOST),
    )
    assert assess_revoke_role(ANA_HERE, role, TWO | {CARA}) == ()
    assert assess_revoke_role(ANA_HERE, role, frozenset({BO, CARA})) == (), "she had no key to give with"
    assert assess_revoke_role(ANA_HERE, RevokeRole(ANA, Role.NURSE, LEFT), TWO) == ()
    assert assess_revoke_key(key, (), command, TWO | {CARA}) == ()
    assert assess_revoke_key(key, (replace(key, key=KeyId("k2")),), command, TWO) == (), "she has another"
