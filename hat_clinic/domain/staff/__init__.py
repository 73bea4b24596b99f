"""Staff: who works here, in which roles, with which keys and licences.

A person is one human being: staff codes, keys and terminals come and go, rules about two
people compare persons. Trust is given by two people and taken away by one.
"""

from __future__ import annotations

from hat_clinic.domain.staff.assess import (
    REGISTRATION_FORMS,
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
from hat_clinic.domain.staff.decide import (
    decide_appoint,
    decide_grant_key,
    decide_grant_role,
    decide_record_licence,
    decide_revoke_key,
    decide_revoke_role,
)
from hat_clinic.domain.staff.evolve import changes, evolve_key, evolve_person, founding
from hat_clinic.domain.staff.state import Key, Licence, Person

__all__ = [
    "REGISTRATION_FORMS",
    "AppointPerson",
    "GrantKey",
    "GrantRole",
    "Key",
    "Licence",
    "Person",
    "RecordLicence",
    "RevokeKey",
    "RevokeRole",
    "assess_appoint",
    "assess_grant_key",
    "assess_grant_role",
    "assess_record_licence",
    "assess_revoke_key",
    "assess_revoke_role",
    "changes",
    "decide_appoint",
    "decide_grant_key",
    "decide_grant_role",
    "decide_record_licence",
    "decide_revoke_key",
    "decide_revoke_role",
    "evolve_key",
    "evolve_person",
    "founding",
]
