"""What entries do to containers: received, reserved, drawn, accounted for, overfilled."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from hat_clinic.domain import codec
from hat_clinic.domain.entries.doses import UnpreparedDoseReported
from hat_clinic.domain.entries.register import Footnoted, LineCorrected
from hat_clinic.domain.entries.stock import OverfillFound, StockAccounted
from hat_clinic.domain.stock.amounts import put, take
from hat_clinic.domain.stock.state import Container, available, usable_until
from hat_clinic.vocabulary.ids import ContainerId, DoseId, PageId, PatientId, ReceiptId
from hat_clinic.vocabulary.quantities import Mass
from hat_clinic.vocabulary.terms import (
    CorrectionReason,
    LossReason,
    ReceiptKind,
    Route,
    UnplannedReason,
    Whereabouts,
)
from tests.domain.told_stock import (
    AMPOULE,
    ANA,
    BO,
    NOON,
    VIAL,
    ToldCupboard,
    draw,
    mg,
    ml,
    permitted,
    prepared,
    received,
    vial,
)


@pytest.fixture
def cupboard() -> ToldCupboard:
    return ToldCupboard.with_stock()


def accounted(
    container: str, mass: Mass, whereabouts: Whereabouts = Whereabouts.SPILLED, product: str = VIAL.product
) -> StockAccounted:
    return StockAccounted(product, ContainerId(container), whereabouts, mass, NOON, LossReason.DROPPED, ())  # type: ignore[arg-type]


def test_containers_exist_once_a_second_person_confirmed(cupboard: ToldCupboard) -> None:
    first = cupboard.tell(received(vial("v009"), name="r9"))
    assert "v009" not in cupboard.containers and "r9" not in cupboard.receipts
    cupboard.confirm(first)
    assert cupboard.containers["v009"].remaining == mg(10_000)
    assert (cupboard.receipts["r9"].received_by, cupboard.receipts["r9"].confirmed_by) == (ANA, BO)


def test_a_state_has_one_spelling(cupboard: ToldCupboard) -> None:
    cupboard.tell(permitted("d1", draw("v001", mg(200), ml(2)), until=NOON + timedelta(minutes=15)))
    cupboard.tell(accounted("v001", mg(50)))
    container = cupboard.containers["v001"]
    assert codec.decode(Container, codec.encode(container)) == container


def test_a_permit_reserves_until_it_lapses(cupboard: ToldCupboard) -> None:
    until = NOON + timedelta(minutes=15)
    cupboard.tell(permitted("d1", draw("v001", mg(200), ml(2)), until=until))
    container = cupboard.containers["v001"]
    assert container.remaining == mg(10_000)
    assert available(container, NOON) == mg(9_800)
    assert available(container, until - timedelta(microseconds=1)) == mg(9_800)
    assert available(container, until) == mg(10_000)
    assert available(container, NOON, DoseId("d1")) == mg(10_000)


def test_a_second_permit_of_the_same_dose_reserves_once(cupboard: ToldCupboard) -> None:
    for mass in (200, 300):
        cupboard.tell(permitted("d1", draw("v001", mg(mass)), until=NOON + timedelta(minutes=15)))
    assert available(cupboard.containers["v001"], NOON) == mg(9_700)


def test_a_lapsed_reservation_is_dropped_by_the_next_permit(cupboard: ToldCupboard) -> None:
    cupboard.tell(permitted("d1", draw("v001", mg(200)), until=NOON + timedelta(minutes=15)))
    cupboard.pass_time(minutes=20)
    cupboard.tell(permitted("d2", draw("v001", mg(100)), until=NOON + timedelta(minutes=35)))
    assert [each.dose for each in cupboard.containers["v001"].reservations] == ["d2"]


def test_reservations_beyond_what_is_left_leave_nothing(cupboard: ToldCupboard) -> None:
    for dose in ("d1", "d2"):
        cupboard.tell(permitted(dose, draw("v001", mg(6_000)), until=NOON + timedelta(minutes=15)))
    assert available(cupboard.containers["v001"], NOON) == mg(0)


def test_preparing_takes_the_drug_out_and_frees_the_reservation(cupboard: ToldCupboard) -> None:
    cupboard.tell(permitted("d1", draw("v001", mg(200), ml(2)), until=NOON + timedelta(minutes=15)))
    cupboard.pass_time(minutes=1)
    cupboard.tell(prepared("d1", draw("v001", mg(200), ml(2))))
    opened = cupboard.moment
    cupboard.pass_time(minutes=1)
    cupboard.tell(prepared("d2", draw("v001", mg(300), ml(3))))
    container = cupboard.containers["v001"]
    assert (container.remaining, container.volume, container.reservations) == (mg(9_500), ml(95), ())
    assert container.opened_at == opened and container.open
    assert usable_until(container, cupboard.products[VIAL.product]) == opened + timedelta(hours=12)


def test_a_single_use_container_is_whole_or_nothing(cupboard: ToldCupboard) -> None:
    one_in_two = draw("a001", mg(100), lot="A1")
    cupboard.tell(permitted("d1", draw("a001", mg(40), lot="A1"), until=NOON + timedelta(minutes=15)))
    assert available(cupboard.containers["a001"], NOON) == mg(0)
    assert available(cupboard.containers["a001"], NOON, DoseId("d1")) == mg(100)
    cupboard.tell(prepared("d1", one_in_two, surplus=mg(60), product=AMPOULE))
    container = cupboard.containers["a001"]
    assert (container.remaining, container.open) == (mg(0), False)
    assert cupboard.containers["a002"].remaining == mg(100)


def test_an_opened_single_use_container_is_not_available(cupboard: ToldCupboard) -> None:
    cupboard.tell(accounted("a001", mg(10), product=AMPOULE.product))
    assert cupboard.containers["a001"].remaining == mg(90)
    assert available(cupboard.containers["a001"], NOON) == mg(0)


def test_one_dose_out_of_two_containers(cupboard: ToldCupboard) -> None:
    cupboard.tell(prepared("d1", draw("v001", mg(30)), draw("v002", mg(70))))
    assert [cupboard.containers[each].remaining for each in ("v001", "v002")] == [mg(9_970), mg(9_930)]


def test_what_was_accounted_for_is_out_at_once_and_awaits_the_second(cupboard: ToldCupboard) -> None:
    first = cupboard.tell(accounted("v001", mg(500)))
    container = cupboard.containers["v001"]
    assert container.remaining == mg(9_500) and container.accounts[0].confirmed_by is None
    cupboard.confirm(first)
    container = cupboard.containers["v001"]
    assert container.remaining == mg(9_500) and container.accounts[0].confirmed_by == BO


def test_an_unprepared_dose_leaves_its_container_once(cupboard: ToldCupboard) -> None:
    report = UnpreparedDoseReported(
        DoseId("d1"), PatientId("pat"), VIAL.product, Route.INTRAVENOUS, (draw("v001", mg(200)),), mg(200),
        mg(0), NOON, UnplannedReason.POWER_OR_NETWORK_FAILURE, (),
    )  # fmt: skip
    first = cupboard.tell(report)
    assert cupboard.containers["v001"].remaining == mg(9_800)
    cupboard.confirm(first)
    assert cupboard.containers["v001"].remaining == mg(9_800)


def test_overfill_counts_once_confirmed(cupboard: ToldCupboard) -> None:
    found = OverfillFound(ReceiptId("o1"), VIAL.product, ContainerId("v001"), mg(40), None)
    first = cupboard.tell(found)
    assert cupboard.containers["v001"].remaining == mg(10_000)
    cupboard.confirm(first)
    assert cupboard.containers["v001"].remaining == mg(10_040)
    assert cupboard.receipts["o1"].kind is ReceiptKind.OVERFILL


def test_more_can_leave_than_was_booked_and_overfill_explains_it(cupboard: ToldCupboard) -> None:
    cupboard.tell(accounted("v001", mg(10_050)))
    container = cupboard.containers["v001"]
    assert (container.remaining, container.overdrawn, container.open) == (mg(0), mg(50), False)
    assert (container.volume, available(container, NOON)) == (ml(0), mg(0))
    cupboard.both(OverfillFound(ReceiptId("o1"), VIAL.product, ContainerId("v001"), mg(60), ml(1)))
    container = cupboard.containers["v001"]
    assert (container.remaining, container.overdrawn, container.volume) == (mg(10), None, ml(1))


@pytest.mark.parametrize(
    "held, overdrawn, change, expected",
    [
        (5, None, +3, (8, None)),
        (5, None, -5, (0, None)),
        (5, None, -7, (0, 2)),
        (0, 2, -1, (0, 3)),
        (0, 2, +1, (0, 1)),
        (0, 2, +2, (0, None)),
        (0, 2, +9, (7, None)),
    ],
)
def test_an_amount_is_overdrawn_and_comes_back(
    held: int, overdrawn: int | None, change: int, expected: tuple[int, int | None]
) -> None:
    short = None if overdrawn is None else mg(overdrawn)
    move = put if change > 0 else take
    after, left_short = move(mg(held), short, mg(abs(change)))
    assert (after, left_short) == (mg(expected[0]), None if expected[1] is None else mg(expected[1]))


def test_a_corrected_mass_moves_the_container_too(cupboard: ToldCupboard) -> None:
    line = cupboard.tell(prepared("d1", draw("v001", mg(200))))
    correction = LineCorrected(
        line.seq, PageId(f"{VIAL.product}/1"), Footnoted.MASS, CorrectionReason.MISREAD, mg(200), mg(230),
        takes=mg(30), container=ContainerId("v001"),
    )  # fmt: skip
    first = cupboard.tell(correction)
    assert cupboard.containers["v001"].remaining == mg(9_800)
    cupboard.confirm(first)
    assert cupboard.containers["v001"].remaining == mg(9_770)
    cupboard.both(replace(correction, takes=None, adds=mg(10)))
    assert cupboard.containers["v001"].remaining == mg(9_780)
