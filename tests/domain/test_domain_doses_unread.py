"""A dose nobody has verified: what its performer hears, what everybody else does, and SO14."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hat_clinic.domain.doses import AccountRemainder, Dose, GiveDose, Stage, assess, decide, evolve_dose
from hat_clinic.domain.doses.facts import Acting
from hat_clinic.domain.doses.hidden import hidden_from
from hat_clinic.domain.doses.permit_rules import over_the_day
from hat_clinic.domain.doses.signoff_rules import reported_before
from hat_clinic.domain.entries import Recorded
from hat_clinic.domain.entries.system import ActRefused
from hat_clinic.vocabulary.errors import Refused
from hat_clinic.vocabulary.ids import PersonId
from hat_clinic.vocabulary.terms import LossReason, Whereabouts
from tests.domain.told_doses import INCIDENT, ToldDoses, acting, of_vial, rules
from tests.domain.told_stock import ANA, BO, CY, mg


@pytest.fixture
def clinic() -> ToldDoses:
    told = ToldDoses.at_noon()
    told.permit("d1", of_vial(100))
    told.prepare("d1")
    return told


def giving(clinic: ToldDoses, given: int) -> GiveDose:
    return GiveDose(clinic.doses["d1"].dose, mg(given), mg(0), clinic.moment, INCIDENT)


def accounting(clinic: ToldDoses, mass: int) -> AccountRemainder:
    where, why = Whereabouts.WASTED, LossReason.DROPPED
    return AccountRemainder(clinic.doses["d1"].dose, where, mg(mass), clinic.moment, why, INCIDENT)


def after_refusal(clinic: ToldDoses, act: str, person: PersonId, dose: str = "d1") -> Dose:
    entry = ActRefused(act, ("AD44",), None, clinic.doses[dose].dose)
    told = Recorded(
        900, clinic.moment, "act-refused", "r", person, "machine", "t1", b"p" * 32, b"r" * 32, entry
    )
    found = evolve_dose(clinic.doses["d1"], told)
    assert found is not None
    return found


def so14(dose: Dose, who: Acting) -> set[str]:
    return rules(reported_before(dose, who))


@pytest.mark.parametrize("stage", list(Stage))
def test_a_dose_is_hidden_from_everybody_but_its_performer_until_it_is_read(
    clinic: ToldDoses, stage: Stage
) -> None:
    dose = replace(clinic.doses["d1"], stage=stage)
    assert hidden_from(dose, BO) is (stage in (Stage.PERMITTED, Stage.PREPARED))
    assert not hidden_from(dose, ANA)


@pytest.mark.parametrize("given", [1, 100, 101])
def test_allows_anybody_a_draft_whatever_its_sum(clinic: ToldDoses, given: int) -> None:
    facts, dose, at = clinic.facts, clinic.doses["d1"], clinic.moment
    drafted = decide.draft_given(facts, dose, acting(BO), giving(clinic, given), at)
    assert (drafted.given, drafted.breaches) == (mg(given), ("SO10", "AD43"))
    part = decide.draft_remainder(facts, dose, acting(BO), accounting(clinic, given), at)
    assert (part.mass, part.breaches) == (mg(given), ("SO10",))


def test_refuses_a_wrong_sum_ad44_without_a_figure_but_to_its_performer(clinic: ToldDoses) -> None:
    facts, dose, at = clinic.facts, clinic.doses["d1"], clinic.moment
    told = {}
    for person in (ANA, BO):
        with pytest.raises(Refused) as given:
            decide.decide_given(facts, dose, acting(person), giving(clinic, 99), at)
        with pytest.raises(Refused) as left:
            decide.decide_remainder(facts, dose, acting(person), accounting(clinic, 101), at)
        assert rules((*given.value.findings, *left.value.findings)) == {"AD44"}
        told[person] = given.value.findings[0].words + left.value.findings[0].words
    assert told[ANA].count("100 mg") == 2
    assert not any(each.isdigit() for each in told[BO])


def test_boundary_the_performer_hears_of_a_wrong_sum_before_signing(clinic: ToldDoses) -> None:
    facts, dose, at = clinic.facts, clinic.doses["d1"], clinic.moment
    with pytest.raises(Refused):
        decide.draft_given(facts, dose, acting(ANA), giving(clinic, 99), at)
    with pytest.raises(Refused):
        decide.draft_remainder(facts, dose, acting(ANA), accounting(clinic, 101), at)


def test_refuses_so14_who_was_refused_a_report_and_allows_everybody_else(clinic: ToldDoses) -> None:
    for act in ("give-dose", "account-remainder", "correct-line"):
        dose = after_refusal(clinic, act, BO)
        assert dose.refused == (BO,)
        assert so14(dose, acting(BO)) == {"SO14"}
        assert so14(dose, acting(CY)) == set()
    assert after_refusal(clinic, "hand-over-dose", BO).refused is None


def test_refuses_so14_who_has_a_report_before_them(clinic: ToldDoses) -> None:
    dose = clinic.doses["d1"]
    assert so14(dose, replace(acting(BO), has_report=True)) == {"SO14"}
    assert so14(dose, acting(BO)) == set()


def test_boundary_a_refusal_is_remembered_once_and_of_its_own_dose_only(clinic: ToldDoses) -> None:
    clinic.doses["d1"] = after_refusal(clinic, "give-dose", BO)
    assert after_refusal(clinic, "give-dose", BO).refused == (BO,)
    other = replace(clinic.doses["d1"], dose=type(clinic.doses["d1"].dose)("d2"))
    clinic.doses["d2"] = other
    assert after_refusal(clinic, "give-dose", CY, "d2").refused == (BO,)


def test_whoever_may_not_know_the_dose_hears_no_rule_about_how_much_it_is(clinic: ToldDoses) -> None:
    facts, dose, at = clinic.facts, clinic.doses["d1"], clinic.moment
    assert rules(assess.assess_prepare(facts, dose, acting(BO), at)) == {"AD37", "AD38"}
    assert rules(assess.assess_hand_over(facts, dose, acting(BO), at)) == {"AD40", "SO09"}


def test_the_day_leaves_out_what_the_asker_may_not_know_ad30(clinic: ToldDoses) -> None:
    dose = clinic.doses["d1"]
    wanted = assess.wanted_of_dose(replace(dose, dose=type(dose.dose)("d2"), mass=mg(550)), clinic.facts)
    (told,) = over_the_day(clinic.facts, wanted, clinic.moment)
    assert "650 mg" in told.words
    assert over_the_day(replace(clinic.facts, unread=frozenset({dose.dose})), wanted, clinic.moment) == ()
