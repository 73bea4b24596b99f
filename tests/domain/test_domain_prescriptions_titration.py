"""Titration by the Swissmedic-approved text of Diaphin i.v., as the shipped pack has it.

Day one: 15 mg, a further 15 mg at once, then up to 30 mg, half an hour apart. After more than two
injections the next day's largest dose is half of the day's total: from 90 mg 45, 67.5, 101.25 mg.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from hat_clinic.domain.entries.packs import PackValue
from hat_clinic.domain.packs import Pack
from hat_clinic.domain.prescriptions import (
    Circumstances,
    RecentDoses,
    assess_prescription,
    notes_on_prescription,
    single_limit,
)
from hat_clinic.vocabulary.quantities import Expression, Mass
from hat_clinic.vocabulary.terms import Route
from tests.domain.prescribing import (
    AROUND,
    BASE,
    DAY,
    DIAPHIN,
    HCL,
    HOUR,
    NEVER,
    NINE,
    PACK,
    STEADY,
    mg,
    rules,
    signing,
    step,
    with_values,
    without_value,
)

EVENING = datetime(2026, 11, 23, 22, tzinfo=UTC)
DAY_ENDS = datetime(2026, 11, 24, 5, tzinfo=UTC)
"""Six in the morning in Zurich, when this clinic's day ends."""
NEWLY = replace(AROUND, recent=NEVER)
TEN_PAST = NINE + timedelta(minutes=10)
AT_ONCE = step(15, 30, 0, NINE, TEN_PAST)
REST_OF_DAY = step(30, 180, 30, TEN_PAST, EVENING)
OWN_NOTES = ("the adopted pack does not say whether a licence is required: none was looked for",)


def after(total_ug: int, injections: int, largest_ug: int | None = None) -> Circumstances:
    """Day two: so much the day before, in so many injections, the largest of so much."""
    largest = None if largest_ug is None else Mass(largest_ug, HCL)
    return replace(AROUND, recent=RecentDoses(Mass(total_ug, HCL), injections, 0, largest))


def single(micrograms: int, around: Circumstances) -> list[str]:
    """The rules against a day with this largest single mass."""
    wanted = replace(step(), largest_single=Mass(micrograms, HCL), daily_maximum=mg(1000))
    return rules(signing(wanted), around)


def test_allows_the_first_day_of_the_label() -> None:
    assert rules(signing(AT_ONCE, REST_OF_DAY), NEWLY) == []


@pytest.mark.parametrize("micrograms, wanted", [(15_000, []), (15_001, ["TI01"]), (20_000, ["TI01"])])
def test_boundary_TI01_the_first_dose(micrograms: int, wanted: list[str]) -> None:
    first = replace(AT_ONCE, largest_single=Mass(micrograms, HCL), earliest_after_previous=30)
    assert rules(signing(first, REST_OF_DAY), NEWLY) == wanted


@pytest.mark.parametrize("micrograms, wanted", [(30_000, []), (30_001, ["TI02"])])
def test_boundary_TI02_later_on_the_first_day(micrograms: int, wanted: list[str]) -> None:
    later = replace(REST_OF_DAY, largest_single=Mass(micrograms, HCL))
    assert rules(signing(AT_ONCE, later), NEWLY) == wanted


@pytest.mark.parametrize("micrograms, wanted", [(30_000, []), (30_001, ["TI02"])])
def test_boundary_TI02_signed_anew_during_the_first_day(micrograms: int, wanted: list[str]) -> None:
    around = replace(AROUND, recent=RecentDoses(None, 0, 2, mg(15)))
    assert rules(signing(replace(REST_OF_DAY, largest_single=Mass(micrograms, HCL))), around) == wanted


def test_refuses_TI02_the_same_evening_and_calls_it_another_day_in_the_morning() -> None:
    """The clinic's day ends at six, not at midnight."""
    late = step(100, 300, 30, DAY_ENDS - timedelta(hours=4), DAY_ENDS)
    assert rules(signing(AT_ONCE, late), NEWLY) == ["TI02"]
    assert rules(signing(AT_ONCE, replace(late, starts=DAY_ENDS, ends=DAY_ENDS + DAY)), NEWLY) == ["TI06"]


@pytest.mark.parametrize("gap, wanted", [(30, []), (29, ["TI03"]), (0, ["TI03"])])
def test_boundary_TI03_half_an_hour(gap: int, wanted: list[str]) -> None:
    later = replace(REST_OF_DAY, earliest_after_previous=gap)
    assert rules(signing(AT_ONCE, later), NEWLY) == wanted
    assert rules(signing(step(gap=gap)), AROUND) == wanted


def test_boundary_TI03_at_once_only_within_first_dose_and_repeat() -> None:
    table = [
        (AT_ONCE, []),
        (replace(AT_ONCE, daily_maximum=Mass(30_001, HCL)), ["TI03"]),
        (replace(AT_ONCE, ends=DAY_ENDS), []),
        (replace(AT_ONCE, ends=DAY_ENDS + HOUR), ["TI03"]),
        (replace(AT_ONCE, earliest_after_previous=29), []),
    ]
    assert [rules(signing(each), NEWLY) for each, _ in table] == [wanted for _, wanted in table]


def test_refuses_TI03_at_once_on_a_later_day() -> None:
    tomorrow = step(15, 30, 0, DAY_ENDS, DAY_ENDS + HOUR)
    assert rules(signing(AT_ONCE, tomorrow), NEWLY) == ["TI03"]
    assert rules(signing(AT_ONCE), after(90_000, 4)) == ["TI03"]


@pytest.mark.parametrize("name", ["titration_first_single", "titration_repeat_at_once"])
def test_refuses_TI03_at_once_when_the_pack_does_not_allow_it(name: str) -> None:
    assert rules(signing(AT_ONCE), replace(NEWLY, pack=without_value(name))) == ["TI03"]


@pytest.mark.parametrize(
    "yesterday, largest_allowed",
    [(90_000, 45_000), (135_000, 67_500), (202_500, 101_250), (303_750, 151_875), (3, 1)],
)
def test_boundary_TI04_half_of_what_was_given(yesterday: int, largest_allowed: int) -> None:
    around = after(yesterday, 3)
    assert single(largest_allowed, around) == []
    assert single(largest_allowed + 1, around) == ["TI04"]


def test_refuses_TI04_46_mg_after_90() -> None:
    assert single(46_000, after(90_000, 4)) == ["TI04"]


def test_boundary_TI04_more_than_two_injections() -> None:
    assert single(60_000, after(90_000, 3, 60_000)) == ["TI04"]
    assert single(60_000, after(90_000, 2, 60_000)) == []


@pytest.mark.parametrize("injections", [1, 2])
@pytest.mark.parametrize("micrograms, wanted", [(90_000, []), (90_001, ["TI05"]), (90_600, ["TI05"])])
def test_boundary_TI05_half_as_much_again(injections: int, micrograms: int, wanted: list[str]) -> None:
    assert single(micrograms, after(120_000, injections, 60_000)) == wanted


def test_a_day_without_doses_sets_no_limit_but_is_said() -> None:
    around = after(0, 0)
    assert single(500_000, around) == []
    assert any("tolerance may be lost" in note for note in notes_on_prescription(around, signing(), NINE))


def test_boundary_TI06_the_days_after_as_if_all_were_given() -> None:
    first = step(45, 90, 30, NINE, DAY_ENDS)
    several = replace(first, largest_single=mg(30))
    for before, most in ((several, 45_000), (first, 67_500)):
        later = replace(step(200, 600, 30, DAY_ENDS, DAY_ENDS + DAY), largest_single=Mass(most, HCL))
        around = after(90_000, 4)
        assert rules(signing(before, later), around) == []
        assert rules(signing(before, replace(later, largest_single=Mass(most + 1, HCL))), around) == ["TI06"]


def test_refuses_TI07_what_cannot_be_compared() -> None:
    assert rules(around=replace(AROUND, pack=replace(PACK, expression=BASE))) == ["TI07"]
    assert rules(around=replace(AROUND, pack=replace(PACK, expression=None))) == ["TI07"]


def test_refuses_a_limit_in_a_unit_nobody_can_read() -> None:
    pack = with_values(PackValue("titration_first_single", 15, "drops", "made up", True))
    assert "TI01" in rules(signing(AT_ONCE), replace(NEWLY, pack=pack))


def test_refuses_with_every_reason_of_titration_at_once() -> None:
    steps = (
        step(20, 100, 0, NINE, TEN_PAST),
        step(40, 100, 10, TEN_PAST, EVENING),
        step(300, 600, 30, DAY_ENDS, DAY_ENDS + DAY),
    )
    findings = assess_prescription(NEWLY, signing(*steps), NINE)
    assert [each.rule for each in findings] == ["TI01", "TI03", "TI02", "TI03", "TI06"]
    assert all("Swissmedic" in each.source for each in findings)


@pytest.mark.parametrize(
    "name, around, command",
    [
        ("titration_first_single", NEWLY, signing(step(500, 500, 30, NINE, EVENING))),
        ("titration_first_day_single", NEWLY, signing(AT_ONCE, step(500, 500, 30, TEN_PAST, EVENING))),
        ("titration_next_day_share", after(90_000, 3), signing(step(500, 500))),
        ("titration_two_a_day_rise", after(90_000, 2, 45_000), signing(step(500, 500))),
        ("minimum_gap", AROUND, signing(step(gap=1))),
    ],
)
def test_a_missing_number_is_never_guessed_and_always_said(
    name: str, around: Circumstances, command: object
) -> None:
    assert rules(command, around) != []  # type: ignore[arg-type]
    lacking = replace(around, pack=without_value(name))
    assert rules(command, lacking) == []  # type: ignore[arg-type]
    notes = notes_on_prescription(lacking, signing(), NINE)
    assert sum("this was not checked" in note for note in notes) == 1


def test_without_its_own_gap_the_first_day_has_that_of_every_day() -> None:
    around = replace(NEWLY, pack=without_value("titration_first_day_gap"))
    assert rules(signing(AT_ONCE, replace(REST_OF_DAY, earliest_after_previous=29)), around) == ["TI03"]


def test_other_routes_are_not_checked_and_this_is_said() -> None:
    command = replace(signing(step(500, 500, 0)), route=Route.INTRAMUSCULAR)
    assert rules(command, NEWLY) == []
    assert any("intravenous" in note for note in notes_on_prescription(NEWLY, command, NINE))


def test_a_mass_in_another_expression_is_refused_once_and_not_compared() -> None:
    strange = replace(step(), largest_single=Mass.mg(1, BASE))
    assert rules(signing(strange), NEWLY) == ["RX05"]


def test_notes_on_a_plain_day_and_on_a_high_one() -> None:
    assert notes_on_prescription(AROUND, signing(step(200, 600)), NINE) == OWN_NOTES
    high = notes_on_prescription(AROUND, signing(step(200, 601)), NINE)
    assert len(high) == 2 and "600 mg a day" in " ".join(high)


def test_notes_say_that_later_days_are_judged_again() -> None:
    later = step(200, 600, 30, DAY_ENDS + DAY, DAY_ENDS + 2 * DAY)
    notes = notes_on_prescription(AROUND, signing(step(), later), NINE)
    assert any("judged again" in note for note in notes)


LIMITS: list[tuple[RecentDoses, Pack, tuple[str, int] | None]] = [
    (NEVER, PACK, ("TI01", 15_000)),
    (RecentDoses(None, 0, 1, mg(15)), PACK, ("TI02", 30_000)),
    (RecentDoses(mg(90), 3, 2, mg(30)), PACK, ("TI04", 45_000)),
    (RecentDoses(mg(90), 2, 0, mg(60)), PACK, ("TI05", 90_000)),
    (RecentDoses(mg(0), 0, 0), PACK, None),
    (STEADY, without_value("titration_next_day_share"), None),
]


@pytest.mark.parametrize("recent, pack, wanted", LIMITS)
def test_the_limit_of_one_dose(recent: RecentDoses, pack: Pack, wanted: tuple[str, int] | None) -> None:
    limit = single_limit(pack, recent)
    assert (limit and (limit.rule, limit.mass.micrograms)) == wanted
    if limit is not None:
        assert limit.findings(limit.mass) == ()
        (finding,) = limit.findings(limit.mass + Mass(1, Expression.HYDROCHLORIDE_MONOHYDRATE))
        assert finding.rule == limit.rule and finding.source == limit.source


def test_the_product_of_these_tests_is_the_packs() -> None:
    assert DIAPHIN.content.expression is PACK.expression
