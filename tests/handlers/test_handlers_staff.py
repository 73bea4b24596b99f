"""People, terminals and packs through the one way of every act, on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from hat_clinic.domain.confirmations import ConfirmAct
from hat_clinic.domain.entries.staff import Registration
from hat_clinic.domain.packs import AdoptPack, FilledHole
from hat_clinic.domain.staff import AppointPerson, GrantKey, GrantRole, RevokeKey, RevokeRole
from hat_clinic.domain.terminals import EnrolTerminal, RevokeTerminal
from hat_clinic.handlers import packs, terminals
from hat_clinic.handlers.acts import Drawn, Outcome
from hat_clinic.handlers.confirmations import waiting
from hat_clinic.handlers.packs import require_pack, shipped_packs
from hat_clinic.ledger.statement import payload_hash
from hat_clinic.projections.packs import pack_in_force
from hat_clinic.projections.staff import KEYS, PERSONS
from hat_clinic.projections.terminals import TERMINALS
from hat_clinic.store import terminal_secrets
from hat_clinic.store.engine import reading
from hat_clinic.store.schema import projection_terminal
from hat_clinic.vocabulary.errors import BadProof, NotFound
from hat_clinic.vocabulary.ids import KeyId, PersonId, TerminalId, key_id
from hat_clinic.vocabulary.terms import RevocationReason, Role
from tests.clinic import Clinic, Member

HASH = bytes(range(32))


@pytest.fixture
def clinic(engine: Engine) -> Iterator[Clinic]:
    one = Clinic.open(engine, terminals.ACTS, packs.ACTS)
    yield one
    one.close()


def rules(outcome: Outcome | Drawn) -> list[str]:
    assert isinstance(outcome, Outcome) and not outcome.accepted
    return [each.rule for each in outcome.findings]


def signed(clinic: Clinic, one: Member, name: str, command: object) -> Drawn:
    drawn = clinic.draw(one, name, command)
    assert isinstance(drawn, Drawn)
    assert clinic.sign(one, drawn).accepted
    return drawn


def appoint(clinic: Clinic, code: str, *registrations: Registration) -> AppointPerson:
    return AppointPerson(PersonId(clinic.ids.uuid7()), code, "Somebody Invented", registrations)


# --- the second person ------------------------------------------------------------------


def test_refuses_so20_oneself_at_another_terminal_too(clinic: Clinic) -> None:
    drawn = signed(clinic, clinic.ada, "appoint-person", appoint(clinic, "N-01"))
    assert rules(clinic.confirm(clinic.ada, drawn)) == ["SO20"]
    elsewhere = TerminalId(clinic.ids.uuid7())
    clinic.clock_in(clinic.ada, elsewhere)
    command = ConfirmAct(payload_hash(drawn.payload), drawn.tag)
    assert rules(clinic.draw(clinic.ada, "confirm-act", command, terminal=elsewhere)) == ["SO20"]


def test_refuses_so20_a_second_key_of_the_same_person(clinic: Clinic) -> None:
    nia = clinic.hire("N-01", Role.ADMINISTRATOR)
    drawn = signed(clinic, nia, "appoint-person", appoint(clinic, "N-02"))
    other = clinic.hire("N-03").key
    second_key = Member(nia.person, nia.staff_code, type(other).from_seed(bytes(range(32))))
    public = second_key.key.public_raw
    clinic.both("grant-key", GrantKey(nia.person, second_key.key.key_id, "ed25519", public))
    clinic.clock_in(second_key)
    assert rules(clinic.confirm(second_key, drawn)) == ["SO20"]


def test_refuses_so21_a_nurse_and_so22_twice(clinic: Clinic) -> None:
    nia = clinic.hire("N-01", Role.NURSE)
    drawn = signed(clinic, clinic.ada, "appoint-person", appoint(clinic, "N-02"))
    assert rules(clinic.confirm(nia, drawn)) == ["SO21"]
    assert clinic.confirm(clinic.bo, drawn).accepted
    assert rules(clinic.confirm(clinic.bo, drawn)) == ["SO22"]


def test_two_appointments_under_one_code_cannot_both_stand(clinic: Clinic) -> None:
    gmc = Registration("GMC", "1234567")
    first = signed(clinic, clinic.ada, "appoint-person", appoint(clinic, "N-01", gmc))
    second = signed(clinic, clinic.ada, "appoint-person", appoint(clinic, "n-01", gmc))
    assert [each.tag for each in clinic.state(waiting)] == ["person-appointed"] * 2
    assert clinic.confirm(clinic.bo, first).accepted
    assert rules(clinic.confirm(clinic.bo, second)) == ["SO26", "SO28"]
    (left,) = clinic.state(waiting)
    assert left.payload == payload_hash(second.payload)


def test_two_grants_of_the_same_cannot_both_stand(clinic: Clinic) -> None:
    nia = clinic.hire("N-01")
    key = clinic.hire("N-02").key
    fresh = type(key).from_seed(bytes(32)).public_raw
    pairs = (
        ("grant-role", GrantRole(nia.person, Role.NURSE), "SO31"),
        ("grant-key", GrantKey(nia.person, key_id("ed25519", fresh), "ed25519", fresh), "SO32"),
        ("enrol-terminal", EnrolTerminal(TerminalId(clinic.ids.uuid7()), "Room 2", HASH), "SO35"),
    )
    for name, command, rule in pairs:
        first, second = (signed(clinic, clinic.ada, name, command) for _ in range(2))
        assert clinic.confirm(clinic.bo, first).accepted
        assert rules(clinic.confirm(clinic.bo, second)) == [rule]


def test_refuses_so34_a_grant_whose_first_author_is_out(clinic: Clinic) -> None:
    nia = clinic.hire("N-01", Role.ADMINISTRATOR)
    drawn = signed(clinic, nia, "appoint-person", appoint(clinic, "N-02"))
    assert clinic.signed(
        clinic.ada, "revoke-key", RevokeKey(nia.person, nia.key.key_id, RevocationReason.LOST)
    ).accepted
    assert rules(clinic.confirm(clinic.bo, drawn)) == ["SO34"]


def test_an_administrators_new_key_takes_two_others(clinic: Clinic) -> None:
    ada, bo = clinic.ada, clinic.bo
    made = type(ada.key).from_seed(bytes(range(32)))
    grant = GrantKey(ada.person, made.key_id, "ed25519", made.public_raw)
    assert rules(clinic.draw(ada, "grant-key", grant)) == ["SO25"]
    drawn = signed(clinic, bo, "grant-key", grant)
    assert rules(clinic.confirm(ada, drawn)) == ["SO24"], "not with the old key either"
    assert rules(clinic.confirm(bo, drawn)) == ["SO20"]
    third = clinic.hire("A-03", Role.ADMINISTRATOR)
    assert clinic.confirm(third, drawn).accepted
    lost = RevokeKey(ada.person, ada.key.key_id, RevocationReason.LOST)
    assert clinic.signed(bo, "revoke-key", lost).accepted


# --- one suffices to revoke -------------------------------------------------------------


def test_one_person_takes_a_role_and_a_key_at_once(clinic: Clinic) -> None:
    nia = clinic.hire("N-01", Role.ADMINISTRATOR)
    assert clinic.signed(
        clinic.ada, "revoke-role", RevokeRole(nia.person, Role.ADMINISTRATOR, RevocationReason.LEFT)
    ).accepted
    assert rules(clinic.draw(nia, "appoint-person", appoint(clinic, "N-02"))) == ["SO40"]
    clinic.both("grant-role", GrantRole(nia.person, Role.ADMINISTRATOR))
    drawn = clinic.draw(nia, "appoint-person", appoint(clinic, "N-02"))
    assert isinstance(drawn, Drawn)
    assert clinic.signed(
        clinic.bo, "revoke-key", RevokeKey(nia.person, nia.key.key_id, RevocationReason.LOST, 0)
    ).accepted
    assert rules(clinic.sign(nia, drawn)) == ["SO43"]
    key = clinic.state(lambda tx: KEYS.load(tx, nia.key.key_id))
    assert key is not None and key.until is not None and key.disputed_from == 0


def test_somebody_may_revoke_their_own_key(clinic: Clinic) -> None:
    clinic.hire("A-03", Role.ADMINISTRATOR)
    mine = RevokeKey(clinic.ada.person, clinic.ada.key.key_id, RevocationReason.COMPROMISED)
    assert clinic.signed(clinic.ada, "revoke-key", mine).accepted
    assert rules(clinic.draw(clinic.bo, "revoke-key", mine)) == ["SO33"]


def test_a_key_that_is_no_key_is_no_proof(clinic: Clinic) -> None:
    nia = clinic.hire("N-01")
    weak = bytes(32)
    with pytest.raises(BadProof, match="small order"):
        clinic.draw(clinic.ada, "grant-key", GrantKey(nia.person, key_id("ed25519", weak), "ed25519", weak))
    with pytest.raises(BadProof, match="unknown"):
        clinic.draw(clinic.ada, "grant-key", GrantKey(nia.person, KeyId("k"), "rot13", weak))


def test_founders_are_administrators_from_the_first_entries_on(clinic: Clinic) -> None:
    for one in (clinic.ada, clinic.bo):
        person = clinic.state(lambda tx, one=one: PERSONS.load(tx, one.person))
        key = clinic.state(lambda tx, one=one: KEYS.load(tx, one.key.key_id))
        assert person is not None and person.roles == (Role.ADMINISTRATOR,)
        assert key is not None and (key.since, key.until) == (0, None)
    assert clinic.state(lambda tx: PERSONS.find(tx, staff_code="A-02"))[0].person == clinic.bo.person


# --- terminals --------------------------------------------------------------------------


def secret(clinic: Clinic, terminal: TerminalId) -> bytes | None:
    with reading(clinic.engine) as connection:
        return terminal_secrets.get(connection, "zh1", terminal)


def test_a_terminal_is_known_from_the_second_signature_until_it_is_revoked(clinic: Clinic) -> None:
    room = TerminalId(clinic.ids.uuid7())
    first = signed(clinic, clinic.ada, "enrol-terminal", EnrolTerminal(room, "Room 2", HASH))
    assert secret(clinic, room) is None
    second = clinic.draw(clinic.bo, "confirm-act", ConfirmAct(payload_hash(first.payload), first.tag))
    assert isinstance(second, Drawn)
    assert secret(clinic, room) is None, "showing a statement lets nobody in"
    assert clinic.sign(clinic.bo, second).accepted
    assert secret(clinic, room) == HASH
    drawn = clinic.draw(clinic.ada, "revoke-terminal", RevokeTerminal(room, RevocationReason.LOST))
    assert isinstance(drawn, Drawn)
    assert secret(clinic, room) == HASH
    assert clinic.sign(clinic.ada, drawn).accepted
    assert secret(clinic, room) is None
    terminal = clinic.state(lambda tx: TERMINALS.load(tx, room))
    assert terminal is not None and terminal.revoked
    assert rules(
        clinic.draw(clinic.ada, "revoke-terminal", RevokeTerminal(room, RevocationReason.OTHER))
    ) == ["SO36"]
    assert rules(clinic.draw(clinic.ada, "enrol-terminal", EnrolTerminal(room, "Room 2", HASH))) == ["SO35"]
    assert len(clinic.state(lambda tx: tx.find(projection_terminal))) == 2


# --- packs ------------------------------------------------------------------------------


def adopt(clinic: Clinic, *holes: str) -> AdoptPack:
    file, today = require_pack("swissmedic-diaphin-iv"), clinic.clock.now().date()
    filled = tuple(FilledHole(name, 1, "invented for a test", today) for name in holes)
    return AdoptPack(file.pack, file.version, file.sha256, filled)


def test_a_pack_is_in_force_once_a_clinical_person_confirmed_it(clinic: Clinic) -> None:
    lead, nia = clinic.hire("D-01", Role.MEDICAL_LEAD), clinic.hire("N-01", Role.NURSE)
    holes = [each.name for each in require_pack("swissmedic-diaphin-iv").holes if not each.optional]
    assert rules(clinic.draw(lead, "adopt-pack", adopt(clinic, *holes[1:]))) == ["SO37"]
    assert rules(clinic.draw(clinic.ada, "adopt-pack", adopt(clinic, *holes))) == ["SO40"]
    drawn = signed(clinic, lead, "adopt-pack", adopt(clinic, *holes))
    assert clinic.state(pack_in_force) is None
    assert rules(clinic.confirm(clinic.bo, drawn)) == ["SO21"]
    assert clinic.confirm(nia, drawn).accepted
    pack = clinic.state(pack_in_force)
    assert pack is not None
    assert (pack.number("titration_first_single"), pack.number("hand_over")) == (15, 1)
    assert pack.number("hold_breathing_rate_below") is None
    assert [each.name for each in pack.values if each.set_by_clinic] == holes


def test_boundary_a_source_may_be_of_the_clinics_today(clinic: Clinic) -> None:
    clinic.clock.shows = clinic.clock.shows.replace(hour=23, minute=30)
    lead = clinic.hire("D-01", Role.MEDICAL_LEAD)
    command = adopt(clinic, "hand_over", "late_report", "prescriber_may_verify")
    tomorrow = clinic.clock.now().date() + timedelta(days=1)
    filled = tuple(FilledHole(each.name, each.number, each.source, tomorrow) for each in command.filled)
    after_midnight_in_zurich = AdoptPack(command.pack, command.version, command.sha256, filled)
    assert isinstance(clinic.draw(lead, "adopt-pack", after_midnight_in_zurich), Drawn)


def test_a_pack_nobody_ships_is_not_found(clinic: Clinic) -> None:
    lead = clinic.hire("D-01", Role.MEDICAL_LEAD)
    with pytest.raises(NotFound, match="swissmedic-diaphin-iv"):
        clinic.draw(lead, "adopt-pack", AdoptPack("guesswork", "1", HASH, ()))


def test_every_pack_that_comes_along_can_be_read() -> None:
    assert {name: file.pack for name, file in shipped_packs().items()} == {
        "swissmedic-diaphin-iv": "swissmedic-diaphin-iv"
    }
