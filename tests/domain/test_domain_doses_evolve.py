"""What entries do to a dose and to a history: corrections tighten, days are pruned, the fold is total."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, get_args

import pytest

from hat_clinic.domain import codec
from hat_clinic.domain.doses import Dose, DoseHistory, Stage, counted, evolve_dose, open_mass
from hat_clinic.domain.doses.evolve import lapsed
from hat_clinic.domain.doses.state import is_live
from hat_clinic.domain.entries import Entry, Recorded, SealedEntry, tag_of
from hat_clinic.domain.entries.register import Footnoted, LineCorrected
from hat_clinic.vocabulary.ids import DoseId, PageId, PatientId
from hat_clinic.vocabulary.quantities import Mass
from hat_clinic.vocabulary.terms import CorrectionReason
from tests.domain.told_doses import BO, NOON, ToldDoses, mg, of_vial, step

DAY = timedelta(days=1)


@pytest.fixture
def clinic() -> ToldDoses:
    clinic = ToldDoses.at_noon()
    clinic.prescribe(step(earliest_after_previous=0))
    return clinic


def footnote(clinic: ToldDoses, what: Footnoted, dose: str = "d1", **other: Any) -> Recorded:
    """A footnote to the line of this dose, signed by the first person."""
    line = clinic.doses[dose].prepared_seq or 0
    entry = LineCorrected(line, PageId("page"), what, CorrectionReason.MISREAD, dose=DoseId(dose), **other)
    return clinic.tell(entry)


def total(clinic: ToldDoses) -> Mass:
    assert clinic.history is not None
    return clinic.history.total(NOON.date(), mg(0).expression, clinic.moment)


# --- corrections --------------------------------------------------------------------------------


@pytest.mark.parametrize(("actual", "counts", "sure"), [(120, 120, 100), (80, 100, 80), (100, 100, 100)])
def test_a_corrected_mass_counts_as_the_larger_and_is_sure_as_the_smaller(
    clinic: ToldDoses, actual: int, counts: int, sure: int
) -> None:
    clinic.had("d1", 100)
    first = footnote(clinic, Footnoted.MASS, recorded=mg(100), actual=mg(actual))
    assert total(clinic) == mg(100)
    clinic.confirm(first)
    assert total(clinic) == mg(counts)
    assert clinic.history is not None
    assert [each.counted for each in clinic.history.for_titration] == [mg(sure)]


def test_a_second_correction_does_not_take_back_the_first(clinic: ToldDoses) -> None:
    clinic.had("d1", 100)
    for actual in (120, 90, 110):
        clinic.confirm(footnote(clinic, Footnoted.MASS, recorded=mg(100), actual=mg(actual)))
    assert total(clinic) == mg(120)
    assert clinic.doses["d1"].stage is Stage.CLOSED and clinic.doses["d1"].given == mg(100)


def test_an_open_dose_counts_in_full_and_what_a_correction_adds(clinic: ToldDoses) -> None:
    clinic.prepared("d1")
    clinic.confirm(footnote(clinic, Footnoted.MASS, recorded=mg(100), actual=mg(130)))
    assert total(clinic) == mg(130)


def test_more_than_all_of_it_corrected_away_leaves_nothing_sure(clinic: ToldDoses) -> None:
    clinic.had("d1", 50)
    clinic.confirm(footnote(clinic, Footnoted.MASS, recorded=mg(100), actual=mg(0)))
    assert clinic.history is not None
    assert [each.surely for each in clinic.history.recent] == [mg(0)]


def test_a_corrected_time_starts_the_pause_at_the_later_one(clinic: ToldDoses) -> None:
    clinic.prescribe(step())
    clinic.pass_time(minutes=10)
    clinic.had("d1")
    for text in ("2026-11-23T12:15:00.000000Z", "2026-11-23T12:05:00.000000Z", "about noon"):
        clinic.confirm(footnote(clinic, Footnoted.TIME, recorded_text="12:10", actual_text=text))
    clinic.moment = NOON + timedelta(minutes=44)
    assert clinic.refused(clinic.permit, "d2", of_vial(10)) == {"AD28"}
    clinic.pass_time(minutes=1)
    assert clinic.refused(clinic.permit, "d2", of_vial(10)) == set()


def test_other_footnotes_and_those_of_other_doses_change_nothing(clinic: ToldDoses) -> None:
    clinic.had("d1")
    clinic.had("d2")
    before = clinic.doses["d1"]
    clinic.confirm(footnote(clinic, Footnoted.LOT, recorded_text="L1", actual_text="L2"))
    clinic.confirm(footnote(clinic, Footnoted.MASS, "d2", recorded=mg(100), actual=mg(150)))
    assert clinic.doses["d1"] == before


# --- the total fold -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [*get_args(Entry), SealedEntry], ids=lambda kind: tag_of(kind))
def test_no_entry_breaks_the_fold_or_touches_a_dose_it_does_not_speak_of(
    clinic: ToldDoses, kind: type[Any]
) -> None:
    dose = clinic.had("d1")
    entry = kind.__new__(kind)
    for name in kind.__slots__:
        object.__setattr__(entry, name, None)
    recorded = Recorded(99, NOON, tag_of(kind), "r", "x", "k", "t", b"p" * 32, b"r" * 32, entry)
    assert evolve_dose(dose, recorded) == dose


def test_a_dose_begins_with_its_permit_or_its_preparation_only(clinic: ToldDoses) -> None:
    clinic.had("d1")
    made = {recorded.tag for recorded in clinic.entries if evolve_dose(None, recorded) is not None}
    assert made == {"dose-permitted", "dose-prepared"}


def test_a_confirmation_of_another_report_confirms_nothing_here(clinic: ToldDoses) -> None:
    first = clinic.report("d1", of_vial(10), given=10)
    dose = clinic.doses["d1"]
    other = clinic.report("d2", of_vial(10), given=10)
    assert evolve_dose(dose, clinic.confirm(other)) == dose
    clinic.confirm(first)
    assert clinic.doses["d1"].stage is Stage.CLOSED


def test_what_is_out_counts_even_in_a_log_without_its_permit(clinic: ToldDoses) -> None:
    dose = clinic.prepared("d1")
    alone = evolve_dose(None, clinic.entries[-1])
    assert alone is not None and alone.stage is Stage.PREPARED and counted(alone, NOON) == mg(100)
    assert (alone.mass, alone.drawn, alone.prepared_payload) == (dose.mass, dose.drawn, dose.prepared_payload)


def test_a_dose_is_the_same_after_being_stored_and_read(clinic: ToldDoses) -> None:
    clinic.handed_over("d1")
    clinic.give("d1", 40, 60)
    clinic.account("d1", 60)
    clinic.report("d2", of_vial(10), given=10)
    for dose in clinic.doses.values():
        assert codec.decode(Dose, codec.encode(dose)) == dose
    assert codec.decode(DoseHistory, codec.encode(clinic.history)) == clinic.history


# --- permits, lapsed ----------------------------------------------------------------------------


def test_boundary_a_permit_lapses_by_itself(clinic: ToldDoses) -> None:
    clinic.permit("d1", of_vial(100))
    dose = clinic.doses["d1"]
    until, before = dose.permitted_until, dose.permitted_until - timedelta(microseconds=1)
    assert (is_live(dose, before), is_live(dose, until)) == (True, False)
    assert (counted(dose, before), counted(dose, until)) == (mg(100), mg(0))
    assert (lapsed(dose, before), lapsed(dose, until).stage) == (dose, Stage.CLOSED)
    assert open_mass(dose) == mg(0) and dose.drawn is None


def test_a_dose_that_is_out_never_lapses(clinic: ToldDoses) -> None:
    dose = clinic.prepared()
    assert lapsed(dose, NOON + DAY) == dose and dose.stage is Stage.PREPARED
    assert counted(dose, NOON + DAY) == mg(100)


# --- the history --------------------------------------------------------------------------------


def test_the_last_three_days_with_doses_are_remembered_and_what_is_open(clinic: ToldDoses) -> None:
    for number in range(6):
        clinic.containers = ToldDoses.at_noon().containers
        clinic.moment = NOON + number * 2 * DAY
        clinic.had(f"d{number}")
        clinic.permit(f"p{number}", of_vial(10))
    assert clinic.history is not None
    assert [each.dose for each in clinic.history.recent] == ["d3", "d4", "d5", "p5"]


def test_days_on_which_all_was_wasted_push_nothing_out(clinic: ToldDoses) -> None:
    clinic.had("d1")
    for number in range(5):
        clinic.containers = ToldDoses.at_noon().containers
        clinic.moment += DAY
        name = f"w{number}"
        clinic.prepared(name)
        clinic.confirm(clinic.account(name, 100), BO)
    assert clinic.history is not None
    assert [each.dose for each in clinic.history.recent] == ["d1"]
    assert clinic.history.last_end == NOON


def test_an_open_dose_is_remembered_however_old_it_is(clinic: ToldDoses) -> None:
    clinic.prepared("old")
    for number in range(5):
        clinic.moment += DAY
        clinic.report(f"r{number}", of_vial(1), given=1)
        clinic.confirm(clinic.entries[-2])
    assert clinic.history is not None
    assert clinic.history.recent[0].dose == "old" and len(clinic.history.recent) == 4


def test_a_dose_is_an_injection_if_drug_entered_the_patient(clinic: ToldDoses) -> None:
    clinic.had("d1")
    clinic.handed_over("d2")
    clinic.give("d2", 0, 100)
    assert clinic.history is not None
    assert {each.dose: each.injections for each in clinic.history.recent} == {"d1": 1, "d2": 0}
    assert clinic.history.patient == PatientId("pat")
