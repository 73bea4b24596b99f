"""May this patient have another dose now? Rules AD28 to AD31 and AD47: pauses, the day, no dose twice."""

from __future__ import annotations

import pytest

from hat_clinic.domain.doses import Stage
from hat_clinic.vocabulary.errors import Refused
from tests.domain.told_doses import BO, ToldDoses, mg, of_vial, pack, step


@pytest.fixture
def clinic() -> ToldDoses:
    return ToldDoses.at_noon()


def permit(clinic: ToldDoses, milligrams: int = 100, name: str = "d9") -> set[str]:
    return clinic.refused(clinic.permit, name, of_vial(milligrams))


# --- AD28, AD29: pauses, from the end of the previous dose --------------------------------------


def test_boundary_29_minutes_are_too_early_and_30_are_not(clinic: ToldDoses) -> None:
    clinic.had("d1")
    clinic.pass_time(minutes=29)
    assert permit(clinic) == {"AD28"}
    clinic.pass_time(minutes=1, microseconds=-1)
    assert permit(clinic) == {"AD28"}
    clinic.pass_time(microseconds=1)
    assert permit(clinic) == set()


def test_boundary_the_packs_pause_holds_where_the_prescription_asks_for_less(clinic: ToldDoses) -> None:
    clinic.pack = pack(minimum_gap=30)
    clinic.prescribe(step(earliest_after_previous=0))
    clinic.had("d1")
    clinic.pass_time(minutes=30, microseconds=-1)
    assert permit(clinic) == {"AD29"}
    clinic.pass_time(microseconds=1)
    assert permit(clinic) == set()


def test_the_pause_counts_from_the_end_of_the_dose_not_from_when_it_was_reported(clinic: ToldDoses) -> None:
    clinic.handed_over("d1")
    ended = clinic.moment
    clinic.pass_time(minutes=20)
    clinic.give("d1", 100, at=ended)
    clinic.saw_given("d1")
    clinic.pass_time(minutes=9)
    assert permit(clinic) == {"AD28"}
    clinic.pass_time(minutes=1)
    assert permit(clinic) == set()


def test_a_dose_of_which_nothing_was_given_starts_no_pause(clinic: ToldDoses) -> None:
    clinic.handed_over("d1")
    clinic.give("d1", 0, 100)
    clinic.confirm(clinic.account("d1", 100))
    assert clinic.doses["d1"].stage is Stage.CLOSED
    assert permit(clinic) == set()


def test_says_how_long_to_wait_in_the_clinics_own_time(clinic: ToldDoses) -> None:
    clinic.had("d1")
    clinic.pass_time(minutes=10)
    with pytest.raises(Refused) as refusal:
        clinic.permit("d2", of_vial(10))
    assert "ended at 13:00 and 30 minutes must pass; wait until 13:30" in refusal.value.findings[0].words


# --- AD30: the day's maximum --------------------------------------------------------------------


def test_boundary_the_days_maximum_is_allowed_and_one_mark_more_is_not(clinic: ToldDoses) -> None:
    clinic.prescribe(step(daily_maximum=mg(250)))
    clinic.had("d1", 100)
    clinic.pass_time(minutes=30)
    assert permit(clinic, 151) == {"AD30"}
    assert permit(clinic, 150) == set()


def test_a_dose_counts_what_was_given_once_it_is_closed_and_all_of_it_before(clinic: ToldDoses) -> None:
    clinic.prescribe(step(daily_maximum=mg(250), earliest_after_previous=0))
    clinic.handed_over("d1", 200)
    clinic.give("d1", 150, 50)
    wasted = clinic.account("d1", 50)
    assert permit(clinic, 100) == {"AD30", "AD31"}
    clinic.confirm(wasted)
    assert permit(clinic, 101) == {"AD30"}
    assert permit(clinic, 100) == set()


# --- AD31, AD47: no dose twice ------------------------------------------------------------------


def test_boundary_a_live_permit_blocks_and_a_lapsed_one_does_not(clinic: ToldDoses) -> None:
    clinic.permit("d1", of_vial(100))
    clinic.pass_time(minutes=15, microseconds=-1)
    assert permit(clinic) == {"AD31"}
    clinic.pass_time(microseconds=1)
    assert permit(clinic) == set()


@pytest.mark.parametrize("course", ["prepared", "handed_over"])
def test_refuses_a_second_dose_while_one_is_out(clinic: ToldDoses, course: str) -> None:
    clinic.prescribe(step(earliest_after_previous=0))
    getattr(clinic, course)("d1")
    clinic.pass_time(hours=30)
    assert clinic.refused(clinic.permit, "d9", of_vial(100, "v002")) == {"AD31"}


def test_refuses_a_second_dose_until_what_is_left_of_the_first_is_confirmed(clinic: ToldDoses) -> None:
    clinic.handed_over("d1")
    clinic.give("d1", 40, 60)
    clinic.pass_time(hours=1)
    assert permit(clinic) == {"AD31"}
    wasted = clinic.account("d1", 60)
    assert permit(clinic) == {"AD31"}
    clinic.confirm(wasted, BO)
    assert permit(clinic) == set()


def test_refuses_a_dose_id_twice(clinic: ToldDoses) -> None:
    clinic.had("d1")
    clinic.pass_time(hours=1)
    assert permit(clinic, name="d1") == {"AD47"}


def test_another_persons_permit_is_no_way_round(clinic: ToldDoses) -> None:
    clinic.permit("d1", of_vial(100))
    assert clinic.refused(clinic.permit, "d2", of_vial(100, "v002"), by=BO) == {"AD31"}
