"""The tables of stock, register and incidents hold what the same entries fold to in memory."""

from __future__ import annotations

from sqlalchemy import Engine

from hat_clinic.domain.entries.incidents import IncidentOpened
from hat_clinic.domain.entries.register import Footnoted
from hat_clinic.domain.entries.stock import CountedContainer, StockCounted, StockRecounted
from hat_clinic.domain.register.commands import CorrectLine
from hat_clinic.domain.register.rows import csv_rows
from hat_clinic.projections import incidents, register, stock
from hat_clinic.store.engine import writing
from hat_clinic.store.states import States
from hat_clinic.vocabulary.ids import ContainerId, CountId, IncidentId, ReceiptId
from hat_clinic.vocabulary.terms import CorrectionReason, ReceiptKind
from tests.domain.told_register import ToldRegister
from tests.domain.told_stock import AMPOULE, ANA, BO, NOON, VIAL, draw, mg, permitted


def busy_day() -> ToldRegister:
    told = ToldRegister.with_stock()
    assert isinstance(told, ToldRegister)
    told.tell(permitted("d1", draw("v001", mg(200)), until=NOON))
    told.prepare("d1", draw("v001", mg(200)), surplus=mg(20))
    told.verify("d1", mg(180))
    told.give("d1", mg(170), mg(10))
    told.remainder("d1", mg(10))
    told.close_page()
    line = told.line("d1")
    mass = CorrectLine(
        line.page, line.seq, Footnoted.MASS, CorrectionReason.MISREAD, mg(200), mg(210), dose=line.dose
    )
    told.correct(line, mass)
    found = (CountedContainer(ContainerId("v001"), mg(1)),)
    first = told.tell(StockCounted(CountId("c1"), VIAL.product, found))
    told.tell(StockRecounted(CountId("c1"), VIAL.product, first.payload, found, ANA), BO)
    told.tell(IncidentOpened(IncidentId("i1"), ("CD33",), count=CountId("c1")), BO)
    return told


def folded(tx: States, told: ToldRegister) -> None:
    for recorded in told.entries:
        for column in (stock, register, incidents):
            column.apply(tx, recorded)
        tx.flush()
        tx.forget()


def test_the_tables_are_the_fold(engine: Engine) -> None:
    told = busy_day()
    with writing(engine) as connection:
        tx = States(connection, "zh1")
        folded(tx, told)
        assert {each.product: each for each in stock.PRODUCTS.find(tx)} == told.products
        assert {each.container: each for each in stock.CONTAINERS.find(tx)} == told.containers
        assert [each.container for each in stock.containers_of(tx, AMPOULE.product)] == ["a001", "a002"]
        assert register.pages(tx) == sorted(
            told.book.pages.values(), key=lambda each: (each.product, each.number)
        )
        assert {each.key: each for each in register.LINES.find(tx)} == told.book.lines
        rows = csv_rows(register.pages(tx), register.lines_of_all(tx, register.pages(tx)), "Europe/Zurich")
        assert rows == csv_rows(told.book.pages.values(), told.book.lines.values(), "Europe/Zurich")


def test_a_receipt_is_found_by_its_delivery_note(engine: Engine) -> None:
    with writing(engine) as connection:
        tx = States(connection, "zh1")
        folded(tx, busy_day())
        by_note = stock.RECEIPTS.load(tx, stock.note_key("Pharm Co", "note r1"))
        assert by_note is not None and by_note == stock.RECEIPTS.load(tx, ReceiptId("r1"))
        assert by_note.kind is ReceiptKind.DELIVERY


def test_a_count_keeps_what_was_expected_at_each_moment(engine: Engine) -> None:
    with writing(engine) as connection:
        tx = States(connection, "zh1")
        folded(tx, busy_day())
        count = stock.COUNTS.load(tx, "c1")
        assert count is not None and (count.counted_by, count.recounted_by) == (ANA, BO)
        assert count.expected == count.expected_again
        assert [each.mass for each in count.expected] == [mg(9_790), mg(10_000)]


def test_open_incidents_are_listed(engine: Engine) -> None:
    with writing(engine) as connection:
        tx = States(connection, "zh1")
        folded(tx, busy_day())
        assert [each.incident for each in incidents.INCIDENTS.find(tx, open=1)] == ["i1"]
        assert register.StoredBook(tx).line("c1") == busy_day().line("c1")
