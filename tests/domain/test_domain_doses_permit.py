"""May this patient have this mass now? Rules AD20 to AD31, AD47, AD49, and all of them at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from hat_clinic.domain.doses import Stage, decide
from hat_clinic.domain.doses.assess import assess_permit
from hat_clinic.domain.doses.state import PERMIT_LASTS
from hat_clinic.vocabulary.errors import Refused, Rejected
from hat_clinic.vocabulary.ids import PatientId, PersonId
from hat_clinic.vocabulary.quantities import Expression, Mass
from hat_clinic.vocabulary.terms import Role, Route
from tests.domain.told_doses import (
    AMPOULE,
    ANA,
    BO,
    EVER,
    NOON,
    ToldDoses,
    acting,
    draw,
    mg,
    of_vial,
    pack,
    prescription,
    step,
    whole,
)

MINUTE, INSTANT = timedelta(minutes=1), timedelta(microseconds=1)


@pytest.fixture
def clinic() -> ToldDoses:
    return ToldDoses.at_noon()


def permit(clinic: ToldDoses, milligrams: int = 100, name: str = "d9") -> set[str]:
    return clinic.refused(clinic.permit, name, of_vial(milligrams))


def test_allows_a_dose_that_every_rule_lets_through(clinic: ToldDoses) -> None:
    clinic.permit("d1", of_vial(100))
    dose = clinic.doses["d1"]
    assert (dose.stage, dose.mass, dose.performer, dose.terminal) == (Stage.PERMITTED, mg(100), ANA, "t1")
    assert dose.permitted_until == NOON + PERMIT_LASTS
    assert [each.mass for each in clinic.containers["v001"].reservations] == [mg(100)]


WRONG: dict[str, Any] = {
    "AD49": lambda clinic: setattr(clinic, "pack", None),
    "AD20": lambda clinic: setattr(clinic, "patient", replace(clinic.patient, patient=PatientId("x"))),
    "AD21": lambda clinic: clinic.change_visit(open=False),
    "AD22": lambda clinic: clinic.change_visit(identified=b"x" * 32),
    "AD23": lambda clinic: clinic.change_visit(fit=False),
    "AD24": lambda clinic: clinic.prescribe(ended=True),
    "AD25": lambda clinic: clinic.prescribe(step(ends=NOON)),
    "AD26": lambda clinic: clinic.prescribe(route=Route.ORAL),
    "AD27": lambda clinic: clinic.prescribe(step(largest_single=mg(99))),
    "AD30": lambda clinic: clinic.prescribe(step(daily_maximum=mg(99))),
    "SO03": lambda clinic: setattr(clinic, "patient_person", ANA),
}


@pytest.mark.parametrize("rule", WRONG)
def test_refuses_and_names_the_one_rule(clinic: ToldDoses, rule: str) -> None:
    WRONG[rule](clinic)
    assert permit(clinic) == {rule}


def test_refuses_five_at_once_and_finds_all_five(clinic: ToldDoses) -> None:
    broken = ["AD21", "AD22", "AD23", "AD27", "SO03"]
    for rule in broken:
        WRONG[rule](clinic)
    assert permit(clinic) == set(broken)


def test_refuses_all_that_can_be_broken_together_at_once(clinic: ToldDoses) -> None:
    clinic.had("d1")
    clinic.pack = pack(minimum_gap=30)
    clinic.report("d2", of_vial(10), given=10)
    for rule in ("AD20", "AD21", "AD22", "AD23", "AD24", "SO03"):
        WRONG[rule](clinic)
    clinic.prescription = prescription(
        step(largest_single=mg(1), daily_maximum=mg(1)), route=Route.ORAL, ended=True
    )
    odd = draw("v001", Mass(33_333, Expression.HYDROCHLORIDE_MONOHYDRATE))
    assert clinic.refused(clinic.permit, "d2", odd, mass=mg(34)) == {
        "AD20", "AD21", "AD22", "AD23", "AD24", "AD26", "AD27", "AD28", "AD30", "AD31", "AD29", "AD32",
        "AD33", "AD47", "SO03",
    }  # fmt: skip


def test_refusing_leaves_nothing(clinic: ToldDoses) -> None:
    clinic.visit = None
    assert permit(clinic) >= {"AD21"}
    assert clinic.doses == {} and clinic.history is None and clinic.containers["v001"].reservations == ()


def test_refuses_where_nothing_is_known_at_all(clinic: ToldDoses) -> None:
    clinic.pack = clinic.patient = clinic.visit = clinic.prescription = None
    clinic.products.clear()
    clinic.containers.clear()
    assert permit(clinic) == {"AD20", "AD21", "AD22", "AD23", "AD24", "AD26", "AD49"}


def test_refuses_another_patients_visit_and_prescription(clinic: ToldDoses) -> None:
    clinic.change_visit(patient=PatientId("other"))
    clinic.prescribe(patient=PatientId("other"))
    assert permit(clinic) == {"AD21", "AD24"}


def test_refuses_an_identity_that_changed_after_it_was_checked(clinic: ToldDoses) -> None:
    assert clinic.patient is not None
    clinic.patient = replace(clinic.patient, identity_rec=b"n" * 32)
    assert permit(clinic) == {"AD22"}


@pytest.mark.parametrize("unfit", [{"fit": None}, {"fit": False}, {"assessed_rec": None}])
def test_refuses_without_a_conclusion_that_the_patient_is_fit(
    clinic: ToldDoses, unfit: dict[str, Any]
) -> None:
    clinic.change_visit(**unfit)
    assert permit(clinic) == {"AD23"}


def test_refuses_a_performer_without_a_role(clinic: ToldDoses) -> None:
    command, nobody = clinic.asks("d1", of_vial(100)), acting(ANA, frozenset({Role.AUDITOR}))
    findings = assess_permit(clinic.facts, None, nobody, command, clinic.moment)
    assert [each.rule for each in findings] == ["SO04"]


# --- AD25 to AD27: the step of this moment ----------------------------------------------------


def test_boundary_a_step_begins_with_its_first_instant_and_ends_before_its_last(clinic: ToldDoses) -> None:
    clinic.prescribe(step(starts=NOON, ends=NOON + MINUTE))
    assert permit(clinic) == set()
    clinic.prescribe(step(starts=NOON + INSTANT))
    assert permit(clinic, name="d8") == {"AD25", "AD31"}
    clinic.prescribe(step(starts=EVER[0], ends=NOON))
    assert permit(clinic, name="d8") == {"AD25", "AD31"}


def test_boundary_the_largest_single_mass_is_allowed_and_one_mark_more_is_not(clinic: ToldDoses) -> None:
    clinic.prescribe(step(largest_single=mg(45)))
    assert permit(clinic, 46) == {"AD27"}
    assert permit(clinic, 45) == set()


def test_refuses_another_product_than_prescribed(clinic: ToldDoses) -> None:
    clinic.product = AMPOULE
    assert clinic.refused(clinic.permit, "d1", whole("a001")) == {"AD26"}


def test_refuses_a_mass_in_another_expression_than_the_label(clinic: ToldDoses) -> None:
    """200 mg anhydrous hydrochloride are 208.88 mg of the monohydrate: 4.4 % of silent error."""
    anhydrous = Mass.mg(100, Expression.ANHYDROUS_HYDROCHLORIDE)
    found = clinic.refused(clinic.permit, "d1", draw("v001", anhydrous, of_vial(100).volume), mass=anhydrous)
    assert found == {"AD26", "CD07"}


def test_rejects_masses_of_two_expressions_in_one_dose(clinic: ToldDoses) -> None:
    base = Mass.mg(100, Expression.BASE)
    with pytest.raises(Rejected):
        clinic.permit("d1", of_vial(100), draw("v002", base), mass=mg(200))
    with pytest.raises(Rejected):
        clinic.permit("d1", mass=mg(100))


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


def test_a_permit_never_reads_a_clock_of_its_own(clinic: ToldDoses) -> None:
    command = clinic.asks("d1", of_vial(100))
    entries = decide.decide_permit(clinic.facts, None, acting(PersonId("ana")), command, NOON)
    assert entries == decide.decide_permit(clinic.facts, None, acting(PersonId("ana")), command, NOON)
