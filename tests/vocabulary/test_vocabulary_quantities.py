"""The algebra of masses and volumes: exact, one expression at a time, never below zero."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hat_clinic.vocabulary.errors import HatError
from hat_clinic.vocabulary.quantities import (
    LARGEST,
    Expression,
    LabelledRatio,
    Mass,
    Measured,
    MixedExpressions,
    Strength,
    Volume,
    mass_text,
    volume_text,
)

HCL = Expression.HYDROCHLORIDE_MONOHYDRATE
ANHYDROUS = Expression.ANHYDROUS_HYDROCHLORIDE
BASE = Expression.BASE

micrograms = st.integers(0, 10**12)
masses = st.builds(Mass, micrograms, st.just(HCL))
volumes = st.builds(Volume, st.integers(0, 10**9))
strengths = st.builds(
    Strength,
    st.builds(Mass, st.integers(1, 10**9), st.just(HCL)),
    st.builds(Volume, st.integers(1, 10**7)),
)
INJECTION_LABEL = LabelledRatio(Mass.mg(10_000, HCL), Mass.mg(8_710, BASE))
TABLET_LABEL = LabelledRatio(Mass.mg(200, ANHYDROUS), Mass.mg(182, BASE))


@given(masses, masses, masses)
def test_masses_add_like_integers(a: Mass, b: Mass, c: Mass) -> None:
    assert (a + b) + c == a + (b + c)
    assert a + b == b + a
    assert a + Mass.zero(HCL) == a
    assert (a + b) - b == a
    assert a + a + a == a * 3


@given(masses, masses)
def test_masses_are_ordered_like_integers(a: Mass, b: Mass) -> None:
    assert (a < b, a <= b, a > b, a >= b) == (
        a.micrograms < b.micrograms,
        a.micrograms <= b.micrograms,
        a.micrograms > b.micrograms,
        a.micrograms >= b.micrograms,
    )
    assert max(a, b) >= min(a, b)
    assert sum([a, b], Mass.zero(HCL)) == a + b


@pytest.mark.parametrize(
    "act", [operator.add, operator.sub, operator.lt, operator.le, operator.gt, operator.ge]
)
def test_refuses_two_expressions_in_one_act(act: Callable[[Any, Any], Any]) -> None:
    with pytest.raises(MixedExpressions) as caught:
        act(Mass.mg(100, HCL), Mass.mg(100, BASE))
    assert isinstance(caught.value, ValueError)
    assert not isinstance(caught.value, HatError)
    assert (caught.value.left, caught.value.right) == (HCL, BASE)


def test_equal_numbers_of_two_expressions_are_unequal() -> None:
    assert Mass.mg(100, HCL) != Mass.mg(100, BASE)
    assert len({Mass.mg(100, HCL), Mass.mg(100, BASE), Mass(100_000, HCL)}) == 2


@pytest.mark.parametrize(
    "act", [operator.add, operator.sub, operator.lt, operator.le, operator.gt, operator.ge]
)
@pytest.mark.parametrize("other", [5, "5 mg", None, Volume(5)])
def test_a_mass_meets_only_a_mass(act: Callable[[Any, Any], Any], other: object) -> None:
    with pytest.raises(TypeError):
        act(Mass.mg(5, HCL), other)


def test_refuses_a_mass_below_zero() -> None:
    assert (Mass(5, HCL) - Mass(5, HCL)).is_zero
    with pytest.raises(ValueError, match="outside 0"):
        Mass(5, HCL) - Mass(6, HCL)
    with pytest.raises(ValueError, match="outside 0"):
        Mass(-1, HCL)
    with pytest.raises(ValueError, match="outside 0"):
        Mass(5, HCL) * -1
    with pytest.raises(ValueError, match="outside 0"):
        Volume(5) - Volume(6)


def test_refuses_what_the_stored_json_could_not_carry() -> None:
    assert Mass(LARGEST, HCL).micrograms == LARGEST
    with pytest.raises(ValueError, match="outside 0"):
        Mass(LARGEST, HCL) + Mass(1, HCL)


@pytest.mark.parametrize("number", [1.0, True, "1", None])
def test_refuses_a_count_that_is_no_integer(number: Any) -> None:
    with pytest.raises(TypeError):
        Mass(number, HCL)
    with pytest.raises(TypeError):
        Volume(number)
    with pytest.raises(TypeError):
        Mass.mg(number, HCL)


def test_refuses_a_mass_without_expression() -> None:
    with pytest.raises(TypeError, match="names its expression"):
        Mass(1, "base")  # type: ignore[arg-type]


def test_refuses_a_quantity_as_a_truth_value() -> None:
    with pytest.raises(TypeError, match="truth value"):
        bool(Mass.mg(1, HCL))
    with pytest.raises(TypeError, match="truth value"):
        bool(Volume(1))


@pytest.mark.parametrize(
    ("limit_ug", "expected"),
    [
        (67_500, Measured(Volume(670), Mass.mg(67, HCL), Mass(500, HCL))),
        (33_300, Measured(Volume(330), Mass.mg(33, HCL), Mass(300, HCL))),
        (185_000, Measured(Volume(1_850), Mass.mg(185, HCL), Mass.zero(HCL))),
        (10_000, Measured(Volume(100), Mass.mg(10, HCL), Mass.zero(HCL))),
        (1_000_000, Measured(Volume(10_000), Mass.mg(1_000, HCL), Mass.zero(HCL))),
        (999, Measured(Volume(0), Mass.zero(HCL), Mass(999, HCL))),
    ],
)
def test_measures_at_100_mg_in_1_ml(limit_ug: int, expected: Measured) -> None:
    strength = Strength(Mass.mg(100, HCL), Volume(1_000))
    assert strength.measure(Mass(limit_ug, HCL), Volume(10)) == expected


@given(strengths, masses, st.builds(Volume, st.integers(1, 10_000)))
def test_measures_the_largest_volume_not_above_the_limit(s: Strength, limit: Mass, mark: Volume) -> None:
    exact = Fraction(s.mass.micrograms, s.volume.microlitres)
    if limit.micrograms / exact > LARGEST:
        return
    got = s.measure(limit, mark)
    assert got.volume.microlitres % mark.microlitres == 0
    assert exact * got.volume.microlitres <= limit.micrograms
    assert exact * (got.volume + mark).microlitres > limit.micrograms
    assert got.mass + got.shortfall == limit
    assert got.mass == s.mass_in(got.volume).mass


@given(strengths, st.builds(Volume, st.integers(0, 10**6)))
def test_a_split_tells_exactly_what_it_lost(s: Strength, volume: Volume) -> None:
    split = s.mass_in(volume)
    lost = Fraction(split.lost_numerator, split.denominator)
    assert 0 <= lost < 1
    assert split.mass.micrograms + lost == Fraction(
        s.mass.micrograms * volume.microlitres, s.volume.microlitres
    )


def test_measuring_refuses_another_expression_and_no_graduation() -> None:
    strength = Strength(Mass.mg(100, HCL), Volume(1_000))
    with pytest.raises(MixedExpressions):
        strength.measure(Mass.mg(10, BASE), Volume(10))
    with pytest.raises(ValueError, match="graduated"):
        strength.measure(Mass.mg(10, HCL), Volume(0))


@pytest.mark.parametrize(("mass", "volume"), [(0, 1), (1, 0)])
def test_refuses_an_empty_strength(mass: int, volume: int) -> None:
    with pytest.raises(ValueError, match="some drug in some liquid"):
        Strength(Mass(mass, HCL), Volume(volume))


def test_converts_by_the_label_and_tells_the_loss() -> None:
    assert INJECTION_LABEL.convert(Mass.mg(10_000, HCL)).mass == Mass.mg(8_710, BASE)
    assert TABLET_LABEL.convert(Mass.mg(200, ANHYDROUS)).mass == Mass.mg(182, BASE)
    one = INJECTION_LABEL.convert(Mass(1, HCL))
    assert one.mass.is_zero
    assert Fraction(one.lost_numerator, one.denominator) == Fraction(871, 1000)


@given(masses)
def test_a_conversion_loses_less_than_a_microgram_and_says_it(mass: Mass) -> None:
    got = INJECTION_LABEL.convert(mass)
    lost = Fraction(got.lost_numerator, got.denominator)
    assert 0 <= lost < 1
    assert got.mass.expression is BASE
    assert got.mass.micrograms + lost == Fraction(mass.micrograms * 871, 1000)


def test_refuses_to_convert_what_was_converted() -> None:
    back = LabelledRatio(Mass.mg(182, BASE), Mass.mg(200, ANHYDROUS))
    with pytest.raises(TypeError, match="only once"):
        back.convert(INJECTION_LABEL.convert(Mass.mg(100, HCL)))  # type: ignore[arg-type]


def test_refuses_the_label_of_another_product() -> None:
    with pytest.raises(MixedExpressions):
        TABLET_LABEL.convert(Mass.mg(100, HCL))


def test_refuses_a_ratio_of_nothing_or_within_one_expression() -> None:
    with pytest.raises(ValueError, match="more than nothing"):
        LabelledRatio(Mass.zero(HCL), Mass.mg(1, BASE))
    with pytest.raises(ValueError, match="one expression to another"):
        LabelledRatio(Mass.mg(1, BASE), Mass.mg(1, BASE))


def test_percent_follows_the_published_titration_steps() -> None:
    # 90 mg on day 1: half of the day before, three times a day, until day 5.
    singles = []
    total = Mass.mg(90, HCL)
    for _ in range(4):
        half = total.percent(50)
        assert half.lost_numerator == 0
        singles.append(mass_text(half.mass))
        total = half.mass * 3
    assert singles == ["45 mg", "67.5 mg", "101.25 mg", "151.875 mg"]
    assert mass_text(total) == "455.625 mg"


@given(masses, st.integers(0, 300))
def test_percent_tells_exactly_what_it_lost(mass: Mass, per_hundred: int) -> None:
    got = mass.percent(per_hundred)
    assert got.mass.micrograms * 100 + got.lost_numerator == mass.micrograms * per_hundred
    assert 0 <= got.lost_numerator < got.denominator == 100


@pytest.mark.parametrize(
    ("ug", "text"),
    [
        (0, "0 mg"),
        (500, "0.5 mg"),
        (1, "0.001 mg"),
        (67_500, "67.5 mg"),
        (100_000, "100 mg"),
        (999_999, "999.999 mg"),
        (1_000_000, "1,000 mg"),
        (1_250_050, "1,250.05 mg"),
        (10_000_000_000, "10,000,000 mg"),
    ],
)
def test_mass_text(ug: int, text: str) -> None:
    assert mass_text(Mass(ug, HCL)) == text


def test_volume_text() -> None:
    assert [volume_text(Volume(ul)) for ul in (670, 1_850, 10_000, 5)] == [
        "0.67 mL",
        "1.85 mL",
        "10 mL",
        "0.005 mL",
    ]


@given(masses)
def test_mass_text_never_misleads(mass: Mass) -> None:
    text = mass_text(mass)
    assert not re.search(r"(?<!\d)\.\d|\d\.\d*0\b", text)
    assert re.fullmatch(r"\d{1,3}(,\d{3})*(\.\d{1,3})? mg", text)
    assert Fraction(text.removesuffix(" mg").replace(",", "")) * 1000 == mass.micrograms
