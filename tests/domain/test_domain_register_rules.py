"""CD40 to CD50: closing pages and correcting lines."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hat_clinic.domain.entries.register import Footnoted
from hat_clinic.domain.entries.stock import OverfillFound, StockAccounted
from hat_clinic.domain.register.assess import assess_close, assess_correct
from hat_clinic.domain.register.commands import ClosePage, CorrectLine
from hat_clinic.domain.register.decide import decide_close, decide_correct
from hat_clinic.domain.register.state import Line
from hat_clinic.vocabulary.errors import Finding, Refused
from hat_clinic.vocabulary.ids import ContainerId, DoseId, PageId, ReceiptId
from hat_clinic.vocabulary.quantities import Expression, Mass
from hat_clinic.vocabulary.terms import CorrectionReason, LossReason, Whereabouts
from tests.domain.told_register import ToldRegister
from tests.domain.told_stock import NOON, VIAL, draw, mg

BASE = Mass.mg(230, Expression.BASE)
WRONG, RIGHT = "0199aaaa-0000-7000-8000-00000000000a", "0199aaaa-0000-7000-8000-00000000000b"
EARLY, LATE = "2026-11-23T12:05:00.000000Z", "2026-11-23T12:15:00.000000Z"


@pytest.fixture
def register() -> ToldRegister:
    found = ToldRegister.with_stock()
    assert isinstance(found, ToldRegister)
    found.prepare("d1", draw("v001", mg(200)))
    return found


def ids(findings: tuple[Finding, ...]) -> list[str]:
    return [each.rule for each in findings]


def closing(register: ToldRegister) -> list[str]:
    page = register.page()
    return ids(assess_close(page, register.lines_on(page.page), ClosePage(page.page)))


def test_boundary_cd41_a_dose_still_out(register: ToldRegister) -> None:
    assert closing(register) == ["CD41"]
    register.give("d1", mg(199), mg(1))
    assert closing(register) == ["CD41"]
    register.remainder("d1", mg(1))
    assert closing(register) == []


def test_refuses_cd40_and_cd42_a_closed_or_an_empty_page(register: ToldRegister) -> None:
    register.give("d1", mg(200))
    page = register.page()
    register.close_page()
    assert ids(assess_close(register.book.pages[page.page], (), ClosePage(page.page))) == ["CD40"]
    assert ids(assess_close(None, (), ClosePage(page.page))) == ["CD40"]
    assert closing(register) == ["CD42"]
    with pytest.raises(Refused, match="CD40"):
        decide_close(None, (), ClosePage(page.page))


def test_boundary_cd43_an_overdrawn_page(register: ToldRegister) -> None:
    register.give("d1", mg(200))
    for container, mass in (("v001", 9_800), ("v002", 10_001)):
        gone = StockAccounted(
            VIAL.product, ContainerId(container), Whereabouts.WASTED, mg(mass), NOON, LossReason.OTHER, ()
        )
        register.both(gone)
    assert closing(register) == ["CD43"]
    register.both(OverfillFound(ReceiptId("o1"), VIAL.product, ContainerId("v002"), mg(1)))
    assert closing(register) == []


def mass(line: Line, /, **other: object) -> CorrectLine:
    values = {"page": line.page, "line": line.seq, "what": Footnoted.MASS, "reason": CorrectionReason.MISREAD}
    values |= {"recorded": mg(200), "actual": mg(230), "dose": line.dose}
    return CorrectLine(**values | other)  # type: ignore[arg-type]


def text(line: Line, /, **other: object) -> CorrectLine:
    values = {
        "page": line.page,
        "line": line.seq,
        "what": Footnoted.PATIENT,
        "reason": CorrectionReason.WRONG_PATIENT,
    }
    return CorrectLine(**values | {"recorded_text": WRONG, "actual_text": RIGHT} | other)  # type: ignore[arg-type]


def test_allows_a_corrected_mass_and_works_out_which_way(register: ToldRegister) -> None:
    line = register.line("d1")
    entry = decide_correct(line, mass(line))
    assert (entry.takes, entry.adds, entry.container, entry.dose) == (mg(30), None, "v001", "d1")
    entry = decide_correct(line, mass(line, actual=mg(190)))
    assert (entry.takes, entry.adds) == (None, mg(10))


def test_allows_other_footnotes(register: ToldRegister) -> None:
    line = register.line("d1")
    entry = decide_correct(line, text(line))
    assert (entry.takes, entry.adds, entry.container) == (None, None, None)
    other = text(line, what=Footnoted.OTHER, recorded_text=None, actual_text=None)
    assert assess_correct(line, other) == ()


@pytest.mark.parametrize(
    "other, rules",
    [
        ({"line": 10_000}, ["CD44"]),
        ({"page": PageId("diaphin-10g/2")}, ["CD44"]),
        ({"recorded": mg(201)}, ["CD45"]),
        ({"recorded": None}, ["CD46"]),
        ({"actual": None}, ["CD46"]),
        ({"actual": mg(200)}, ["CD48"]),
        ({"actual": BASE}, ["CD07"]),
        ({"container": ContainerId("v002")}, ["CD49"]),
        (
            {"recorded": BASE, "actual": BASE, "container": ContainerId("v002")},
            ["CD07", "CD45", "CD48", "CD49"],
        ),
    ],
)
def test_refuses_a_corrected_mass(register: ToldRegister, other: dict[str, object], rules: list[str]) -> None:
    line = register.line("d1")
    assert ids(assess_correct(line, mass(line, **other))) == rules
    with pytest.raises(Refused):
        decide_correct(line, mass(line, **other))


@pytest.mark.parametrize(
    "other, rules",
    [
        ({"actual_text": None}, ["CD46"]),
        ({"recorded_text": ""}, ["CD46", "CD50"]),
        ({"actual_text": WRONG}, ["CD48"]),
        ({"actual": mg(1)}, ["CD46"]),
    ],
)
def test_refuses_another_footnote(register: ToldRegister, other: dict[str, object], rules: list[str]) -> None:
    line = register.line("d1")
    assert ids(assess_correct(line, text(line, **other))) == rules


@pytest.mark.parametrize(
    "what, good, bad",
    [
        (Footnoted.PATIENT, (WRONG, RIGHT), ("Ana Meier", "pat", "", WRONG.upper(), f"{WRONG} Ana")),
        (Footnoted.TIME, (EARLY, LATE), ("12:10", "about noon", "2026-11-23", LATE.replace("Z", "+01:00"))),
        (Footnoted.LOT, ("L1", "a-1/2.B" + 13 * "0"), ("L 1", "", "Ana Meier", "L1\n", 21 * "0", "L_1")),
    ],
)
def test_boundary_cd50_only_an_id_a_moment_or_a_lot(
    register: ToldRegister, what: Footnoted, good: tuple[str, str], bad: tuple[str, ...]
) -> None:
    line = register.line("d1")
    recorded, actual = good
    assert assess_correct(line, text(line, what=what, recorded_text=recorded, actual_text=actual)) == ()
    for each in bad:
        for wrong in ({"recorded_text": each}, {"actual_text": each}):
            values = {"what": what, "recorded_text": recorded, "actual_text": actual} | wrong
            assert "CD50" in ids(assess_correct(line, text(line, **values)))
            with pytest.raises(Refused, match="CD50"):
                decide_correct(line, text(line, **values))


@pytest.mark.parametrize("said", [{"recorded_text": "x"}, {"actual_text": RIGHT}, {"actual_text": ""}])
def test_refuses_cd50_any_words_where_none_belong(register: ToldRegister, said: dict[str, str]) -> None:
    line = register.line("d1")
    bare = {"recorded_text": None, "actual_text": None}
    assert ids(assess_correct(line, text(line, what=Footnoted.OTHER, **bare | said))) == ["CD50"]
    assert ids(assess_correct(line, mass(line, **said))) == ["CD50"]


def test_refuses_cd44_a_line_nobody_wrote(register: ToldRegister) -> None:
    with pytest.raises(Refused, match="CD44"):
        decide_correct(None, mass(register.line("d1")))


def test_refuses_cd45_a_second_correction_of_what_no_longer_stands(register: ToldRegister) -> None:
    line = register.line("d1")
    said = decide_correct(line, mass(line))
    register.correct(line, mass(line))
    assert ids(assess_correct(register.line("d1"), said)) == ["CD45"]
    assert assess_correct(register.line("d1"), mass(line, recorded=mg(230), actual=mg(240))) == ()


def test_refuses_cd47_correcting_a_correction(register: ToldRegister) -> None:
    line = register.line("d1")
    correction = register.line(register.correct(line, mass(line)))
    command = mass(correction, recorded=mg(30), actual=mg(20), dose=None)
    assert ids(assess_correct(correction, command)) == ["CD47"]


def test_boundary_cd49_which_of_two_containers(register: ToldRegister) -> None:
    register.prepare("d2", draw("v001", mg(100)), draw("v002", mg(100)))
    line = register.line("d2")
    assert ids(assess_correct(line, mass(line))) == ["CD49"]
    assert decide_correct(line, mass(line, container=ContainerId("v002"))).container == "v002"


def test_refuses_cd46_the_mass_of_a_line_without_one(register: ToldRegister) -> None:
    line = replace(register.line("d1"), mass_out=None)
    assert ids(assess_correct(line, mass(line))) == ["CD46"]
    assert line.dose == DoseId("d1")
