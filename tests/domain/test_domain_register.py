"""What entries do to the register: lines, sub-lines, footnotes, pages."""

from __future__ import annotations

import pytest

from hat_clinic.domain import codec
from hat_clinic.domain.entries.doses import DoseMismatched, DoseRemainderAccounted, UnpreparedDoseReported
from hat_clinic.domain.entries.incidents import IncidentClosed, IncidentOpened
from hat_clinic.domain.entries.register import Footnoted, PageClosed
from hat_clinic.domain.entries.stock import (
    CountedContainer,
    OverfillFound,
    StockAccounted,
    StockCounted,
    StockRecounted,
)
from hat_clinic.domain.register.commands import CorrectLine
from hat_clinic.domain.register.decide import decide_correct
from hat_clinic.domain.register.state import Line, LineKind, Note, Page, SubKind, unclosed
from hat_clinic.vocabulary.ids import (
    ContainerId,
    CountId,
    DoseId,
    IncidentId,
    PageId,
    PatientId,
    ReceiptId,
)
from hat_clinic.vocabulary.terms import (
    CorrectionReason,
    IncidentFinding,
    LossReason,
    Route,
    UnplannedReason,
    Whereabouts,
)
from tests.domain.told_register import ToldRegister
from tests.domain.told_stock import AMPOULE, ANA, BO, CY, NOON, VIAL, draw, mg, permitted, received, vial

WRONG, RIGHT = "0199aaaa-0000-7000-8000-00000000000a", "0199aaaa-0000-7000-8000-00000000000b"
START = 20_000_000


@pytest.fixture
def register() -> ToldRegister:
    found = ToldRegister.with_stock()
    assert isinstance(found, ToldRegister)
    return found


def test_a_product_begins_its_first_page(register: ToldRegister) -> None:
    page = register.page(AMPOULE.product)
    assert (page.page, page.lines, page.brought_forward) == ("ampoule-100/1", 1, mg(0))
    assert codec.decode(Page, codec.encode(page)) == page


def test_a_receipt_is_a_line_once_confirmed(register: ToldRegister) -> None:
    first = register.tell(received(vial("v009", lot="L9"), name="r9"))
    assert register.balance() == START
    register.confirm(first)
    line = register.line(first)
    assert (line.mass_in, line.source, line.reference) == (mg(10_000), "Pharm Co", "note r9")
    assert (line.performer, line.verifier, line.lots, line.containers) == (ANA, BO, ("L9",), ("v009",))
    assert register.balance() == START + 10_000_000


def test_a_dose_from_cupboard_to_the_last_milligram(register: ToldRegister) -> None:
    register.tell(permitted("d1", draw("v001", mg(200)), until=NOON))
    assert register.balance() == START
    first = register.prepare("d1", draw("v001", mg(150)), draw("v002", mg(50)), surplus=mg(20))
    line = register.line("d1")
    assert (line.number, line.seq, line.mass_out, line.balance) == (2, first.seq, mg(200), mg(19_800))
    assert (line.patient, line.authority, line.containers) == ("pat", "dr", ("v001", "v002"))
    assert line.verifier is None and line.sub_lines == () and unclosed(line)
    verified = register.verify("d1", mg(180))
    register.give("d1", mg(150), mg(30))
    assert unclosed(register.line("d1"))
    register.remainder("d1", mg(30), Whereabouts.SPILLED)
    line = register.line("d1")
    assert line.verifier == BO and not unclosed(line)
    assert [(each.kind, each.mass, each.performer, each.verifier) for each in line.sub_lines] == [
        (SubKind.WASTED, mg(20), ANA, None),
        (SubKind.GIVEN, mg(150), ANA, BO),
        (SubKind.SPILLED, mg(30), ANA, BO),
    ]
    assert line.sub_lines[0].seq == verified.seq
    assert [each.read_by for each in line.sub_lines] == [BO, None, None]
    assert register.balance() == START - 200_000 == register.in_containers()
    assert codec.decode(Line, codec.encode(line)) == line


def test_a_remainder_awaits_its_second_person(register: ToldRegister) -> None:
    register.prepare("d1", draw("v001", mg(100)))
    gone = Whereabouts.UNACCOUNTED
    first = register.tell(
        DoseRemainderAccounted(DoseId("d1"), PatientId("pat"), gone, mg(100), NOON, LossReason.NOT_FOUND, ())
    )
    (part,) = register.line("d1").sub_lines
    assert (part.kind, part.mass, part.verifier) == (SubKind.UNACCOUNTED, mg(100), None)
    register.confirm(first)
    assert register.line("d1").sub_lines[0].verifier == BO


def test_a_mismatch_is_noted_and_wastes_nothing(register: ToldRegister) -> None:
    register.prepare("d1", draw("v001", mg(100)), surplus=mg(10))
    register.tell(DoseMismatched(DoseId("d1"), PatientId("pat"), CY, b"envelope"), CY)
    line = register.line("d1")
    assert line.verifier is None and line.sub_lines == ()
    assert [(each.what, each.by, each.attributed) for each in line.footnotes] == [(Note.MISMATCHED, CY, True)]


def test_an_unprepared_dose_is_out_at_once(register: ToldRegister) -> None:
    report = UnpreparedDoseReported(
        DoseId("d1"), PatientId("pat"), VIAL.product, Route.INTRAVENOUS, (draw("v001", mg(200)),), mg(190),
        mg(10), NOON, UnplannedReason.POWER_OR_NETWORK_FAILURE, (),
    )  # fmt: skip
    first = register.tell(report)
    line = register.line("d1")
    assert (line.kind, line.mass_out, line.verifier, line.authority) == (
        LineKind.UNPREPARED_DOSE, mg(200), None, None,
    )  # fmt: skip
    assert [each.kind for each in line.sub_lines] == [SubKind.GIVEN, SubKind.WASTED] and not unclosed(line)
    register.confirm(first)
    line = register.line("d1")
    assert line.verifier == BO and {each.verifier for each in line.sub_lines} == {BO}
    assert register.balance() == START - 200_000 == register.in_containers()


def test_what_was_accounted_for_is_out_at_once(register: ToldRegister) -> None:
    report = StockAccounted(
        VIAL.product, ContainerId("v001"), Whereabouts.SPILLED, mg(300), NOON, LossReason.DROPPED, ()
    )
    first = register.tell(report)
    assert register.line(first).verifier is None and register.balance() == START - 300_000
    register.confirm(first, CY)
    assert register.line(first).verifier == CY and register.balance() == START - 300_000
    assert register.line(first).whereabouts is Whereabouts.SPILLED


def test_an_overfill_is_a_line_once_confirmed(register: ToldRegister) -> None:
    first = register.tell(OverfillFound(ReceiptId("o1"), VIAL.product, ContainerId("v001"), mg(40)))
    assert register.balance() == START
    register.confirm(first)
    assert register.line(first).kind is LineKind.OVERFILL and register.balance() == START + 40_000


def test_a_count_is_a_line_that_moves_nothing(register: ToldRegister) -> None:
    found = (
        CountedContainer(ContainerId("v001"), mg(9_999)), CountedContainer(ContainerId("v002"), mg(10_000)),
    )  # fmt: skip
    first = register.tell(StockCounted(CountId("c1"), VIAL.product, found))
    assert "c1" not in register.book.lines
    register.tell(StockRecounted(CountId("c1"), VIAL.product, first.payload, found, ANA), BO)
    line = register.line("c1")
    assert (line.kind, line.counted, line.performer, line.verifier) == (LineKind.COUNT, mg(19_999), ANA, BO)
    assert (line.mass_in, line.mass_out, line.balance) == (None, None, mg(20_000))
    register.tell(IncidentOpened(IncidentId("i1"), ("CD34",), count=CountId("c1")), BO)
    note = register.line("c1").footnotes[0]
    assert (note.what, note.incident, note.attributed) == (Note.UNDER_INVESTIGATION, "i1", True)
    register.tell(IncidentClosed(IncidentId("i1"), IncidentFinding.EXPLAINED), CY)
    assert register.balance() == START == register.in_containers()


def test_a_corrected_mass_is_a_footnote_and_a_line_of_its_own(register: ToldRegister) -> None:
    register.prepare("d1", draw("v001", mg(200)))
    before = register.line("d1")
    command = CorrectLine(
        before.page, before.seq, Footnoted.MASS, CorrectionReason.MISREAD, mg(200), mg(230), dose=DoseId("d1")
    )
    first = register.tell(decide_correct(before, command))
    assert register.line("d1") == before and register.balance() == START - 200_000
    register.confirm(first)
    line, correction = register.line("d1"), register.line(first)
    assert (line.mass_out, line.balance, line.stands) == (mg(200), mg(19_800), mg(230))
    note = line.footnotes[0]
    assert (note.recorded, note.actual, note.by, note.confirmed_by) == (mg(200), mg(230), ANA, BO)
    assert note.attributed is None
    assert (correction.kind, correction.mass_out, correction.corrects) == (
        LineKind.CORRECTION, mg(30), line.seq,
    )  # fmt: skip
    assert register.balance() == START - 230_000 == register.in_containers()


@pytest.mark.parametrize("actual, balance", [(150, START - 150_000), (260, START - 260_000), (0, START)])
def test_a_correction_goes_either_way(register: ToldRegister, actual: int, balance: int) -> None:
    register.prepare("d1", draw("v001", mg(200)))
    line = register.line("d1")
    command = CorrectLine(
        line.page, line.seq, Footnoted.MASS, CorrectionReason.MISREAD, mg(200), mg(actual), dose=line.dose
    )
    register.correct(line, command)
    assert register.balance() == balance == register.in_containers()


def test_a_received_mass_is_corrected(register: ToldRegister) -> None:
    line = register.line(register.both(received(vial("v009"), name="r9")))
    for recorded, actual in ((10_000, 9_000), (9_000, 9_500)):
        command = CorrectLine(
            line.page, line.seq, Footnoted.MASS, CorrectionReason.MISREAD, mg(recorded), mg(actual)
        )
        register.correct(line, command)
        line = register.book.lines[line.key]
    assert register.balance() == START + 9_500_000 == register.in_containers()
    assert register.containers["v009"].opened_at is None


def test_a_corrected_sub_line_moves_no_balance(register: ToldRegister) -> None:
    register.prepare("d1", draw("v001", mg(200)))
    given = register.give("d1", mg(200))
    line = register.line("d1")
    command = CorrectLine(
        line.page, given.seq, Footnoted.MASS, CorrectionReason.MISREAD, mg(200), mg(190), dose=DoseId("d1")
    )
    register.correct(line, command)
    line = register.line("d1")
    assert (line.stands, line.sub_lines[0].mass, line.sub_lines[0].stands) == (mg(200), mg(200), mg(190))
    assert line.footnotes[0].sub_line == given.seq and unclosed(line)
    assert register.balance() == START - 200_000 == register.in_containers()


def test_a_wrong_patient_is_a_footnote_only(register: ToldRegister) -> None:
    register.prepare("d1", draw("v001", mg(200)))
    line = register.line("d1")
    command = CorrectLine(
        line.page, line.seq, Footnoted.PATIENT, CorrectionReason.WRONG_PATIENT,
        recorded_text=WRONG, actual_text=RIGHT, dose=line.dose,
    )  # fmt: skip
    register.correct(line, command)
    after = register.line("d1")
    assert after.patient == "pat" and after.footnotes[0].actual_text == RIGHT
    assert register.page().lines == 2 and register.balance() == START - 200_000


def test_a_closed_page_takes_no_line_and_the_next_carries_forward(register: ToldRegister) -> None:
    register.prepare("d1", draw("v001", mg(200)))
    register.verify("d1", mg(200))
    register.give("d1", mg(200))
    closed = register.page().page
    register.close_page()
    old, new = register.book.pages[closed], register.page()
    assert old.closed and old.closed_by == ANA and old.balance == mg(19_800)
    assert (new.page, new.number, new.lines, new.brought_forward) == ("diaphin-10g/2", 2, 0, mg(19_800))
    register.prepare("d2", draw("v001", mg(100)))
    assert register.line("d2").page == new.page and register.line("d2").number == 1
    line = register.line("d1")
    command = CorrectLine(
        line.page, line.seq, Footnoted.MASS, CorrectionReason.MISREAD, mg(200), mg(210), dose=line.dose
    )
    first = register.correct(line, command)
    assert register.line("d1").footnotes and register.line(first).page == new.page
    assert register.book.pages[closed] == old
    assert register.balance() == START - 310_000 == register.in_containers()


def test_entries_about_lines_that_are_not_there_do_nothing(register: ToldRegister) -> None:
    before = dict(register.book.lines), dict(register.book.pages)
    register.verify("nobody", mg(1))
    register.give("nobody", mg(1))
    register.remainder("nobody", mg(1))
    register.tell(PageClosed(PageId("nothing/1"), 0, mg(0)))
    register.tell(IncidentOpened(IncidentId("i"), ("CD21",), container=ContainerId("v001")))
    assert (register.book.lines, register.book.pages) == before


def test_more_out_than_in_is_shown_below_zero_until_explained(register: ToldRegister) -> None:
    for each in ("v001", "v002"):
        register.both(
            StockAccounted(
                VIAL.product, ContainerId(each), Whereabouts.WASTED, mg(10_020), NOON, LossReason.OTHER, ()
            )
        )
    assert register.balance() == -40_000 == register.in_containers()
    register.both(OverfillFound(ReceiptId("o1"), VIAL.product, ContainerId("v001"), mg(20)))
    assert register.balance() == -20_000 == register.in_containers()
