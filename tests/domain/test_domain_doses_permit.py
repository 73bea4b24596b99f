"""May this patient have this mass now? Rules AD20 to AD27, AD49, and all of them at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from hat_clinic.domain.doses import Stage, decide
from hat_clinic.domain.doses.assess import assess_permit
from hat_clinic.domain.doses.state import PERMIT_LASTS
from hat_clinic.vocabulary.errors import Rejected
from hat_clinic.vocabulary.ids import PatientId, PersonId
from hat_clinic.vocabulary.quantities import Expression, Mass
from hat_clinic.vocabulary.terms import Role, Route
from tests.domain.told_doses import (
    AMPOULE,
    ANA,
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


def test_a_permit_never_reads_a_clock_of_its_own(clinic: ToldDoses) -> None:
    command = clinic.asks("d1", of_vial(100))
    entries = decide.decide_permit(clinic.facts, None, acting(PersonId("ana")), command, NOON)
    assert entries == decide.decide_permit(clinic.facts, None, acting(PersonId("ana")), command, NOON)
