"""What is typed has one reading or is asked for again; what is shown follows the rules of the NHS."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from hat_clinic.client.answers import NoAnswer
from hat_clinic.client.statements import Shown
from hat_clinic.domain.entries.patients import Identifier
from hat_clinic.vocabulary import errors
from hat_clinic.vocabulary.errors import Finding, HatError, Refused, Rejected, Throttled
from hat_clinic.vocabulary.quantities import Expression, Mass, Volume
from hat_clinic.wire.board import ContainerView, ProductView
from hat_clinic.wire.kinds import MassBody, VolumeBody
from tests.client.told_statements import KELLERS
from tui import drawing, shown, typed, words

HYDRATE = Expression.HYDROCHLORIDE_MONOHYDRATE
ZURICH = "Europe/Zurich"


@pytest.mark.parametrize(
    "text, micrograms",
    [
        ("15", 15_000), (" 67.5 ", 67_500), ("0.5", 500), ("1,000", 1_000_000), ("0.005", 5),
        ("10,000.25", 10_000_250), ("0", 0), ("999999", 999_999_000),
    ],
)  # fmt: skip
def test_milligrams_are_read_exactly(text: str, micrograms: int) -> None:
    assert typed.milligrams(text, HYDRATE, "dose") == Mass(micrograms, HYDRATE)


@pytest.mark.parametrize(
    "text", ["", ".5", "5.", "1.2345", "1,00", "15 mg", "-1", "1e3", "１５", "1 000", "10,00,000", "1234567"]
)
def test_what_could_be_read_twice_is_asked_for_again(text: str) -> None:
    with pytest.raises(Rejected) as caught:
        typed.milligrams(text, HYDRATE, "dose")
    assert caught.value.field == "dose"


@pytest.mark.parametrize(
    "now, text, then",
    [
        ("2026-11-23T12:00", "", "2026-11-23T12:00"),
        ("2026-11-23T12:00", "12:59", "2026-11-23T11:59"),
        ("2026-11-23T12:00", "1300", "2026-11-23T12:00"),
        ("2026-11-22T23:10", "23:58", "2026-11-22T22:58"),  # ten past midnight: yesterday's
        ("2026-10-25T00:50", "02:30", "2026-10-25T00:30"),  # the hour that comes twice, the first time
        ("2026-10-25T01:50", "02:30", "2026-10-25T01:30"),  # and the second: the later, so no pause grows
    ],
)
def test_a_time_is_the_latest_that_has_been(now: str, text: str, then: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert typed.ended_at(text, ZURICH, moment, "ended") == datetime.fromisoformat(then).replace(tzinfo=UTC)


@pytest.mark.parametrize("text", ["13:01", "9:05", "24:00", "12:60", "noon", "1 pm"])
def test_a_time_that_has_not_been_or_is_none_is_asked_for_again(text: str) -> None:
    with pytest.raises(Rejected):
        typed.ended_at(text, ZURICH, datetime(2026, 11, 23, 12, 0, tzinfo=UTC), "ended")


def test_choices_are_typed_as_digits() -> None:
    assert typed.choices("21", ("a", "b", "c"), "x") == ("b", "a")
    assert typed.choices("1, 1 3", ("a", "b", "c"), "x") == ("a", "c")
    assert typed.choice("2", ("a", "b"), "x") == "b"
    for wrong in ("", "0", "4", "a", "²"):
        with pytest.raises(Rejected):
            typed.choices(wrong, ("a", "b", "c"), "x")
    with pytest.raises(Rejected):
        typed.choice("12", ("a", "b"), "x")


def test_a_reading_is_whole_or_left_out() -> None:
    assert (typed.reading("", "x"), typed.reading("98", "x")) == (None, 98)
    for wrong in ("9.8", "-1", "1000", "x"):
        with pytest.raises(Rejected):
            typed.reading(wrong, "x")


@pytest.mark.parametrize(
    ("text", "endings"),
    [
        (" ab12 ", ("ab12",)),
        ("0193-58ab12", ("ab12",)),
        ("ab12 CD34", ("ab12", "CD34")),
        ("0193-58ab12, cd34,ef56  ", ("ab12", "cd34", "ef56")),
        ("ab12 ab12", ("ab12", "ab12")),
    ],
)
def test_endings_are_four_characters_of_each_container_typed_or_scanned(
    text: str, endings: tuple[str, ...]
) -> None:
    assert typed.endings(text, "x") == endings


@pytest.mark.parametrize("text", ["", "  ", ",", "b12", "ab12 d34", "ab 12"])
def test_what_is_no_ending_is_asked_for_again(text: str) -> None:
    with pytest.raises(Rejected, match="last 4 characters"):
        typed.endings(text, "x")


# --- drawing ------------------------------------------------------------------------------

AMPOULE = ProductView(
    product="amp", drug="diamorphine", form="powder", strength="100 mg", kind="single_use",
    content=MassBody(of=str(HYDRATE), ug=100_000),
)  # fmt: skip
VIAL = ProductView(
    product="vial", drug="diamorphine", form="solution", strength="100 mg per mL", kind="multi_dose",
    content=MassBody(of=str(HYDRATE), ug=10_000_000), content_volume=VolumeBody(ul=100_000),
    graduation=VolumeBody(ul=10),
)  # fmt: skip
SHELF = [
    ContainerView(container=name, lot="L1", use_by="2027-01-31", opened=False, free=True)
    for name in ("AMP-0001", "AMP-0002", "BOX-10002")
]


def test_containers_are_picked_by_what_is_on_them() -> None:
    assert [one.container for one in drawing.pick("0001, amp-0002", SHELF, "x")] == ["AMP-0001", "AMP-0002"]
    for wrong in ("", "001", "9999", "0002", "0001 9999"):
        with pytest.raises(Rejected):
            drawing.pick(wrong, SHELF, "x")


def test_an_ampoule_is_drawn_whole_and_a_vial_by_volume() -> None:
    mass = Mass.mg(150, HYDRATE)
    drawn = drawing.plan(AMPOULE, SHELF[:2], mass)
    assert [each.mass for each in drawn] == [Mass.mg(100, HYDRATE)] * 2
    (one,) = drawing.plan(VIAL, SHELF[:1], mass)
    assert (one.mass, one.volume) == (mass, Volume(1_500))
    assert one.body["volume"] == {"ul": 1_500}
    with pytest.raises(Rejected, match="one container"):
        drawing.plan(VIAL, SHELF[:2], mass)
    with pytest.raises(Rejected, match="150 mg takes more than 1 of 100 mg"):
        drawing.plan(AMPOULE, SHELF[:1], mass)


# --- shown --------------------------------------------------------------------------------


def test_lines_wrap_and_never_part_a_number_from_its_unit() -> None:
    text = shown.medicine(VIAL, Mass.mg(1_000, HYDRATE), "intravenous")
    for width in range(len("DOSE 1,000 mg"), 120):
        lines = shown.wrapped(text, width).split("\n")
        assert any("DOSE 1,000 mg" in each for each in lines)
        assert " ".join(" ".join(lines).split()) == text.replace(shown.NBSP, " ")
    assert shown.wrapped("aa bb cc", 5, 2) == "aa bb\n  cc"
    assert shown.wrapped("a\n\nb", 0) == "a\n\nb" == shown.wrapped("a\n\nb", 9)


def test_a_choice_never_parts_from_its_digit() -> None:
    text = words.numbered(words.LOSSES)
    for width in range(30, 120):
        assert not re.search(r"\b[0-9]$", shown.wrapped(text, width), re.MULTILINE)


def test_a_birthday_counts_from_the_day_itself() -> None:
    born = date(1980, 2, 29)
    assert [shown.age(born, date(2026, 2, 28)), shown.age(born, date(2026, 3, 1))] == [45, 46]


def test_a_statement_is_shown_whole_with_names_beside_ids() -> None:
    fields = [
        Shown("nonce", "abc"),
        Shown("mass", "15 mg"),
        Shown("draws 1 lot", "L1"),
        Shown("patient", "p1"),
    ]
    judged, rest = shown.statement("dose-prepared", fields, {"p1": "MÜLLERIN, Ana"}, ZURICH)
    assert [re.sub(" {2,}", "  ", each) for each in judged] == [
        "PATIENT  MÜLLERIN, Ana  (p1)",
        "DOSE  15 mg",
        "DRAW 1 lot  L1",
    ]
    assert rest == ["nonce             abc"]
    judged, _ = shown.statement("dose-remainder-accounted", [Shown("reason", "left_in_syringe")], {}, ZURICH)
    assert judged == ["REASON            left in syringe"]
    judged, _ = shown.statement("dose-remainder-accounted", fields, {}, ZURICH)
    assert "HOW MUCH          15 mg" in judged


def test_every_container_that_was_read_is_among_what_is_judged() -> None:
    read = ["container ending", "other container endings 1", "other container endings 2", "relies on 1"]
    fields = [Shown(name, f"V{place}") for place, name in enumerate(read)]
    judged, rest = shown.statement("dose-verified", fields, {}, ZURICH)
    assert judged == ["CONTAINER ENDS    V0", "ANOTHER ENDS      V1", "ANOTHER ENDS      V2"]
    assert rest == ["relies on 1       V3"]


def test_minutes_are_whole() -> None:
    assert shown.minutes_text(timedelta(hours=16, minutes=54, seconds=59)) == "16hr 54min"
    assert shown.minutes_text(timedelta(seconds=59)) == "less than 1min"
    assert shown.minutes_text(timedelta(seconds=-5)) == "less than 1min"


# --- words --------------------------------------------------------------------------------

ALL_ERRORS = [
    each
    for each in (*vars(errors).values(), NoAnswer)
    if isinstance(each, type) and issubclass(each, HatError) and each is not HatError
]


def made(kind: type[HatError]) -> HatError:
    if kind is Refused:
        return Refused((Finding("AD28", "too early", "the label"), Finding("AD30", "too much")))
    if kind is Throttled:
        return Throttled("too many", timedelta(seconds=90))
    return kind("something is so")


@pytest.mark.parametrize("kind", ALL_ERRORS)
def test_every_error_says_what_is_wrong_and_what_next(kind: type[HatError]) -> None:
    lines = words.of_error(made(kind))
    assert lines[0][0] in "■▲"
    assert len(lines) > 1 or kind.__name__ == "NotPermitted"
    assert not any(re.search(r"\b(U|IU|QD|OD|MS|SC|cc|µg)\b", each) for each in lines)


def test_a_refusal_is_told_with_all_its_reasons() -> None:
    told = "\n".join(words.of_error(made(Refused)))
    assert "Too early  [AD28]  (the label)" in told and "Too much  [AD30]" in told


def test_nothing_that_is_shown_can_draw_on_the_screen() -> None:
    numbers = (Identifier("a\u202eb", "7\n5"),)
    who = replace(KELLERS, family="Kel\nler", given="A\x1b[1Ana", identifiers=numbers)
    assert shown.name_of(who) == "KEL\\x0aLER, A\\x1b[1Ana"
    text = shown.banner(who, date(2026, 11, 23))
    assert "\n" not in text and "a\\u202eb" in text and "7\\x0a5" in text
    assert shown.printing(f"two\nlines, 5{shown.NBSP}mg\x07") == f"two\nlines, 5{shown.NBSP}mg\\x07"
