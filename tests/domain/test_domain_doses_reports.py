"""What was given, seen and left over closes to nothing: AD42 to AD46, SO10 to SO12."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from hat_clinic.domain.doses import GiveDose, Stage, VerifyGiven, decide, open_mass
from hat_clinic.domain.entries.doses import DoseGiven
from hat_clinic.domain.entries.incidents import IncidentOpened
from hat_clinic.vocabulary.errors import Refused, Rejected
from hat_clinic.vocabulary.ids import DoseId
from hat_clinic.vocabulary.quantities import Expression, Mass
from hat_clinic.vocabulary.terms import Role, Whereabouts
from tests.domain.told_doses import (
    AMPOULE,
    ANA,
    BO,
    CY,
    INCIDENT,
    NOON,
    ToldDoses,
    acting,
    mg,
    of_vial,
    pack,
    rules,
    step,
    whole,
)


@pytest.fixture
def clinic() -> ToldDoses:
    return ToldDoses.at_noon()


def last(clinic: ToldDoses, kind: type[Any]) -> Any:
    return next((each.entry for each in reversed(clinic.entries) if isinstance(each.entry, kind)), None)


# --- given --------------------------------------------------------------------------------------


def test_a_dose_given_whole_closes_and_breaks_nothing(clinic: ToldDoses) -> None:
    dose = clinic.had()
    assert (dose.stage, dose.given, dose.ended_at) == (Stage.CLOSED, mg(100), NOON)
    assert last(clinic, DoseGiven).breaches == () and last(clinic, IncidentOpened) is None


def test_a_dose_given_in_part_closes_when_the_rest_is_confirmed(clinic: ToldDoses) -> None:
    clinic.handed_over()
    clinic.give("d1", 40, 60)
    assert open_mass(clinic.doses["d1"]) == mg(60)
    wasted, returned = clinic.account("d1", 35), clinic.account("d1", 25, Whereabouts.RETURNED)
    assert (open_mass(clinic.doses["d1"]), clinic.doses["d1"].stage) == (mg(0), Stage.GIVEN)
    clinic.confirm(wasted)
    assert clinic.doses["d1"].stage is Stage.GIVEN
    clinic.confirm(returned)
    assert clinic.doses["d1"].stage is Stage.CLOSED


@pytest.mark.parametrize(("given", "left"), [(100, 1), (99, 0), (0, 0), (101, 0)])
def test_refuses_what_is_no_arithmetic(clinic: ToldDoses, given: int, left: int) -> None:
    clinic.handed_over()
    assert clinic.refused(clinic.give, "d1", given, left) == {"AD44"}


def test_refuses_to_have_given_what_was_spilled_before(clinic: ToldDoses) -> None:
    clinic.handed_over()
    clinic.account("d1", 30, Whereabouts.SPILLED)
    assert clinic.refused(clinic.give, "d1", 71, 29) == {"AD44"}
    assert clinic.refused(clinic.give, "d1", 70, 30) == set()
    assert open_mass(clinic.doses["d1"]) == mg(0)


def test_refuses_to_have_given_what_was_spilled_of_an_ampoule_whose_surplus_is_gone(
    clinic: ToldDoses,
) -> None:
    clinic.product = AMPOULE
    clinic.prescribe(step())
    clinic.permit("d1", whole("a001"), mass=mg(85))
    clinic.prepare("d1")
    clinic.verify("d1")
    clinic.account("d1", 10, Whereabouts.SPILLED)
    assert clinic.refused(clinic.give, "d1", 85) == {"AD44"}
    assert clinic.refused(clinic.give, "d1", 75, 10) == set()


def test_refuses_a_second_report_and_one_on_nothing(clinic: ToldDoses) -> None:
    clinic.permit("d0", of_vial(100))
    assert clinic.refused(clinic.give, "d0", 100) == {"AD46"}
    clinic.pass_time(minutes=15)
    clinic.handed_over()
    clinic.give("d1", 100)
    assert clinic.refused(clinic.give, "d1", 100) == {"AD46"}


def test_rejects_the_future_the_time_before_preparing_and_another_expression(clinic: ToldDoses) -> None:
    dose = clinic.handed_over()
    clinic.pass_time(minutes=1)
    for at in (clinic.moment + timedelta(microseconds=1), NOON - timedelta(microseconds=1)):
        with pytest.raises(Rejected):
            clinic.give("d1", 100, at=at)
    base = GiveDose(dose.dose, Mass.mg(100, Expression.BASE), mg(0), clinic.moment, INCIDENT)
    with pytest.raises(Rejected):
        decide.decide_given(clinic.facts, dose, acting(ANA), base, clinic.moment)


def test_rejects_an_end_before_the_hand_over_which_would_shorten_the_pause(clinic: ToldDoses) -> None:
    clinic.prepared()
    clinic.verify("d1")
    clinic.pass_time(minutes=20)
    clinic.hand_over("d1")
    with pytest.raises(Rejected):
        clinic.give("d1", 100, at=clinic.moment - timedelta(microseconds=1))
    clinic.give("d1", 100)


def test_a_clock_set_back_is_no_reason_against_a_report(clinic: ToldDoses) -> None:
    clinic.handed_over()
    clinic.pass_time(hours=-2)
    clinic.give("d1", 100)
    assert clinic.doses["d1"].stage is Stage.CLOSED


@pytest.mark.parametrize("course", ["prepared", "verified", "mismatched"])
def test_a_dose_that_was_never_handed_over_is_recorded_as_such(clinic: ToldDoses, course: str) -> None:
    clinic.prepared()
    if course != "prepared":
        clinic.verify("d1", mass=mg(100) if course == "verified" else mg(1))
    clinic.give("d1", 100)
    assert last(clinic, DoseGiven).breaches == ("AD43",)
    assert last(clinic, IncidentOpened).rules == ("AD43",)


def test_surplus_that_nobody_read_is_accounted_for_like_the_rest(clinic: ToldDoses) -> None:
    clinic.product = AMPOULE
    clinic.prescribe(step())
    clinic.permit("d1", whole("a001"), mass=mg(85))
    clinic.prepare("d1")
    clinic.give("d1", 85)
    assert (clinic.doses["d1"].stage, open_mass(clinic.doses["d1"])) == (Stage.GIVEN, mg(15))
    clinic.confirm(clinic.account("d1", 15))
    assert clinic.doses["d1"].stage is Stage.CLOSED


def test_nothing_given_breaks_no_limit(clinic: ToldDoses) -> None:
    clinic.prepared()
    clinic.prescribe(ended=True)
    clinic.give("d1", 0, 100)
    assert last(clinic, DoseGiven).breaches == ()
    assert clinic.history is not None and clinic.history.last_end is None


def test_boundary_a_report_is_late_after_the_packs_minutes(clinic: ToldDoses) -> None:
    for minutes, extra, found in ((60, 0, ()), (60, 1, ("AD42",))):
        each = ToldDoses.at_noon()
        each.handed_over()
        each.pass_time(minutes=minutes, microseconds=extra)
        each.give("d1", 100, at=NOON)
        assert last(each, DoseGiven).breaches == found


# --- seen by the second person ------------------------------------------------------------------


def test_what_was_given_is_seen_by_who_verified_it(clinic: ToldDoses) -> None:
    clinic.handed_over()
    assert clinic.refused(clinic.saw_given, "d1") == {"SO11"}
    clinic.give("d1", 100)
    assert clinic.doses["d1"].awaits_second
    assert clinic.refused(clinic.saw_given, "d1", by=ANA) == {"SO01", "SO12"}
    assert clinic.refused(clinic.saw_given, "d1", by=CY) == {"SO12"}
    assert clinic.refused(clinic.saw_given, "d1", by=BO) == set()
    assert not clinic.doses["d1"].awaits_second
    assert clinic.refused(clinic.saw_given, "d1", by=BO) == {"SO11"}


def test_refuses_SO01_to_have_seen_what_one_reported_oneself(clinic: ToldDoses) -> None:
    clinic.handed_over()
    clinic.give("d1", 100, by=BO)  # who verified it; marked, not refused
    assert last(clinic, DoseGiven).breaches == ("SO10",)
    assert clinic.refused(clinic.saw_given, "d1", by=BO) == {"SO01"}
    assert clinic.refused(clinic.saw_given, "d1", by=ANA) == set()


def test_refuses_to_have_seen_another_report_as_the_patient_or_without_a_role(clinic: ToldDoses) -> None:
    clinic.handed_over()
    clinic.give("d1", 100)
    clinic.patient_person = BO
    nobody = acting(BO, frozenset({Role.AUDITOR}))
    with pytest.raises(Refused) as refusal:
        decide.decide_given_verified(
            clinic.facts, clinic.doses["d1"], nobody, VerifyGiven(DoseId("d1"), b"x" * 32)
        )
    assert rules(refusal.value.findings) == {"SO03", "SO04", "SO11"}


def test_a_dose_nobody_verified_may_be_seen_given_by_any_other(clinic: ToldDoses) -> None:
    clinic.prepared()
    clinic.give("d1", 100)
    assert clinic.refused(clinic.saw_given, "d1", by=CY) == set()


@pytest.mark.parametrize(
    ("number", "left", "waived"), [(None, 0, False), (0, 0, False), (1, 0, True), (1, 1, False)]
)
def test_boundary_only_the_pack_waives_it_and_only_for_a_dose_given_whole(
    clinic: ToldDoses, number: int | None, left: int, waived: bool
) -> None:
    clinic.handed_over()
    clinic.pack = pack() if number is None else pack(given_needs_verifier_unless_whole=number)
    clinic.give("d1", 100 - left, left)
    assert clinic.doses["d1"].verifier_waived is waived
    assert clinic.doses["d1"].awaits_second is not waived


# --- left over ----------------------------------------------------------------------------------


def test_boundary_what_is_accounted_for_is_never_more_than_is_open(clinic: ToldDoses) -> None:
    clinic.handed_over()
    assert clinic.refused(clinic.account, "d1", 101) == {"AD44"}
    assert clinic.refused(clinic.account, "d1", 0) == {"AD44"}
    assert clinic.refused(clinic.account, "d1", 99, Whereabouts.SPILLED) == set()
    assert clinic.refused(clinic.account, "d1", 2) == {"AD44"}
    assert clinic.refused(clinic.account, "d1", 1) == set()
    assert clinic.refused(clinic.account, "d1", 1) == {"AD44"}


def test_refuses_to_account_for_what_was_never_drawn(clinic: ToldDoses) -> None:
    clinic.permit("d1", of_vial(100))
    assert clinic.refused(clinic.account, "d1", 1) == {"AD44"}


def test_after_verification_lapsed_the_whole_amount_is_accounted_for(clinic: ToldDoses) -> None:
    clinic.product = AMPOULE
    clinic.prescribe(step())
    clinic.permit("d1", whole("a001"), mass=mg(85))
    clinic.prepare("d1")
    clinic.pass_time(minutes=31)
    assert clinic.refused(clinic.verify, "d1") == {"AD39"}
    clinic.confirm(clinic.account("d1", 85))
    assert (clinic.doses["d1"].stage, open_mass(clinic.doses["d1"])) == (Stage.PREPARED, mg(15))
    clinic.confirm(clinic.account("d1", 15))
    assert clinic.doses["d1"].stage is Stage.CLOSED
