"""Clocks that change, over HTTP: both nights of the year, and an hour that nobody lived through.

A pause is counted on instants, a day's sum on the clinic's own day, however long that is.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from hat_clinic.domain.entries.patients import Identifier
from hat_clinic.domain.entries.prescriptions import Step
from hat_clinic.domain.entries.stock import ReceivedContainer
from hat_clinic.domain.prescriptions import SignPrescription
from hat_clinic.domain.stock.commands import ReceiveStock
from hat_clinic.handlers.verdict import Code
from hat_clinic.vocabulary.ids import ContainerId, PrescriptionId, ReceiptId
from hat_clinic.vocabulary.moments import moment_text
from hat_clinic.vocabulary.terms import ReceiptKind, Route
from tests.api.raw_hands import ACCEPTED, REFUSED, Hands, hands, mass, named
from tests.auditor.verified_clinic import Inspector
from tests.handlers.dosing import DIAPHIN, mg
from tests.handlers.enrolling import enrolled

ZURICH = ZoneInfo("Europe/Zurich")
PAUSE = timedelta(minutes=30)
DECADE = timedelta(days=3653)
SPRING, AUTUMN = date(2027, 3, 28), date(2027, 10, 31)


@pytest.fixture
def by_hand(engine: Engine) -> Iterator[Hands]:
    with hands(engine) as one:
        yield one


def local(day: date, hour: int, minute: int, fold: int = 0) -> datetime:
    """The instant at which the clinic's wall clock shows this; `fold` 1 is the second time it does."""
    shown = datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZURICH, fold=fold)
    return shown.astimezone(UTC)


def go_to(by_hand: Hands, moment: datetime) -> None:
    """Time has passed until then, and everybody is clocked in."""
    ward = by_hand.ward
    wait = moment - ward.clinic.clock.now()
    assert wait >= timedelta(0)
    by_hand.later(ward.nia, ward.noa, ward.dan, seconds=wait // timedelta(seconds=1))
    assert ward.clinic.clock.now() == moment


def ready(by_hand: Hands, moment: datetime, daily: int) -> None:
    """Then, with fresh stock, the patient is here, fit, and prescribed 15 mg at a time."""
    ward, clinic = by_hand.ward, by_hand.ward.clinic
    go_to(by_hand, moment)
    vials = tuple(ContainerId(clinic.ids.uuid7()) for _ in range(2))
    contents = tuple(
        ReceivedContainer(each, "L1", date(2028, 6, 30), DIAPHIN.content, DIAPHIN.content_volume)
        for each in vials
    )
    receipt, kind = ReceiptId(clinic.ids.uuid7()), ReceiptKind.DELIVERY
    delivery = ReceiveStock(receipt, kind, DIAPHIN.product, "Pharm Co", "note 2", contents)
    clinic.both("receive-stock", delivery, ward.nia, ward.noa)
    ward.patient = enrolled(clinic, ward.nia, Identifier("clinic", clinic.ids.uuid7()))
    ward.visit, ward.vials = ward.arrive(ward.patient), vials
    ward.prescription = PrescriptionId(clinic.ids.uuid7())
    minutes = PAUSE // timedelta(minutes=1)
    step = Step(moment, moment + timedelta(days=3), mg(15), minutes, mg(daily))
    command = SignPrescription(ward.prescription, ward.patient, DIAPHIN.product, Route.INTRAVENOUS, (step,))
    assert clinic.signed(ward.dan, "sign-prescription", command).accepted


def asked(by_hand: Hands, moment: datetime) -> set[str]:
    """By which rules a dose is refused then; by none, if it is permitted."""
    go_to(by_hand, moment)
    answer = by_hand.post(by_hand.ward.nia, "permit-dose", by_hand.permit_body())
    assert answer.status_code in (ACCEPTED, REFUSED), answer.text
    return {each["rule"] for each in answer.json().get("findings", [])}


@pytest.mark.parametrize(
    "ended",
    [
        local(SPRING, 1, 50),  # half an hour later the wall shows 03:20
        local(AUTUMN, 2, 50),  # half an hour later the wall shows 02:20
    ],
)
def test_a_pause_over_the_change_of_the_clock_is_as_long_as_any(by_hand: Hands, ended: datetime) -> None:
    ready(by_hand, ended, 60)
    by_hand.given()
    shown = (ended + PAUSE).astimezone(ZURICH).replace(tzinfo=None) - ended.astimezone(ZURICH).replace(
        tzinfo=None
    )
    assert shown in (PAUSE + timedelta(hours=1), PAUSE - timedelta(hours=1))
    assert "AD28" in asked(by_hand, ended + PAUSE - timedelta(seconds=1))
    assert asked(by_hand, ended + PAUSE) == set()


@pytest.mark.parametrize("day, hours", [(SPRING, 23), (AUTUMN, 25)])
def test_a_days_sum_is_that_of_the_clinics_day(by_hand: Hands, day: date, hours: int) -> None:
    """What was given just after midnight counts until the next one, and no second longer."""
    midnight, next_one = local(day, 0, 0), local(day + timedelta(days=1), 0, 0)
    assert next_one - midnight == timedelta(hours=hours)
    ready(by_hand, midnight, 30)
    by_hand.given()
    go_to(by_hand, midnight + PAUSE)
    by_hand.given()
    by_hand.ward.vials = by_hand.ward.vials[1:]  # the first has been open for a day
    assert asked(by_hand, next_one - timedelta(seconds=1)) == {"AD30"}
    assert asked(by_hand, next_one) == set()


@pytest.mark.parametrize("day", [SPRING, AUTUMN])
def test_what_was_given_before_midnight_is_the_day_before(by_hand: Hands, day: date) -> None:
    midnight = local(day, 0, 0)
    ready(by_hand, midnight - 2 * PAUSE, 30)
    by_hand.given()
    go_to(by_hand, midnight - PAUSE)
    by_hand.given()
    assert "AD30" in asked(by_hand, midnight - timedelta(seconds=1))
    assert asked(by_hand, midnight) == set()


@pytest.mark.parametrize("hours", [1, -1])
def test_an_hour_that_nobody_lived_shortens_no_pause(by_hand: Hands, hours: int) -> None:
    """Ten minutes after a dose the clock jumps: nothing is permitted until it is put right."""
    clinic = by_hand.ward.clinic
    ready(by_hand, local(date(2027, 1, 11), 9, 0), 60)
    go_to(by_hand, local(date(2027, 1, 11), 11, 0))
    by_hand.given()
    clinic.clock.jump(timedelta(hours=hours))
    assert "SO50" in asked(by_hand, clinic.clock.now() + timedelta(minutes=10))
    accepted = clinic.clock.now()
    put_right(by_hand)
    refused = asked(by_hand, accepted + PAUSE - timedelta(minutes=1))
    assert "AD28" in refused and "SO50" not in refused
    assert "AD28" not in asked(by_hand, accepted + PAUSE)
    assert by_hand.house.http.get("/ready").status_code == 200


def test_ten_years_ahead_and_back_between_two_doses(by_hand: Hands) -> None:
    """Ten minutes after a dose: reports go on throughout, permits after two people, the pause anew."""
    clinic = by_hand.ward.clinic
    ready(by_hand, local(date(2027, 1, 11), 9, 0), 60)
    go_to(by_hand, local(date(2027, 1, 11), 11, 0))
    by_hand.given()
    go_to(by_hand, clinic.clock.now() + timedelta(minutes=10))
    for jump in (DECADE, -DECADE):
        clinic.clock.jump(jump)
        assert "SO50" in asked(by_hand, clinic.clock.now())
        spilled(by_hand)
    first = accepted_by_nia(by_hand)
    assert "SO50" in asked(by_hand, clinic.clock.now())
    assert by_hand.both(by_hand.ward.noa, "agree-clock", {"names": named(first)}).status_code == ACCEPTED
    accepted = clinic.clock.now()
    for moment in (accepted, accepted + PAUSE - timedelta(seconds=1)):
        refused = asked(by_hand, moment)
        assert "AD28" in refused and "SO50" not in refused
    go_to(by_hand, accepted + PAUSE)
    spilled(by_hand)
    by_hand.given()
    assert by_hand.house.http.get("/ready").status_code == 200
    found = Inspector(clinic).verify()
    assert (found.code, found.size) == (Code.HOLDS, by_hand.house.size()), found.text()


def spilled(by_hand: Hands) -> None:
    """A report of now is taken, whatever the clock shows."""
    ward = by_hand.ward
    now = moment_text(ward.clinic.clock.now())
    body = {
        "container": ward.vials[1], "whereabouts": "spilled", "mass": mass(1), "happened_at": now,
        "reason": "dropped",
    }  # fmt: skip
    answer = by_hand.both(ward.nia, "account-stock", body)
    assert answer.status_code == ACCEPTED, answer.text


def accepted_by_nia(by_hand: Hands) -> Any:
    """Nia reads another clock, and signs what it shows."""
    ward, now = by_hand.ward, moment_text(by_hand.ward.clinic.clock.now())
    statement: Any = by_hand.draw(ward.nia, "accept-clock", {"wall": now})
    assert by_hand.sign(ward.nia, statement).status_code == ACCEPTED
    return statement


def put_right(by_hand: Hands) -> None:
    """Nia reads another clock, and Noa says that she read it right."""
    names = {"names": named(accepted_by_nia(by_hand))}
    assert by_hand.both(by_hand.ward.noa, "agree-clock", names).status_code == ACCEPTED
