"""A clock that jumps: permits close, reports go on, two people put it right, no pause is shortened."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import Engine

from hat_clinic.domain.clock import AcceptClock, AgreeClock
from hat_clinic.domain.doses import GiveDose
from hat_clinic.handlers import clock
from hat_clinic.handlers.acts import Drawn, Outcome
from hat_clinic.ledger.leaf import parse_leaf
from hat_clinic.ledger.statement import payload_hash
from hat_clinic.projections.clock import newest_acceptance, site_clock
from hat_clinic.store.engine import reading
from hat_clinic.store.ledger_rows import leaves
from hat_clinic.vocabulary.ids import IncidentId
from tests.clinic import Member
from tests.handlers.dosing import Ward, mg

HOUR = timedelta(hours=1)
DECADE = timedelta(days=3653)


@pytest.fixture
def ward(engine: Engine) -> Iterator[Ward]:
    one = Ward.open(engine)
    one.clinic.acts |= {act.name: act for act in clock.ACTS}
    yield one
    one.clinic.close()


def rules(outcome: Outcome | Drawn) -> list[str]:
    assert isinstance(outcome, Outcome) and not outcome.accepted
    return [each.rule for each in outcome.findings]


def accept(ward: Ward, first: Member, second: Member) -> Outcome:
    clinic = ward.clinic
    drawn = clinic.draw(first, "accept-clock", AcceptClock(clinic.clock.now()))
    assert isinstance(drawn, Drawn), drawn
    assert clinic.sign(first, drawn).accepted
    return clinic.signed(second, "agree-clock", AgreeClock(payload_hash(drawn.payload)))


def ats(ward: Ward) -> list[tuple[str, str]]:
    with reading(ward.clinic.engine) as connection:
        found = [parse_leaf(data) for _, data in leaves(connection, "zh1")]
    return [(each.at, each.tag) for each in found]


@pytest.mark.parametrize("jump", [HOUR, -HOUR, DECADE, timedelta(seconds=3), timedelta(seconds=-3)])
def test_refuses_so50_every_permit_after_a_jump(ward: Ward, jump: timedelta) -> None:
    ward.clinic.clock.jump(jump)
    if jump > timedelta(hours=12):
        ward.clinic.clock_in(ward.nia)
    assert "SO50" in rules(ward.clinic.do(ward.nia, "permit-dose", ward.asking()))
    assert ward.clinic.state(site_clock).doubted
    assert ats(ward)[-1][1] == "clock-doubted"


def test_boundary_so50_two_seconds_are_allowed(ward: Ward) -> None:
    ward.clinic.clock.jump(timedelta(seconds=2))
    assert ward.clinic.do(ward.nia, "permit-dose", ward.asking()).accepted


def test_a_dose_out_when_the_clock_went_back_is_still_reported(ward: Ward) -> None:
    dose = ward.handed_over()
    ward.clinic.clock.jump(-HOUR)
    when = ward.clinic.in_one(lambda tx: tx.at)
    command = GiveDose(dose, mg(15), mg(0), when, IncidentId(ward.clinic.ids.uuid7()))
    assert ward.clinic.signed(ward.nia, "give-dose", command).accepted
    assert ward.dose(dose).given is not None


def test_the_doubt_outlives_the_jump_until_two_people_agree(ward: Ward) -> None:
    clinic = ward.clinic
    clinic.clock.jump(-HOUR)
    rules(clinic.do(ward.nia, "permit-dose", ward.asking()))
    clinic.clock.jump(HOUR)
    assert rules(clinic.do(ward.nia, "permit-dose", ward.asking())) == ["SO50"]
    assert accept(ward, ward.nia, ward.noa).accepted
    assert clinic.do(ward.nia, "permit-dose", ward.asking()).accepted


def test_no_pause_is_shortened_by_a_jump_forward(ward: Ward) -> None:
    """Ten minutes passed and the clock says seventy: the half hour has not."""
    clinic = ward.clinic
    first = ward.handed_over()
    assert ward.give(first).accepted
    second = ward.handed_over()
    assert ward.give(second).accepted
    clinic.clock.pass_time(minutes=10)
    clinic.clock.jump(HOUR)
    assert "SO50" in rules(clinic.do(ward.nia, "permit-dose", ward.asking()))
    assert accept(ward, ward.nia, ward.noa).accepted
    since = clinic.state(newest_acceptance)
    assert since is not None and since.wall == clinic.clock.now()
    refused = rules(clinic.do(ward.nia, "permit-dose", ward.asking()))
    assert "SO50" not in refused and refused


def test_ten_years_ahead_and_back_do_not_brick_the_log(ward: Ward) -> None:
    clinic = ward.clinic
    before = clinic.clock.now()
    clinic.clock.jump(DECADE)
    clinic.clock_in(ward.nia)
    rules(clinic.do(ward.nia, "permit-dose", ward.asking()))
    clinic.clock.jump(-DECADE)
    for one in (ward.nia, ward.noa):
        clinic.clock_in(one)
    assert accept(ward, ward.nia, ward.noa).accepted
    assert clinic.do(ward.nia, "permit-dose", ward.asking()).accepted
    stamps = ats(ward)
    turned = [tag for (at, _), (later, tag) in pairwise(stamps) if later < at]
    assert turned == ["clock-agreed"]
    assert clinic.clock.now() - before < HOUR


def test_refuses_so51_a_time_that_the_server_does_not_show(ward: Ward) -> None:
    command = AcceptClock(ward.clinic.clock.now() + timedelta(seconds=61))
    assert rules(ward.clinic.draw(ward.nia, "accept-clock", command)) == ["SO51"]


def test_boundary_so51_a_minute_is_allowed(ward: Ward) -> None:
    command = AcceptClock(ward.clinic.clock.now() - timedelta(seconds=60))
    assert isinstance(ward.clinic.draw(ward.nia, "accept-clock", command), Drawn)


def test_refuses_so53_the_same_person(ward: Ward) -> None:
    assert rules(accept(ward, ward.nia, ward.nia)) == ["SO53"]


def test_refuses_so52_what_does_not_wait(ward: Ward) -> None:
    assert rules(ward.clinic.signed(ward.noa, "agree-clock", AgreeClock(b"\0" * 32))) == ["SO52"]


def test_refuses_so52_a_first_word_that_is_old(ward: Ward) -> None:
    clinic = ward.clinic
    drawn = clinic.draw(ward.nia, "accept-clock", AcceptClock(clinic.clock.now()))
    assert isinstance(drawn, Drawn) and clinic.sign(ward.nia, drawn).accepted
    clinic.clock.pass_time(minutes=10, seconds=1)
    command = AgreeClock(payload_hash(drawn.payload))
    assert rules(clinic.signed(ward.noa, "agree-clock", command)) == ["SO52"]
