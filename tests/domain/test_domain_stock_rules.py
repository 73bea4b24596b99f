"""The rules of stock: each allows, refuses, and has its boundary; several fire at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from hat_clinic.domain.entries.incidents import IncidentOpened
from hat_clinic.domain.entries.stock import ReceivedContainer, StockAccounted, StockReceived
from hat_clinic.domain.stock import draw_findings
from hat_clinic.domain.stock.assess import assess_account, assess_list, assess_receive
from hat_clinic.domain.stock.commands import (
    AccountStock,
    ListProduct,
    ReceiveStock,
    RecordOverfill,
)
from hat_clinic.domain.stock.decide import (
    decide_account,
    decide_list,
    decide_overfill,
    decide_receive,
)
from hat_clinic.vocabulary.errors import Finding, Refused
from hat_clinic.vocabulary.ids import ContainerId, DoseId, IncidentId, ReceiptId
from hat_clinic.vocabulary.quantities import Expression, Mass
from hat_clinic.vocabulary.terms import LossReason, ReceiptKind, Whereabouts
from tests.domain.told_stock import (
    AMPOULE,
    NOON,
    TODAY,
    VIAL,
    ToldCupboard,
    draw,
    mg,
    ml,
    permitted,
    prepared,
    vial,
)

BASE = Mass.mg(10_000, Expression.BASE)
INCIDENT = IncidentId("incident")
UNREADABLE = ["", "v07", "AMP 7", "AMP-00 7", "AMP-0007 ", "A,0007,", "AMP-00\uff17\uff17", "É007", "A_0_0"]


@pytest.fixture
def cupboard() -> ToldCupboard:
    return ToldCupboard.with_stock()


def ids(findings: tuple[Finding, ...]) -> list[str]:
    return [each.rule for each in findings]


def receive(*containers: ReceivedContainer, kind: ReceiptKind = ReceiptKind.DELIVERY) -> ReceiveStock:
    return ReceiveStock(ReceiptId("r7"), kind, VIAL.product, "Pharm Co", "note r7", containers)


def receiving(cupboard: ToldCupboard, command: ReceiveStock) -> list[str]:
    known = [
        cupboard.containers[each.container]
        for each in command.containers
        if each.container in cupboard.containers
    ]
    product = cupboard.products.get(command.product)
    return ids(assess_receive(product, known, cupboard.receipts.get(command.receipt), None, command, TODAY))


def listing(**other: object) -> ListProduct:
    values = {name: getattr(VIAL, name) for name in ListProduct.__slots__}
    return ListProduct(**values | other)  # type: ignore[arg-type]


def test_allows_a_product_with_its_label() -> None:
    assert decide_list(None, listing()) == VIAL


@pytest.mark.parametrize(
    "missing", [{"content": mg(0)}, {"content_volume": None}, {"graduation": None}, {"container_hours": None}]
)
def test_refuses_cd10_a_label_with_holes(missing: dict[str, object]) -> None:
    assert ids(assess_list(None, listing(**missing))) == ["CD10"]


def test_refuses_cd02_a_product_twice(cupboard: ToldCupboard) -> None:
    with pytest.raises(Refused, match="CD02"):
        decide_list(cupboard.products[VIAL.product], listing())


def test_allows_a_delivery(cupboard: ToldCupboard) -> None:
    command = receive(vial("v007"), vial("v008"))
    assert receiving(cupboard, command) == []
    entry = decide_receive(cupboard.products[VIAL.product], [], None, None, command, TODAY, NOON)
    assert isinstance(entry, StockReceived) and entry.containers == command.containers


def test_boundary_cd22_a_delivery_came_by_now(cupboard: ToldCupboard) -> None:
    command, product = replace(receive(vial("v007")), happened_at=NOON), cupboard.products[VIAL.product]
    assert decide_receive(product, [], None, None, command, TODAY, NOON).happened_at == NOON
    with pytest.raises(Refused, match="CD22"):
        decide_receive(product, [], None, None, command, TODAY, NOON - timedelta(microseconds=1))


def test_refuses_cd01_a_product_that_is_not_listed(cupboard: ToldCupboard) -> None:
    assert receiving(ToldCupboard(), receive(vial("v007"))) == ["CD01"]


def test_refuses_cd03_a_delivery_received_twice(cupboard: ToldCupboard) -> None:
    product, earlier = cupboard.products[VIAL.product], cupboard.receipts["r1"]
    by_id = assess_receive(product, [], earlier, None, receive(vial("v007")), TODAY)
    by_note = assess_receive(product, [], None, earlier, receive(vial("v007")), TODAY)
    assert ids(by_id) == ids(by_note) == ["CD03"]


@pytest.mark.parametrize("lot", ["L", "DEMO-V1", "a-1/2.B" + 13 * "0"])
def test_allows_cd51_what_a_label_prints_as_lot(cupboard: ToldCupboard, lot: str) -> None:
    assert receiving(cupboard, receive(vial("v007", lot=lot))) == []


@pytest.mark.parametrize("lot", ["", "Ana Meier", "L1\n", 21 * "0", "L_1", "Ä1"])
def test_refuses_cd51_words_of_ones_own_as_lot(cupboard: ToldCupboard, lot: str) -> None:
    assert receiving(cupboard, receive(vial("v007"), vial("v008", lot=lot))) == ["CD51"]


@pytest.mark.parametrize("container", ["v007", "DEMO-AMP-0001", "x y.a/-", "Ampulle 12: 99Zz"])
def test_allows_cd52_an_id_that_ends_in_what_can_be_read_back(cupboard: ToldCupboard, container: str) -> None:
    assert receiving(cupboard, receive(vial(container))) == []


@pytest.mark.parametrize("container", UNREADABLE)
def test_refuses_cd52_an_id_nobody_can_read_back(cupboard: ToldCupboard, container: str) -> None:
    assert receiving(cupboard, receive(vial("v007"), vial(container))) == ["CD52"]


def test_refuses_cd04_a_container_twice(cupboard: ToldCupboard) -> None:
    assert receiving(cupboard, receive(vial("v001"))) == ["CD04"]
    assert receiving(cupboard, receive(vial("v007"), vial("v007"))) == ["CD04"]


def test_boundary_cd05_use_by(cupboard: ToldCupboard) -> None:
    assert receiving(cupboard, receive(vial("v007", use_by=TODAY))) == []
    yesterday = vial("v007", use_by=TODAY - timedelta(days=1))
    assert receiving(cupboard, receive(yesterday)) == ["CD05"]
    assert receiving(cupboard, receive(yesterday, kind=ReceiptKind.OPENING_BALANCE)) == []


def test_boundary_cd06_content(cupboard: ToldCupboard) -> None:
    fuller = vial("v007", content=mg(10_001))
    opened = vial("v007", content=mg(9_999), volume=ml(99))
    assert receiving(cupboard, receive(fuller)) == ["CD06"]
    assert receiving(cupboard, receive(opened)) == ["CD06"]
    assert receiving(cupboard, receive(vial("v007", volume=None))) == ["CD06"]
    assert receiving(cupboard, receive(fuller, kind=ReceiptKind.OPENING_BALANCE)) == ["CD06"]
    assert receiving(cupboard, receive(opened, kind=ReceiptKind.OPENING_BALANCE)) == []


def test_refuses_cd07_another_expression(cupboard: ToldCupboard) -> None:
    assert receiving(cupboard, receive(vial("v007", content=BASE))) == ["CD07"]


def test_refuses_cd08_a_delivery_of_nothing(cupboard: ToldCupboard) -> None:
    assert receiving(cupboard, receive()) == ["CD08"]


def test_refuses_cd09_an_overfill_as_delivery(cupboard: ToldCupboard) -> None:
    assert receiving(cupboard, receive(vial("v007"), kind=ReceiptKind.OVERFILL)) == ["CD09"]


def test_all_reasons_at_once(cupboard: ToldCupboard) -> None:
    command = receive(
        vial("v001", use_by=TODAY - timedelta(days=1)),
        vial("v007", content=BASE),
        vial("v008", content=mg(1)),
    )
    command = replace(command, receipt=ReceiptId("r1"))
    assert receiving(cupboard, command) == ["CD03", "CD04", "CD05", "CD06", "CD07"]


def overfill(**other: object) -> RecordOverfill:
    return RecordOverfill(**{"receipt": "o1", "container": "v001", "mass": mg(40)} | other)  # type: ignore[arg-type]


def test_allows_an_overfill(cupboard: ToldCupboard) -> None:
    entry = decide_overfill(cupboard.containers["v001"], cupboard.products[VIAL.product], None, overfill())
    assert (entry.product, entry.mass) == (VIAL.product, mg(40))


@pytest.mark.parametrize("command, rule", [(overfill(mass=mg(0)), "CD18"), (overfill(mass=BASE), "CD07")])
def test_refuses_an_overfill(cupboard: ToldCupboard, command: RecordOverfill, rule: str) -> None:
    with pytest.raises(Refused) as refused:
        decide_overfill(cupboard.containers["v001"], cupboard.products[VIAL.product], None, command)
    assert ids(refused.value.findings) == [rule]


def test_refuses_cd11_an_overfill_of_an_unknown_container(cupboard: ToldCupboard) -> None:
    with pytest.raises(Refused, match="CD11"):
        decide_overfill(None, None, None, overfill())
    with pytest.raises(Refused, match="CD03"):
        decide_overfill(cupboard.containers["v001"], None, cupboard.receipts["r1"], overfill())


def account(mass: Mass, whereabouts: Whereabouts = Whereabouts.WASTED, **other: object) -> AccountStock:
    values = {"happened_at": NOON, "reason": LossReason.BROKEN, "incident": INCIDENT} | other
    return AccountStock(ContainerId("v001"), whereabouts, mass, **values)  # type: ignore[arg-type]


def test_allows_a_report_of_waste(cupboard: ToldCupboard) -> None:
    (entry,) = decide_account(cupboard.containers["v001"], account(mg(10_000)), NOON)
    assert isinstance(entry, StockAccounted) and entry.breaches == ()


def test_a_report_with_every_rule_broken_is_on_record(cupboard: ToldCupboard) -> None:
    command = account(mg(10_001), Whereabouts.UNACCOUNTED)
    assert ids(assess_account(cupboard.containers["v001"], command)) == ["CD20", "CD21"]
    entry, incident = decide_account(cupboard.containers["v001"], command, NOON)
    assert isinstance(entry, StockAccounted) and entry.breaches == ("CD20", "CD21")
    assert incident == IncidentOpened(INCIDENT, ("CD20", "CD21"), container=ContainerId("v001"))


@pytest.mark.parametrize(
    "command, rule",
    [
        (account(mg(0)), "CD19"),
        (account(BASE), "CD07"),
        (account(mg(1), happened_at=NOON + timedelta(microseconds=1)), "CD22"),
    ],
)
def test_refuses_a_report_whose_form_is_wrong(
    cupboard: ToldCupboard, command: AccountStock, rule: str
) -> None:
    with pytest.raises(Refused) as refused:
        decide_account(cupboard.containers["v001"], command, NOON)
    assert ids(refused.value.findings) == [rule]


def test_refuses_cd11_a_report_on_an_unknown_container() -> None:
    with pytest.raises(Refused, match="CD11"):
        decide_account(None, account(mg(1)), NOON)


def drawing(cupboard: ToldCupboard, container: str, mass: Mass, lot: str, dose: str = "d9") -> list[str]:
    product = cupboard.products[VIAL.product if lot.startswith("L") else AMPOULE.product]
    one = draw(container, mass, lot=lot)
    found = cupboard.containers.get(container)
    return ids(draw_findings(found, product, one, cupboard.moment, cupboard.moment.date(), DoseId(dose)))


def test_allows_a_draw(cupboard: ToldCupboard) -> None:
    assert drawing(cupboard, "v001", mg(200), "L1") == []
    assert drawing(cupboard, "a001", mg(100), "A1") == []


def test_refuses_a_draw(cupboard: ToldCupboard) -> None:
    assert drawing(cupboard, "none", mg(200), "L1") == ["CD11"]
    assert drawing(cupboard, "a001", mg(100), "L1") == ["CD12", "CD17"]
    assert drawing(cupboard, "v001", BASE, "L1") == ["CD07"]
    assert drawing(cupboard, "a001", mg(99), "A1") == ["CD16"]
    assert drawing(cupboard, "v001", mg(200), "L2") == ["CD17"]


def test_boundary_cd13_use_by(cupboard: ToldCupboard) -> None:
    lasts = cupboard.containers["v001"]
    cupboard.containers["v001"] = replace(lasts, use_by=TODAY)
    assert drawing(cupboard, "v001", mg(200), "L1") == []
    cupboard.containers["v001"] = replace(lasts, use_by=TODAY - timedelta(days=1))
    assert drawing(cupboard, "v001", mg(200), "L1") == ["CD13"]


def test_boundary_cd14_hours_after_opening(cupboard: ToldCupboard) -> None:
    cupboard.tell(prepared("d1", draw("v001", mg(200))))
    cupboard.pass_time(hours=11, minutes=59)
    assert drawing(cupboard, "v001", mg(200), "L1") == []
    cupboard.pass_time(minutes=1)
    assert drawing(cupboard, "v001", mg(200), "L1") == ["CD14"]


def test_boundary_cd15_what_others_have_reserved(cupboard: ToldCupboard) -> None:
    cupboard.tell(permitted("d1", draw("v001", mg(9_000)), until=NOON + timedelta(minutes=15)))
    assert drawing(cupboard, "v001", mg(1_000), "L1") == []
    assert drawing(cupboard, "v001", mg(1_001), "L1") == ["CD15"]
    assert drawing(cupboard, "v001", mg(9_000), "L1", dose="d1") == []


def test_a_draw_with_five_rules_broken(cupboard: ToldCupboard) -> None:
    cupboard.tell(prepared("d1", draw("v001", mg(9_900))))
    cupboard.containers["v001"] = replace(cupboard.containers["v001"], use_by=TODAY, product=AMPOULE.product)
    cupboard.pass_time(hours=24)
    assert drawing(cupboard, "v001", mg(200), "L2") == ["CD12", "CD13", "CD14", "CD15", "CD17"]
