"""The acts of stock, register and incidents, decided on the tables under the site's lock."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine

from hat_clinic.domain.confirmations import ConfirmAct
from hat_clinic.domain.entries.incidents import IncidentOpened
from hat_clinic.domain.entries.register import Footnoted, LineCorrected, PageClosed
from hat_clinic.domain.entries.stock import CountedContainer, StockAccounted, StockCounted
from hat_clinic.domain.incidents import CloseIncident
from hat_clinic.domain.register.commands import ClosePage, CorrectLine
from hat_clinic.domain.stock.commands import (
    AccountStock,
    CountStock,
    ListProduct,
    ReceiveStock,
    RecordOverfill,
    RecountStock,
)
from hat_clinic.handlers import confirmations, incidents, register, stock
from hat_clinic.handlers.acts import Act, Actor
from hat_clinic.projections import incidents as incident_tables
from hat_clinic.projections import pending as pending_table
from hat_clinic.projections import register as register_tables
from hat_clinic.projections import stock as stock_tables
from hat_clinic.store.transaction import Transaction
from hat_clinic.store.writer import Writer
from hat_clinic.vocabulary.errors import Finding, Refused
from hat_clinic.vocabulary.ids import (
    ContainerId,
    CountId,
    DoseId,
    IncidentId,
    KeyId,
    PersonId,
    ReceiptId,
    TerminalId,
)
from hat_clinic.vocabulary.terms import (
    CorrectionReason,
    IncidentFinding,
    LossReason,
    ReceiptKind,
    Role,
    Whereabouts,
)
from tests.domain.told_register import ToldRegister
from tests.domain.told_stock import ANA, BO, CY, NOON, VIAL, draw, mg, received, vial
from tests.store.log_of_site import LogOfSite

ACTS: dict[str, Act[Any]] = {
    act.name: act for act in (*stock.ACTS, *register.ACTS, *incidents.ACTS, *confirmations.ACTS)
}
COUNTED = (
    CountedContainer(ContainerId("v001"), mg(10_000)),
    CountedContainer(ContainerId("v002"), mg(9_999)),
)
ACCOUNT = AccountStock(
    ContainerId("v001"), Whereabouts.UNACCOUNTED, mg(300), NOON, LossReason.NOT_FOUND, IncidentId("i1")
)


@pytest.fixture
def writer(engine: Engine) -> Iterator[Writer]:
    with LogOfSite(engine).open().writer() as opened:
        yield opened


@pytest.fixture
def told(writer: Writer) -> ToldRegister:
    found = ToldRegister.with_stock()
    assert isinstance(found, ToldRegister)
    writer.submit(lambda tx: fold(tx, found)).result()
    return found


def fold(tx: Transaction, told: ToldRegister, first: int = 0) -> None:
    for recorded in told.entries[first:]:
        for column in (stock_tables, register_tables, incident_tables):
            column.apply(tx, recorded)


def actor(person: PersonId = ANA) -> Actor:
    return Actor(person, TerminalId("t1"), KeyId("k"), frozenset({Role.NURSE}))


def decide(writer: Writer, name: str, command: object, person: PersonId = ANA) -> tuple[Any, ...]:
    act = ACTS[name]
    assert isinstance(command, act.command)
    decision = writer.submit(lambda tx: act.decide(tx, actor(person), command)).result()
    assert isinstance(decision.entries[0], act.kind) and act.signed
    return decision.entries


def refused(writer: Writer, name: str, command: object, person: PersonId = ANA) -> list[str]:
    with pytest.raises(Refused) as error:
        decide(writer, name, command, person)
    return [each.rule for each in error.value.findings]


def again(writer: Writer, rows: dict[type[Any], Any], said: object) -> list[str]:
    found: tuple[Finding, ...] = writer.submit(lambda tx: rows[type(said)](tx, ANA, said)).result()
    return [each.rule for each in found]


def test_a_product_is_listed_once(writer: Writer, told: ToldRegister) -> None:
    label = {name: getattr(VIAL, name) for name in ListProduct.__slots__}
    assert refused(writer, "list-product", ListProduct(**label)) == ["CD02"]
    (entry,) = decide(writer, "list-product", ListProduct(**label | {"product": "other"}))
    assert again(writer, stock.AGAIN, entry) == [] and again(writer, stock.AGAIN, VIAL) == ["CD02"]


def test_a_delivery_is_received_once(writer: Writer, told: ToldRegister) -> None:
    def command(name: str, note: str) -> ReceiveStock:
        kind = ReceiptKind.DELIVERY
        return ReceiveStock(ReceiptId(name), kind, VIAL.product, "Pharm Co", note, (vial(f"v0{name}"),))

    assert refused(writer, "receive-stock", command("r1", "")) == ["CD03"]
    assert refused(writer, "receive-stock", command("r9", "note r1")) == ["CD03"]
    (entry,) = decide(writer, "receive-stock", command("r9", "note r9"))
    assert again(writer, stock.AGAIN, entry) == []
    assert again(writer, stock.AGAIN, received(vial("v001"), name="r7")) == ["CD04"]


def test_an_overfill_is_of_a_known_container(writer: Writer, told: ToldRegister) -> None:
    (entry,) = decide(writer, "record-overfill", RecordOverfill(ReceiptId("o1"), ContainerId("v001"), mg(40)))
    assert entry.product == VIAL.product and again(writer, stock.AGAIN, entry) == []
    unknown = RecordOverfill(ReceiptId("o1"), ContainerId("v009"), mg(40))
    assert refused(writer, "record-overfill", unknown) == ["CD11"]


def test_what_is_unaccounted_for_opens_an_incident(writer: Writer, told: ToldRegister) -> None:
    entry, incident = decide(writer, "account-stock", ACCOUNT)
    assert isinstance(entry, StockAccounted) and entry.breaches == ("CD21",)
    assert incident == IncidentOpened(IncidentId("i1"), ("CD21",), container=ContainerId("v001"))


def test_a_recount_is_signed_before_it_is_compared(writer: Writer, told: ToldRegister) -> None:
    (entry,) = decide(writer, "count-stock", CountStock(CountId("c1"), VIAL.product, COUNTED))
    assert isinstance(entry, StockCounted)
    size = told.size
    told.tell(entry)
    writer.submit(lambda tx: fold(tx, told, size)).result()
    command = RecountStock(CountId("c1"), COUNTED, IncidentId("i1"))
    assert refused(writer, "recount-stock", command) == ["CD31"]
    draft = ACTS["recount-stock"].draft
    assert draft is not None
    drafted = writer.submit(lambda tx: draft(tx, actor(BO), command)).result()
    signed, incident = decide(writer, "recount-stock", command, BO)
    assert drafted == signed and signed.first_counter == ANA
    assert incident.rules == ("CD33", "CD34") and incident.count == "c1"


def test_a_page_is_closed_when_every_dose_is(writer: Writer, told: ToldRegister) -> None:
    page = told.page().page
    size = told.size
    told.prepare("d1", draw("v001", mg(200)))
    writer.submit(lambda tx: fold(tx, told, size)).result()
    assert refused(writer, "close-page", ClosePage(page)) == ["CD41"]
    size = told.size
    told.give("d1", mg(200))
    writer.submit(lambda tx: fold(tx, told, size)).result()
    (entry,) = decide(writer, "close-page", ClosePage(page))
    assert entry == PageClosed(page, 2, mg(19_800))


def test_a_line_is_corrected_as_it_stands(writer: Writer, told: ToldRegister) -> None:
    size = told.size
    told.prepare("d1", draw("v001", mg(200)))
    line = told.line("d1")
    command = CorrectLine(
        line.page, line.seq, Footnoted.MASS, CorrectionReason.MISREAD, mg(200), mg(230), dose=DoseId("d1")
    )
    writer.submit(lambda tx: fold(tx, told, size)).result()
    (entry,) = decide(writer, "correct-line", command)
    assert isinstance(entry, LineCorrected) and entry.takes == mg(30)
    assert again(writer, register.AGAIN, entry) == []
    size = told.size
    told.both(entry)
    writer.submit(lambda tx: fold(tx, told, size)).result()
    assert again(writer, register.AGAIN, entry) == ["CD45"]


def test_an_incident_is_closed_by_an_outsider(writer: Writer, told: ToldRegister) -> None:
    size = told.size
    for entry in decide(writer, "account-stock", ACCOUNT):
        first = told.tell(entry)
        if isinstance(entry, StockAccounted):
            told.confirm(first, BO)
    writer.submit(lambda tx: fold(tx, told, size)).result()
    command = CloseIncident(IncidentId("i1"), IncidentFinding.FOUND_AGAIN)
    assert refused(writer, "close-incident", command, ANA) == ["CD38"]
    assert refused(writer, "close-incident", command, BO) == ["CD38"]
    (entry,) = decide(writer, "close-incident", command, CY)
    assert entry.finding == IncidentFinding.FOUND_AGAIN
    assert refused(writer, "close-incident", CloseIncident(IncidentId("i9"), IncidentFinding.OTHER), CY) == [
        "CD37"
    ]


def test_the_rules_are_asked_again_when_the_second_person_confirms(
    writer: Writer, told: ToldRegister
) -> None:
    size = told.size
    twice = told.tell(received(vial("v001"), name="r7"))
    writer.submit(lambda tx: fold(tx, told, size)).result()
    writer.submit(lambda tx: pending_table.apply(tx, twice)).result()
    assert refused(writer, "confirm-act", ConfirmAct(twice.payload, twice.tag), BO) == ["CD04"]
