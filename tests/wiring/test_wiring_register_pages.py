"""The printed register: what an inspector reads on a page; the rows for machines keep the codes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from hat_clinic.domain.entries.doses import DoseMismatched, UnpreparedDoseReported
from hat_clinic.domain.entries.incidents import IncidentOpened
from hat_clinic.domain.entries.register import Footnoted
from hat_clinic.domain.entries.staff import Registration
from hat_clinic.domain.entries.stock import (
    CountedContainer,
    OverfillFound,
    StockAccounted,
    StockCounted,
    StockRecounted,
)
from hat_clinic.domain.register.commands import CorrectLine
from hat_clinic.domain.staff.state import Person
from hat_clinic.store.sites import SiteRow
from hat_clinic.vocabulary.ids import ContainerId, CountId, DoseId, IncidentId, PatientId, ReceiptId
from hat_clinic.vocabulary.terms import (
    CorrectionReason,
    LossReason,
    ReceiptKind,
    Route,
    UnplannedReason,
    Whereabouts,
)
from hat_clinic.wiring.register_layout import NARROWEST, USUAL, WIDEST
from hat_clinic.wiring.register_pages import Register
from tests.domain.told_register import ToldRegister
from tests.domain.told_stock import AMPOULE, ANA, BO, CY, NOON, VIAL, ampoule, draw, mg, ml, received, vial

WRONG, RIGHT = "0199aaaa-0000-7000-8000-00000000000a", "0199aaaa-0000-7000-8000-00000000000b"
SITE = SiteRow("zh1", "hat.invalid/zh1", "Zürich", "Europe/Zurich")
PEOPLE = {
    ANA: Person(ANA, "AA", "Ana Amsel", (Registration("NMC", "12A3456E"),), (), ()),
    BO: Person(BO, "BB", "Bo Bussard", (), (), ()),
}


@pytest.fixture
def told() -> ToldRegister:
    found = ToldRegister.with_stock()
    assert isinstance(found, ToldRegister)
    return found


def register(told: ToldRegister) -> Register:
    found = tuple(sorted(told.book.pages.values(), key=lambda each: (each.product, each.number)))
    lines = {page.page: tuple(told.lines_on(page.page)) for page in found}
    return Register(SITE, found, lines, PEOPLE)


def pages(told: ToldRegister, width: int = USUAL) -> str:
    return "\n".join(register(told).lines(width))


def words(told: ToldRegister) -> str:
    """The pages, so wide that a line's words do not break, without their line breaks."""
    return " ".join(pages(told, WIDEST).split())


def correct(told: ToldRegister, what: Footnoted, reason: CorrectionReason, **said: Any) -> None:
    line = told.line("d1")
    told.correct(line, CorrectLine(line.page, line.seq, what, reason, dose=line.dose, **said))


def corrected(told: ToldRegister) -> ToldRegister:
    told.both(
        StockAccounted(
            VIAL.product, ContainerId("v001"), Whereabouts.WASTED, mg(5), NOON, LossReason.VEIN_LOST, ()
        )
    )
    told.both(
        UnpreparedDoseReported(
            DoseId("d1"), PatientId("pat"), VIAL.product, Route.INTRAVENOUS, (draw("v001", mg(200)),),
            mg(200), mg(0), NOON, UnplannedReason.POWER_OR_NETWORK_FAILURE, (),
        )
    )  # fmt: skip
    swapped, misread = CorrectionReason.WRONG_PATIENT, CorrectionReason.MISREAD
    correct(told, Footnoted.PATIENT, swapped, recorded_text=WRONG, actual_text=RIGHT)
    correct(told, Footnoted.MASS, misread, recorded=mg(200), actual=mg(201))
    return told


def test_print_has_the_words_and_never_a_code(told: ToldRegister) -> None:
    text = words(corrected(told))
    assert "wasted, the vein was lost" in text
    assert "unprepared dose, patient …pat, no power or no network" in text
    assert f"patient: …{WRONG[-8:]} should be …{RIGHT[-8:]}; written for the wrong patient" in text
    assert "mass: 200 mg should be 201 mg; misread" in text
    assert not any(each in text for each in ("vein_lost", "power_or", "wrong_patient"))


def test_rows_have_the_code_and_never_the_words(told: ToldRegister) -> None:
    notes = [row[-1] for row in register(corrected(told)).rows()]
    assert "wasted; vein_lost" in notes and "power_or_network_failure" in notes
    assert f"patient: {WRONG} should be {RIGHT}; wrong_patient" in notes
    assert not any("the vein" in each for each in notes)


# --- reg 20(c): the line stays, the footnote is dated ---------------------------------------


def test_a_corrected_line_stays_as_it_was_with_a_mark_that_leads_to_its_dated_footnote(
    told: ToldRegister,
) -> None:
    told.prepare("d1", draw("v001", mg(200)))
    before = next(each for each in pages(told).splitlines() if "dose, patient" in each)
    told.pass_time(days=3)
    correct(told, Footnoted.MASS, CorrectionReason.MISREAD, recorded=mg(200), actual=mg(230))
    lines = pages(told).splitlines()
    after = next(each for each in lines if "dose, patient" in each)
    assert "*1" in after and after.replace(" *1", "").split() == before.split()
    note = next(each for each in lines if "*1 mass" in each)
    assert note.split()[:2] == ["26-Nov-2026", "13:00"] and "200 mg should be 230 mg" in note
    correction = lines[lines.index(note) + 1]
    assert "corrects entry" in correction and correction.split()[-2:] == ["30", "19,770"]


def test_a_corrected_time_is_told_by_the_wall_clock_and_what_is_no_time_as_it_is(told: ToldRegister) -> None:
    told.prepare("d1", draw("v001", mg(200)))
    said = {"recorded_text": "2026-11-23T12:00:00.000000Z", "actual_text": "2026-11-23T11:50:00.000000Z"}
    correct(told, Footnoted.TIME, CorrectionReason.MISREAD, **said)
    assert "time: 23-Nov-2026 13:00 should be 23-Nov-2026 12:50; misread" in words(told)
    line = told.line("d1")
    forged = replace(line.footnotes[0], actual_text="noon")
    told.book.lines["d1"] = replace(line, footnotes=(forged,))
    assert "should be noon" in words(told)


# --- what stands on a line ------------------------------------------------------------------


def test_a_delivery_an_opening_balance_and_an_overfill_read_differently(told: ToldRegister) -> None:
    told.both(replace(received(vial("v009"), name="r9"), kind=ReceiptKind.OPENING_BALANCE))
    told.both(OverfillFound(ReceiptId("o1"), VIAL.product, ContainerId("v001"), mg(40)))
    text = words(told)
    assert "received from Pharm Co, note r1" in text
    assert "opening balance, not a delivery; Pharm Co, note r9" in text and "overfill found" in text
    assert text.count("received from") == 2  # one of each product


def test_a_dose_shows_authority_lot_identity_and_both_people(told: ToldRegister) -> None:
    told.prepare("d1", draw("v001", mg(200), ml(2)), surplus=mg(15))
    assert "by AA, no second signature; authority dr; prescription …rx" in words(told)
    told.verify("d1", mg(185))
    told.give("d1", mg(185))
    text = words(told)
    assert "by AA, read by BB; authority dr; prescription …rx; collected by the patient; proof" in text
    assert "of identity asked for and given; lot L1; container v001; entry" in text
    assert "of which given 185 mg = 1.85 mL; by AA, seen by BB" in text
    assert "surplus: BB read the dose without it; no second signature for the waste itself" in text
    assert "AA is Ana Amsel, NMC 12A3456E; BB is Bo Bussard" in text


def test_what_went_out_is_in_milligrams_and_millilitres_with_both_balances(told: ToldRegister) -> None:
    told.prepare("d1", draw("v001", mg(200), ml(2)))
    lines = pages(told).splitlines()
    (at,) = (place for place, each in enumerate(lines) if "dose, patient" in each)
    assert lines[at].split()[-2:] == ["200", "19,800"]
    assert lines[at + 1].split() == ["2", "mL", "198", "mL"]


def test_what_was_entered_at_another_time_says_so_and_what_was_late_too(told: ToldRegister) -> None:
    told.pass_time(minutes=7)
    spilled = StockAccounted(
        VIAL.product, ContainerId("v001"), Whereabouts.SPILLED, mg(5), NOON, LossReason.DROPPED, ()
    )
    told.both(spilled)
    assert "entered 23-Nov-2026 13:07" in words(told) and "LATE" not in words(told)
    told.both(replace(spilled, happened_at=NOON - timedelta(days=2)))
    assert "entered 23-Nov-2026 13:07 LATE, not by the next day" in words(told)


def test_a_volume_that_was_stated_otherwise_is_told(told: ToldRegister) -> None:
    told.prepare("d1", draw("v001", mg(200), ml(3)))
    assert "3 mL was stated" in words(told)


def test_a_note_of_the_machine_is_under_nobodys_name(told: ToldRegister) -> None:
    told.prepare("d1", draw("v001", mg(200)))
    told.tell(DoseMismatched(DoseId("d1"), PatientId("pat"), CY, b"envelope"), CY)
    told.tell(IncidentOpened(IncidentId("incident-1"), ("SO06",), dose=DoseId("d1")), CY)
    text = words(told)
    assert "*1 mismatched; written by the machine on what cy did" in text
    assert "*2 under investigation; incident …cident-1; written by the machine on what cy did" in text


def test_a_count_says_whether_it_is_the_balance(told: ToldRegister) -> None:
    for name, second in (("c1", 10_000), ("c2", 9_000)):
        masses = (("v001", mg(10_000)), ("v002", mg(second)))
        found = tuple(CountedContainer(ContainerId(each), mass) for each, mass in masses)
        first = told.tell(StockCounted(CountId(name), VIAL.product, found))
        told.tell(StockRecounted(CountId(name), VIAL.product, first.payload, found, ANA), BO)
    text = words(told)
    assert "counted by two: 20,000 mg, as the balance" in text
    assert "counted by two: 19,000 mg, NOT the balance" in text


# --- pages ----------------------------------------------------------------------------------


def test_a_page_names_premises_product_salt_container_and_zone(told: ToldRegister) -> None:
    (head,) = [each for each in pages(told).split("=" * USUAL) if "page diaphin-10g/1" in each]
    text = " ".join(head.split())
    assert "DEMO CONTROLLED-DRUG REGISTER DEMO Zürich (hat.invalid/zh1)" in text
    assert "diamorphine hydrochloride, powder for solution, 10 g in 100 mL" in text
    assert "masses are mg of hydrochloride monohydrate; one container is 10,000 mg in 100 mL" in text
    assert "wall clock of Europe/Zurich" in text


def test_a_closed_page_carries_its_balance_forward_and_says_where_to(told: ToldRegister) -> None:
    told.close_page()
    text = words(told)
    assert "page closed, carried forward to page 2 20,000 200 mL 1 lines; closed by AA" in text
    assert "brought forward from page 1 20,000 200 mL" in text


@pytest.mark.parametrize("width", [NARROWEST, 97, USUAL, WIDEST])
def test_nothing_is_wider_than_asked_and_nothing_is_cut_off(told: ToldRegister, width: int) -> None:
    many = tuple(vial(f"w{number}") for number in range(5))
    told.both(replace(received(*many, name="r9"), supplier=f"Pharm Co, {'a' * 150}, Town"))
    corrected(told)
    lines = list(register(told).lines(width))
    assert max(map(len, lines)) == width
    assert "".join(lines).count("a" * 20) >= 2 and "5 containers" in "\n".join(lines)


@pytest.mark.parametrize("asked, width", [(10, NARROWEST), (500, WIDEST)])
def test_a_page_is_as_narrow_and_as_wide_as_can_be_read(told: ToldRegister, asked: int, width: int) -> None:
    assert max(map(len, register(told).lines(asked))) == width


def test_ampoules_are_counted_in_pieces(told: ToldRegister) -> None:
    told.both(received(ampoule("a009"), product=AMPOULE, name="r9"))
    (page,) = [each for each in pages(told).split("=" * USUAL) if "page ampoule-100/1" in each]
    assert "1 pc" in page and "3 pc" in page and "mL" not in page
