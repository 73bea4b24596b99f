"""What a revocation ends at once: clock-ins, sign-ins, permits, and what was signed before."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from hat_clinic.domain.doses import HandOverDose
from hat_clinic.domain.entries.doses import DoseHandedOver
from hat_clinic.domain.staff import GrantRole, RevokeKey, RevokeRole
from hat_clinic.domain.terminals import EnrolTerminal, RevokeTerminal
from hat_clinic.handlers import terminals
from hat_clinic.handlers.acts import Drawn, Outcome
from hat_clinic.handlers.identity import UnknownTerminal, require_sign_in
from hat_clinic.handlers.sign_in import begin_sign_in
from hat_clinic.store import clock_ins
from hat_clinic.store.transaction import Transaction
from hat_clinic.vocabulary.errors import Unauthenticated
from hat_clinic.vocabulary.ids import KeyId, TerminalId
from hat_clinic.vocabulary.terms import RevocationReason, Role
from tests.auditor.forged_doses import verified
from tests.auditor.forged_entries import Forger, require_caught
from tests.clinic import Clinic, Member
from tests.handlers.dosing import Ward

LOST = RevocationReason.LOST


@pytest.fixture
def ward(engine: Engine) -> Iterator[Ward]:
    one = Ward.open(engine)
    one.clinic.acts.update({act.name: act for act in terminals.ACTS})
    yield one
    one.clinic.close()


def rules(outcome: Outcome | Drawn) -> list[str]:
    assert isinstance(outcome, Outcome) and not outcome.accepted
    return [each.rule for each in outcome.findings]


def sign_in(clinic: Clinic, one: Member, terminal: TerminalId | None = None) -> str:
    return clinic.in_one(lambda tx: begin_sign_in(tx, one.person, terminal or clinic.terminal)).token


def looking(clinic: Clinic, token: str, terminal: TerminalId | None = None) -> bool:
    def look(tx: Transaction) -> bool:
        try:
            require_sign_in(tx.conn, "zh1", terminal or clinic.terminal, token, tx.now)
        except Unauthenticated:
            return False
        return True

    return clinic.in_one(look)


def clocked_in(clinic: Clinic, one: Member, terminal: TerminalId | None = None) -> bool:
    at = terminal or clinic.terminal
    return clinic.in_one(lambda tx: clock_ins.live(tx.conn, "zh1", one.person, at, tx.now)) is not None


def revoke_key(clinic: Clinic, one: Member) -> None:
    command = RevokeKey(one.person, KeyId(one.key.key_id), LOST)
    assert clinic.signed(clinic.ada, "revoke-key", command).accepted


def test_a_revoked_key_ends_clock_ins_and_sign_ins_everywhere(ward: Ward) -> None:
    clinic, elsewhere = ward.clinic, TerminalId(ward.clinic.ids.uuid7())
    clinic.clock_in(ward.nia, elsewhere)
    here, there, other = (
        sign_in(clinic, ward.nia), sign_in(clinic, ward.nia, elsewhere), sign_in(clinic, ward.noa)
    )  # fmt: skip
    command = RevokeKey(ward.nia.person, KeyId(ward.nia.key.key_id), LOST)
    drawn = clinic.draw(clinic.ada, "revoke-key", command)
    assert isinstance(drawn, Drawn)
    assert looking(clinic, here) and clocked_in(clinic, ward.nia), "showing a statement ends nothing"
    assert clinic.sign(clinic.ada, drawn).accepted
    assert not looking(clinic, here) and not looking(clinic, there, elsewhere)
    assert not clocked_in(clinic, ward.nia) and not clocked_in(clinic, ward.nia, elsewhere)
    assert looking(clinic, other) and clocked_in(clinic, ward.noa), "a colleague's are their own"


def test_the_last_role_ends_sign_ins_and_one_of_two_does_not(ward: Ward) -> None:
    clinic, token = ward.clinic, sign_in(ward.clinic, ward.dan)
    for role, still in ((Role.PRESCRIBER, True), (Role.MEDICAL_LEAD, False)):
        command = RevokeRole(ward.dan.person, role, RevocationReason.LEFT)
        assert clinic.signed(clinic.ada, "revoke-role", command).accepted
        if not still:
            clinic.both("grant-role", GrantRole(ward.dan.person, Role.NURSE))
        assert looking(clinic, token) is still


def test_a_revoked_terminal_ends_everybodys_there(ward: Ward) -> None:
    clinic, room = ward.clinic, TerminalId(ward.clinic.ids.uuid7())
    clinic.both("enrol-terminal", EnrolTerminal(room, "Room 2", bytes(range(32))))
    clinic.clock_in(ward.nia, room)
    token, here = sign_in(clinic, ward.nia, room), sign_in(clinic, ward.nia)
    assert clinic.signed(clinic.ada, "revoke-terminal", RevokeTerminal(room, LOST)).accepted
    assert not looking(clinic, token, room) and not clocked_in(clinic, ward.nia, room)
    assert looking(clinic, here) and clocked_in(clinic, ward.nia)


def test_an_act_that_waited_while_its_terminal_was_revoked_is_none(ward: Ward) -> None:
    clinic, room = ward.clinic, TerminalId(ward.clinic.ids.uuid7())
    clinic.both("enrol-terminal", EnrolTerminal(room, "Room 2", bytes(range(32))))
    clinic.clock_in(ward.nia, room)
    assert clinic.actor(ward.nia, room).terminal == room
    assert clinic.signed(clinic.ada, "revoke-terminal", RevokeTerminal(room, LOST)).accepted
    with pytest.raises(UnknownTerminal):
        clinic.actor(ward.nia, room)


@pytest.mark.parametrize("act", ["permit-dose", "hand-over-dose"])
def test_refuses_SO43_a_permit_by_somebody_who_is_only_signed_in(ward: Ward, act: str) -> None:
    clinic, dose = ward.clinic, ward.prepared()
    assert ward.verify(dose).accepted
    clinic.in_one(lambda tx: clock_ins.end(tx.conn, "zh1", ward.nia.person, clinic.terminal))
    command = HandOverDose(dose) if act == "hand-over-dose" else ward.asking()
    assert rules(clinic.do(ward.nia, act, command)) == ["SO43"]


def test_allows_what_is_no_permit_to_somebody_who_is_only_signed_in(ward: Ward) -> None:
    clinic = ward.clinic
    clinic.in_one(lambda tx: clock_ins.end(tx.conn, "zh1", ward.nia.person, clinic.terminal))
    assert ward.another().visit, "enrolled, arrived, identified and assessed by Nia"


def test_nothing_is_handed_over_once_both_keys_are_revoked(ward: Ward) -> None:
    dose = ward.prepared()
    assert ward.verify(dose).accepted
    for one in (ward.nia, ward.noa):
        revoke_key(ward.clinic, one)
    assert rules(ward.hand_over(dose)) == ["SO43"]


def test_refuses_SO13_to_verify_what_a_revoked_key_prepared(ward: Ward) -> None:
    dose = ward.prepared()
    revoke_key(ward.clinic, ward.nia)
    assert rules(ward.verify(dose)) == ["SO13"]


# --- nobody locks the clinic for good -------------------------------------------------------


def test_refuses_SO54_one_person_taking_trust_from_both_administrators(ward: Ward) -> None:
    clinic, (ada, bo) = ward.clinic, (ward.clinic.ada, ward.clinic.bo)
    attempts = (
        ("revoke-role", RevokeRole(bo.person, Role.ADMINISTRATOR, LOST)),
        ("revoke-key", RevokeKey(bo.person, KeyId(bo.key.key_id), LOST)),
        ("revoke-key", RevokeKey(ada.person, KeyId(ada.key.key_id), LOST)),
    )
    for name, command in attempts:
        assert rules(clinic.signed(ada, name, command)) == ["SO54"]
    third = clinic.hire("A-03", Role.ADMINISTRATOR)
    assert clinic.signed(third, *attempts[1]).accepted
    assert rules(clinic.signed(third, *attempts[2])) == ["SO54"]
    assert clinic.signed(third, *attempts[0]).accepted, "bo could give no trust any more"


def test_refuses_SO54_when_two_revocations_were_drawn_before_either_was_signed(ward: Ward) -> None:
    clinic = ward.clinic
    third = clinic.hire("A-03", Role.ADMINISTRATOR)
    targets = (clinic.bo, clinic.ada)
    drawn = [
        clinic.draw(third, "revoke-key", RevokeKey(one.person, KeyId(one.key.key_id), LOST))
        for one in targets
    ]
    assert isinstance(drawn[0], Drawn) and isinstance(drawn[1], Drawn)
    assert clinic.sign(third, drawn[0]).accepted
    assert rules(clinic.sign(third, drawn[1])) == ["SO54"]


def test_refuses_SO55_the_last_terminal(ward: Ward) -> None:
    clinic = ward.clinic
    assert rules(clinic.signed(clinic.ada, "revoke-terminal", RevokeTerminal(clinic.terminal, LOST))) == [
        "SO55"
    ]


# --- and the auditor, when the server let it through ----------------------------------------


@pytest.mark.parametrize("whose", ["performer", "verifier"])
def test_the_auditor_names_a_hand_over_after_a_revocation(ward: Ward, whose: str) -> None:
    dose = ward.prepared()
    assert ward.verify(dose).accepted
    revoke_key(ward.clinic, ward.nia if whose == "performer" else ward.noa)
    forger = Forger(ward.clinic)
    seq, _ = forger.append(ward.noa, DoseHandedOver(dose, ward.patient))
    require_caught(forger, seq, "revoked since")


def test_the_auditor_names_a_hand_over_of_what_nobody_verified(ward: Ward) -> None:
    dose, forger = ward.prepared(), Forger(ward.clinic)
    seq, _ = forger.append(ward.nia, DoseHandedOver(dose, ward.patient))
    require_caught(forger, seq, "nobody had verified")


def test_the_auditor_names_a_reading_of_what_a_revoked_key_prepared(ward: Ward) -> None:
    dose = ward.prepared()
    revoke_key(ward.clinic, ward.nia)
    forger = Forger(ward.clinic)
    seq, _ = forger.append(ward.noa, verified(ward, dose))
    require_caught(forger, seq, "revoked since")
