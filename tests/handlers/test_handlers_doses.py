"""Doses through the one way of every act, on both engines."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import pytest
from sqlalchemy import Engine

from hat_clinic.domain.doses import GiveDose, SiteCalendar, Stage, open_mass
from hat_clinic.domain.entries.doses import DoseGiven, DoseMismatched, DoseVerified, UnpreparedDoseReported
from hat_clinic.domain.entries.incidents import IncidentOpened
from hat_clinic.domain.entries.system import ActRefused
from hat_clinic.domain.staff import RevokeRole
from hat_clinic.handlers.acts import Drawn, Outcome
from hat_clinic.handlers.records import DatabaseRecord
from hat_clinic.handlers.replaying import require_projections
from hat_clinic.projections.doses import (
    DOSES,
    HISTORIES,
    calendar,
    open_doses,
)
from hat_clinic.projections.replay import recorded_of
from hat_clinic.projections.stock import CONTAINERS
from hat_clinic.store.engine import reading, writing
from hat_clinic.store.states import States
from hat_clinic.vocabulary.errors import LedgerBroken, NotFound
from hat_clinic.vocabulary.ids import DoseId, IncidentId
from hat_clinic.vocabulary.terms import RevocationReason, Role, Whereabouts
from tests.handlers.dosing import Ward, mg
from tests.handlers.enrolling import rules

E = TypeVar("E")
_NURSE = (Role.NURSE,)


def last(ward: Ward, kind: type[E]) -> E:
    """The newest entry of this kind, read from the log."""
    clinic = ward.clinic
    with reading(clinic.engine) as connection:
        tx = States(connection, clinic.site.site_id)
        record = DatabaseRecord(connection, clinic.site.site_id, clinic.keys)
        tagged = [each for each in record.entries() if each.tag != "act-confirmed"]
        found = [entry for each in tagged if isinstance(entry := recorded_of(tx, each).entry, kind)]
    return found[-1]


def require_replayed(ward: Ward) -> None:
    """Every table is what replaying the log makes of it."""
    clinic = ward.clinic
    with reading(clinic.engine) as connection:
        require_projections(DatabaseRecord(connection, clinic.site.site_id, clinic.keys))


def test_a_whole_dose_in_two_peoples_hands(ward: Ward) -> None:
    dose = ward.handed_over()
    assert ward.give(dose, 10, 5).accepted
    assert ward.saw_given(dose).accepted
    ward.account(dose, 5)
    found = ward.dose(dose)
    assert (found.stage, found.given, open_mass(found), found.awaits_second) == (
        Stage.CLOSED, mg(10), mg(0), False,
    )  # fmt: skip
    assert (found.performer, found.verifier, found.prescriber) == (
        ward.nia.person, ward.noa.person, ward.dan.person,
    )  # fmt: skip
    assert last(ward, DoseGiven).breaches == ()
    vial = ward.clinic.state(lambda tx: CONTAINERS.load(tx, ward.vials[0]))
    assert vial is not None and vial.remaining == mg(9985) and vial.reservations == ()
    history = ward.clinic.state(lambda tx: HISTORIES.load(tx, ward.patient))
    assert history is not None and [each.counted for each in history.recent] == [mg(10)]
    require_replayed(ward)


def test_the_first_days_second_dose_may_follow_at_once_and_the_third_may_not(ward: Ward) -> None:
    for _ in range(2):
        dose = ward.handed_over()
        assert ward.give(dose).accepted
    assert rules(ward.clinic.do(ward.nia, "permit-dose", ward.asking())) == ["AD29", "AD30"]


def test_a_refusal_is_on_record_with_all_its_rules_and_reserves_nothing(ward: Ward) -> None:
    command = replace(ward.asking(16), visit=ward.another().visit)
    outcome = ward.clinic.do(ward.nia, "permit-dose", command)
    assert rules(outcome) == ["AD21", "AD22", "AD27", "TI01"]
    refused = last(ward, ActRefused)
    assert (refused.act, refused.patient, refused.dose) == ("permit-dose", ward.patient, command.dose)
    assert list(refused.rules) == list(dict.fromkeys(rules(outcome)))
    assert ward.clinic.state(lambda tx: DOSES.load(tx, command.dose)) is None


def test_a_reading_that_does_not_match_is_kept_as_it_was_signed(ward: Ward) -> None:
    dose = ward.prepared()
    drawn = ward.clinic.draw(ward.noa, "verify-dose", ward.reading(dose, 150))
    assert isinstance(drawn, Drawn) and drawn.tag == "dose-verified"
    sent = ward.clinic.envelope(ward.noa, drawn)
    outcome = ward.clinic.send(ward.noa, drawn.statement_id, sent)
    assert outcome.accepted and outcome.count == 2
    mismatched = last(ward, DoseMismatched)
    assert (mismatched.reading_envelope, mismatched.verifier) == (sent, ward.noa.person)
    assert last(ward, IncidentOpened).rules == ("SO08",)
    assert ward.dose(dose).stage is Stage.MISMATCHED
    assert rules(ward.hand_over(dose))[0] == "AD40"
    ward.account(dose, 15)
    assert ward.dose(dose).stage is Stage.CLOSED
    require_replayed(ward)


def test_a_wrong_and_a_right_reading_are_drawn_alike(ward: Ward) -> None:
    dose = ward.prepared()
    for milligrams in (15, 150):
        drawn = ward.clinic.draw(ward.noa, "verify-dose", ward.reading(dose, milligrams))
        assert isinstance(drawn, Drawn)
    assert ward.dose(dose).stage is Stage.PREPARED


def test_refuses_SO01_SO02_SO03_by_person(ward: Ward) -> None:
    dose = ward.prepared()
    assert rules(ward.verify(dose, by=ward.nia)) == ["SO01"]
    assert rules(ward.verify(dose, by=ward.dan)) == ["SO02"]
    other = ward.another(person=ward.noa.person)
    theirs = other.prepared()
    assert rules(other.verify(theirs)) == ["SO03"]
    assert other.verify(theirs, by=ward.clinic.hire("N-03", *_NURSE)).accepted


def test_refuses_SO03_who_would_prepare_their_own_dose(ward: Ward) -> None:
    own = ward.another(ward.nia.person, by=ward.noa)
    assert rules(ward.clinic.do(ward.nia, "permit-dose", own.asking())) == ["SO03"]


def test_refuses_SO04_when_the_verifier_lost_the_role_before_hand_over(ward: Ward) -> None:
    dose = ward.prepared()
    assert ward.verify(dose).accepted
    revoke = RevokeRole(ward.noa.person, *_NURSE, RevocationReason.LEFT)
    assert ward.clinic.signed(ward.clinic.ada, "revoke-role", revoke).accepted
    assert rules(ward.hand_over(dose)) == ["SO04"]


def test_a_permit_lapses_and_is_closed_by_the_next_one(ward: Ward) -> None:
    first = ward.permitted()
    assert rules(ward.clinic.do(ward.nia, "permit-dose", ward.asking())) == ["AD31"]
    ward.clinic.clock.pass_time(minutes=15)
    assert rules(ward.prepare(first)) == ["AD36"]
    second = ward.permitted()
    assert ward.dose(first).stage is Stage.CLOSED
    assert [each.dose for each in ward.clinic.state(open_doses)] == [second]
    require_replayed(ward)


def test_one_patients_reservation_holds_against_another(ward: Ward) -> None:
    ward.permitted()
    other = ward.another()
    vial = ward.clinic.state(lambda tx: CONTAINERS.load(tx, ward.vials[0]))
    assert vial is not None and [each.mass for each in vial.reservations] == [mg(15)]
    other.permitted()
    vial = ward.clinic.state(lambda tx: CONTAINERS.load(tx, ward.vials[0]))
    assert vial is not None and len(vial.reservations) == 2


def test_what_nobody_knows_is_not_found(ward: Ward) -> None:
    with pytest.raises(NotFound):
        ward.hand_over(DoseId(ward.clinic.ids.uuid7()))


def test_a_dose_without_a_permit_is_on_record_and_waits_for_its_second(ward: Ward) -> None:
    command = ward.reporting()
    drawn = ward.clinic.draw(ward.nia, "report-unprepared-dose", command)
    assert isinstance(drawn, Drawn)
    outcome = ward.clinic.sign(ward.nia, drawn)
    assert outcome.accepted and outcome.count == 2
    assert last(ward, UnpreparedDoseReported).breaches == ("AD43",)
    assert ward.dose(command.dose).awaits_second
    assert "AD31" in rules(ward.clinic.do(ward.nia, "permit-dose", ward.asking()))
    assert ward.clinic.confirm(ward.noa, drawn).accepted
    assert ward.dose(command.dose).stage is Stage.CLOSED
    require_replayed(ward)


def test_every_report_is_recorded_where_every_rule_is_broken(ward: Ward) -> None:
    """Not fit, gone, too much, too early, no permit, another person, lost."""
    assert ward.give(ward.handed_over()).accepted
    dose = ward.prepared()
    ward.clinic.clock.pass_time(hours=5)
    assert ward.give(dose, 10, 5, by=ward.noa).accepted
    assert set(last(ward, DoseGiven).breaches) == {"SO10", "AD43", "AD25"}
    ward.account(dose, 5, Whereabouts.UNACCOUNTED)
    assert last(ward, IncidentOpened).rules == ("AD45",)
    report = replace(ward.reporting(400), visit=None, prescription=None)
    assert ward.clinic.both("report-unprepared-dose", report, ward.nia, ward.noa)
    broken = {"AD43", "AD21", "AD22", "AD23", "AD24", "AD29", "TI02"}
    assert set(last(ward, UnpreparedDoseReported).breaches) == broken
    require_replayed(ward)


def test_breaches_are_those_of_when_it_was_signed(ward: Ward) -> None:
    """What was shown to the performer may be older: the incident has today's."""
    dose = ward.handed_over()
    incident, now = IncidentId(ward.clinic.ids.uuid7()), ward.clinic.clock.now()
    giving = GiveDose(dose, mg(15), mg(0), now, incident)
    drawn = ward.clinic.draw(ward.nia, "give-dose", giving)
    assert isinstance(drawn, Drawn)
    ward.clinic.clock.pass_time(seconds=60)
    outcome = ward.clinic.sign(ward.nia, drawn)
    assert isinstance(outcome, Outcome) and outcome.accepted and outcome.count == 1


def test_a_reading_signed_after_the_dose_changed_is_refused(ward: Ward) -> None:
    dose = ward.prepared()
    drawn = ward.clinic.draw(ward.noa, "verify-dose", ward.reading(dose))
    assert isinstance(drawn, Drawn)
    ward.account(dose, 1, Whereabouts.SPILLED)
    assert rules(ward.clinic.sign(ward.noa, drawn)) == ["SO06"]
    with pytest.raises(IndexError):
        last(ward, DoseVerified)


def test_the_first_entry_says_how_days_are_counted(ward: Ward) -> None:
    assert ward.clinic.state(calendar) == SiteCalendar("Europe/Zurich", 0)


def test_a_dose_before_the_first_entry_is_a_broken_log(engine: Engine) -> None:
    with writing(engine) as connection, pytest.raises(LedgerBroken):
        calendar(States(connection, "zh1"))
