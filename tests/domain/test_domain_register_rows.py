"""The register as rows: the legal headings, exact micrograms, nothing that a spreadsheet runs."""

from __future__ import annotations

from dataclasses import replace

from hat_clinic.domain.entries.register import Footnoted
from hat_clinic.domain.entries.stock import StockAccounted
from hat_clinic.domain.register.commands import CorrectLine
from hat_clinic.domain.register.rows import HEADINGS, csv_rows
from hat_clinic.vocabulary.ids import ContainerId
from hat_clinic.vocabulary.terms import CorrectionReason, LossReason, Whereabouts
from tests.domain.told_register import ToldRegister
from tests.domain.told_stock import NOON, VIAL, draw, mg

WRONG, RIGHT = "0199aaaa-0000-7000-8000-00000000000a", "0199aaaa-0000-7000-8000-00000000000b"
ZONE = "Europe/Zurich"
SHOWN = (
    "line", "kind", "obtained from (name and address)", "supplied to", "authority (prescriber)",
    "in (micrograms)", "out (micrograms)", "balance (micrograms)", "of which (micrograms)",
    "performer", "verifier", "note",
)  # fmt: skip


def table(register: ToldRegister) -> list[tuple[str, ...]]:
    pages = [each for each in register.book.pages.values() if each.product == VIAL.product]
    rows = csv_rows(pages, register.book.lines.values(), ZONE)
    assert rows[0] == list(HEADINGS) and {len(row) for row in rows} == {len(HEADINGS)}
    return [tuple(row[HEADINGS.index(name)] for name in SHOWN) for row in rows[1:]]


def test_a_page_in_table_notation() -> None:
    register = ToldRegister.with_stock()
    assert isinstance(register, ToldRegister)
    register.prepare("d1", draw("v001", mg(200)), surplus=mg(15))
    register.verify("d1", mg(185))
    register.give("d1", mg(185))
    line = register.line("d1")
    command = CorrectLine(
        line.page,
        line.seq,
        Footnoted.PATIENT,
        CorrectionReason.WRONG_PATIENT,
        recorded_text=WRONG,
        actual_text=RIGHT,
        dose=line.dose,
    )
    register.correct(line, command)
    command = CorrectLine(
        line.page, line.seq, Footnoted.MASS, CorrectionReason.MISREAD, mg(200), mg(201), dose=line.dose
    )
    register.correct(line, command)
    swapped = f"patient: {WRONG} should be {RIGHT}; wrong_patient"
    surplus = "surplus; bo read the dose without it, nobody signed that it was wasted"
    note = f"corrects entry {line.seq}; misread"
    assert table(register) == [
        ("", "brought_forward", "", "", "", "", "", "0", "", "", "", ""),
        ("1", "received", "Pharm Co", "", "", "20000000", "", "20000000", "", "ana", "bo", ""),
        ("2", "dose", "", "pat", "dr", "", "200000", "19800000", "", "ana", "bo", ""),
        ("2", "wasted", "", "", "", "", "", "", "15000", "ana", "", surplus),
        ("2", "given", "", "", "", "", "", "", "185000", "ana", "bo", ""),
        ("2", "footnote", "", "", "", "", "", "", "", "ana", "bo", swapped),
        ("2", "footnote", "", "", "", "", "", "", "", "ana", "bo", "mass: 200000 should be 201000; misread"),
        ("3", "correction", "", "", "", "", "1000", "19799000", "", "ana", "bo", note),
    ]


def test_text_that_a_spreadsheet_would_run_is_shown() -> None:
    register = ToldRegister.with_stock()
    assert isinstance(register, ToldRegister)
    gone = StockAccounted(
        VIAL.product, ContainerId("v001"), Whereabouts.WASTED, mg(10_000), NOON, LossReason.DROPPED, ()
    )
    register.both(gone)
    assert table(register)[-1][-1] == "wasted; dropped"
    pages = [each for each in register.book.pages.values() if each.product == VIAL.product]
    line = next(each for each in register.book.lines.values() if each.reason)
    for text, shown in (("=cmd()", "'=cmd()"), ("-1+2", "'-1+2"), ("@x", "'@x"), ("+1", "'+1"), ("-5", "-5")):
        row = dict(zip(HEADINGS, csv_rows(pages, [replace(line, source=text)], ZONE)[-1], strict=True))
        assert row["obtained from (name and address)"] == shown
