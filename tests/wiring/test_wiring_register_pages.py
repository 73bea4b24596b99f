"""The printed register says why in words a nurse uses; the rows for machines keep the code."""

from __future__ import annotations

from hat_clinic.domain.entries.doses import UnpreparedDoseReported
from hat_clinic.domain.entries.register import Footnoted
from hat_clinic.domain.entries.stock import StockAccounted
from hat_clinic.domain.register.commands import CorrectLine
from hat_clinic.store.sites import SiteRow
from hat_clinic.vocabulary.ids import ContainerId, DoseId, PatientId
from hat_clinic.vocabulary.terms import CorrectionReason, LossReason, Route, UnplannedReason, Whereabouts
from hat_clinic.wiring.register_pages import WORDS, Register
from tests.domain.told_register import ToldRegister
from tests.domain.told_stock import NOON, VIAL, draw, mg

WRONG, RIGHT = "0199aaaa-0000-7000-8000-00000000000a", "0199aaaa-0000-7000-8000-00000000000b"


def printed() -> Register:
    told = ToldRegister.with_stock()
    assert isinstance(told, ToldRegister)
    told.both(
        StockAccounted(
            VIAL.product, ContainerId("v1"), Whereabouts.WASTED, mg(5), NOON, LossReason.VEIN_LOST, ()
        )
    )
    told.both(
        UnpreparedDoseReported(
            DoseId("d1"), PatientId("pat"), VIAL.product, Route.INTRAVENOUS, (draw("v1", mg(200)),),
            mg(200), mg(0), NOON, UnplannedReason.POWER_OR_NETWORK_FAILURE, (),
        )
    )  # fmt: skip
    line = told.line("d1")
    swapped = CorrectLine(
        line.page, line.seq, Footnoted.PATIENT, CorrectionReason.WRONG_PATIENT,
        recorded_text=WRONG, actual_text=RIGHT, dose=line.dose,
    )  # fmt: skip
    told.correct(line, swapped)
    misread = CorrectLine(
        line.page, line.seq, Footnoted.MASS, CorrectionReason.MISREAD, mg(200), mg(201), dose=line.dose
    )
    told.correct(told.line("d1"), misread)
    page = told.page()
    site = SiteRow("zh1", "hat.invalid/zh1", "Zürich", "Europe/Zurich")
    return Register(site, (page,), {page.page: tuple(told.lines_on(page.page))}, {})


def test_print_has_the_words_and_never_a_code() -> None:
    lines = list(printed().lines())
    column = len(f"{'line':>4}  {'date and time':<17}  ")
    text = " ".join(" ".join(each[column : column + WORDS] for each in lines).split())
    assert "wasted, the vein was lost" in text
    assert "unprepared dose, patient …pat, no power or no network" in text
    assert "written for the wrong patient" in text
    assert "mass: 200 mg should be 201 mg, misread" in text
    assert not any(each in "".join(lines) for each in ("vein_lost", "power_or", "wrong_patient"))


def test_rows_have_the_code_and_never_the_words() -> None:
    notes = [row[-1] for row in printed().rows()]
    assert "wasted; vein_lost" in notes and "power_or_network_failure" in notes
    assert f"patient: {WRONG} should be {RIGHT}; wrong_patient" in notes
    assert not any("the vein" in each for each in notes)
