"""The second person: another person, with the right role, about something that waits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hat_clinic.domain import codec
from hat_clinic.domain.confirmations import (
    SECONDS,
    ConfirmAct,
    Pending,
    Signatory,
    assess_confirm,
    decide_confirm,
    in_force,
    pending_of,
)
from hat_clinic.domain.entries import SIGNERS, Recorded, SealedEntry, tag_of
from hat_clinic.domain.entries.doses import DoseRemainderAccounted
from hat_clinic.domain.entries.packs import PackAdopted
from hat_clinic.domain.entries.staff import RoleGranted, RoleRevoked
from hat_clinic.domain.entries.system import ActConfirmed
from hat_clinic.vocabulary.errors import Finding, Refused
from hat_clinic.vocabulary.ids import DoseId, PatientId, PersonId
from hat_clinic.vocabulary.quantities import Expression, Mass
from hat_clinic.vocabulary.terms import LossReason, RevocationReason, Role, Whereabouts
from tests.domain.entries_in_order import ANA, BO, CARA, MORNING, OPENED, InOrder, pending

GRANT = RoleGranted(CARA, Role.NURSE)
PACK = PackAdopted("p", "1", bytes(32), ())
REMAINDER = DoseRemainderAccounted(
    DoseId("d"), PatientId("pt"), Whereabouts.WASTED,
    Mass(1000, Expression.HYDROCHLORIDE_MONOHYDRATE), MORNING, LossReason.LEFT_IN_SYRINGE, (),
)  # fmt: skip


def person(who: PersonId, *roles: Role, key_good: bool = True) -> Signatory:
    return Signatory(who, frozenset(roles), key_good)


ADMIN_ANA, ADMIN_BO = person(ANA, Role.ADMINISTRATOR), person(BO, Role.ADMINISTRATOR)


def ask(waiting: Pending) -> ConfirmAct:
    return ConfirmAct(waiting.payload, waiting.tag)


def rules(waiting: Pending | None, first: Signatory | None, second: Signatory, **changes: Any) -> list[str]:
    command = ask(waiting) if waiting else ConfirmAct(b"?" * 32, "role-granted")
    return [each.rule for each in assess_confirm(waiting, first, second, replace(command, **changes))]


def said(entry: Any, by: str = ANA) -> Pending:
    return pending(InOrder().says(by, entry))


def test_allows_another_administrator() -> None:
    waiting = said(GRANT)
    assert decide_confirm(waiting, ADMIN_ANA, ADMIN_BO, (), ask(waiting)) == (
        ActConfirmed(waiting.payload, "role-granted"),
    )


def test_refuses_so20_the_same_person_with_any_key_and_role() -> None:
    assert rules(said(GRANT), ADMIN_ANA, ADMIN_ANA) == ["SO20"]
    assert rules(said(REMAINDER), None, person(ANA, Role.NURSE)) == ["SO20"]


def test_refuses_so21_a_role_that_may_not() -> None:
    assert rules(said(GRANT), ADMIN_ANA, person(BO, Role.MEDICAL_LEAD, Role.NURSE)) == ["SO21"]
    assert rules(said(REMAINDER), None, person(BO, Role.PRESCRIBER)) == ["SO21"]
    assert rules(said(REMAINDER), None, person(BO, Role.PHARMACIST)) == []


def test_refuses_so22_what_does_not_wait() -> None:
    assert rules(None, None, ADMIN_BO) == ["SO22"]
    assert rules(said(GRANT), ADMIN_ANA, ADMIN_BO, names_tag="key-granted") == ["SO22"]


def test_refuses_so23_anybody_but_the_other_founder() -> None:
    assert rules(said(OPENED), None, person(BO)) == []
    assert rules(said(OPENED), None, person(CARA, *Role)) == ["SO23"]
    assert rules(said(OPENED), None, person(ANA)) == ["SO20"]


def test_refuses_so24_a_grant_to_oneself() -> None:
    assert rules(said(GRANT), ADMIN_ANA, person(CARA, Role.ADMINISTRATOR)) == ["SO24"]


@pytest.mark.parametrize(
    "first", [None, person(ANA, Role.NURSE), person(ANA, Role.ADMINISTRATOR, key_good=False)]
)
def test_refuses_so34_a_grant_by_somebody_no_longer_trusted(first: Signatory | None) -> None:
    assert rules(said(GRANT), first, ADMIN_BO) == ["SO34"]


def test_allows_a_report_whatever_became_of_its_author() -> None:
    assert rules(said(REMAINDER), None, person(BO, Role.NURSE)) == []


def test_a_pack_is_the_medical_leads_and_a_clinical_persons() -> None:
    lead = person(ANA, Role.MEDICAL_LEAD)
    assert rules(said(PACK), lead, person(BO, Role.NURSE)) == []
    assert rules(said(PACK), lead, ADMIN_BO) == ["SO21"]
    assert rules(said(PACK), ADMIN_ANA, person(BO, Role.NURSE)) == ["SO34"]


def test_refuses_everything_at_once() -> None:
    waiting = said(RoleGranted(ANA, Role.NURSE))
    again = (Finding("SO31", "ana is nurse already"),)
    with pytest.raises(Refused) as refusal:
        decide_confirm(waiting, person(ANA), person(ANA), again, ask(waiting))
    assert [each.rule for each in refusal.value.findings] == ["SO20", "SO21", "SO24", "SO34", "SO31"]


def test_what_waits_is_kept_whole() -> None:
    first = InOrder().says(ANA, REMAINDER)
    waiting = pending(first)
    assert codec.decode(Pending, codec.encode(waiting)) == waiting
    assert waiting.recorded() == first


def test_what_needs_no_second_waits_for_none() -> None:
    log = InOrder()
    sealed = replace(log.says(ANA, GRANT), entry=SealedEntry("patient-enrolled", PatientId("pt")))
    revoked = log.says(ANA, RoleRevoked(CARA, Role.NURSE, RevocationReason.LEFT))
    assert pending_of(sealed) is None and in_force(sealed) is sealed
    assert pending_of(revoked) is None and in_force(revoked) is revoked


def test_a_grant_is_in_force_from_its_confirmation_on() -> None:
    log = InOrder()
    first = log.says(ANA, GRANT)
    assert in_force(first) is None
    second: Recorded = log.confirms(BO, first)
    assert in_force(second) is first


def test_every_act_with_a_second_says_who_that_may_be() -> None:
    assert SECONDS.keys() == {tag_of(kind) for kind, row in SIGNERS.items() if row.second}
    open_to_none = {tag for tag, pair in SECONDS.items() if not pair.second}
    assert open_to_none == {"ledger-opened"}
    assert all(Role.AUDITOR not in pair.second | pair.first for pair in SECONDS.values())
