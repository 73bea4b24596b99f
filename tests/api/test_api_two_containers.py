"""A dose out of two containers over HTTP: the second person reads both, and nobody says how many."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.api.raw_hands import ACCEPTED, REFUSED, Hands, hands, mass


@pytest.fixture
def by_hand(engine: Engine) -> Iterator[Hands]:
    with hands(engine) as one:
        yield one


def prepared(by_hand: Hands) -> dict[str, Any]:
    """What reads rightly 15 mg that Nia has drawn, 10 mg out of one vial and 5 mg out of the other."""
    ward = by_hand.ward
    draws = [
        {"container": vial, "lot": "L1", "mass": mass(part), "volume": {"ul": part * 10}}
        for vial, part in zip(ward.vials, (10, 5), strict=True)
    ]
    permitted = by_hand.post(ward.nia, "permit-dose", by_hand.permit_body() | {"draws": draws})
    assert permitted.status_code == ACCEPTED, permitted.text
    dose = permitted.json()["made"]["dose"]
    statement = by_hand.draw(ward.nia, "prepare-dose", {"dose": dose})
    assert by_hand.sign(ward.nia, statement).status_code == ACCEPTED
    return by_hand.reading(dose, statement) | endings(by_hand, 0, 1)


def endings(by_hand: Hands, *read: int | str) -> dict[str, Any]:
    """These of the ward's vials, or this text, as read."""
    first, *others = (
        each if isinstance(each, str) else by_hand.ward.vials[each][-4:] for each in read
    )  # fmt: skip
    return {"container_ending": first} | ({"other_container_endings": others} if others else {})


def one_alone(reading: dict[str, Any]) -> dict[str, Any]:
    """The reading without what was read of the other containers."""
    return {name: value for name, value in reading.items() if name != "other_container_endings"}


@pytest.mark.parametrize("read", [(0, 1), (1, 0)])
def test_both_are_read_in_any_order(by_hand: Hands, read: tuple[int, ...]) -> None:
    ward, told = by_hand.ward, endings(by_hand, *read)
    reading = prepared(by_hand) | told
    answer = by_hand.both(ward.noa, "verify-dose", reading)
    assert answer.status_code == ACCEPTED, answer.text
    tag, body = by_hand.entry(answer.json()["first_seq"])
    assert (tag, body | told) == ("dose-verified", body)
    by_hand.hand_over_and_give(reading["dose"])


@pytest.mark.parametrize(
    "read", [(0,), (1,), (0, 0), (0, "zzzz"), (0, 1, 1), (0, 1, "zzzz")], ids=str
)  # fmt: skip
def test_any_other_reading_kills_the_preparation(by_hand: Hands, read: tuple[int | str, ...]) -> None:
    ward = by_hand.ward
    reading = one_alone(prepared(by_hand)) | endings(by_hand, *read)
    answer = by_hand.both(ward.noa, "verify-dose", reading)
    assert answer.status_code == ACCEPTED, answer.text
    seq = answer.json()["first_seq"]
    assert by_hand.entry(seq)[0] == "dose-mismatched"
    assert by_hand.entry(seq + 1)[1]["rules"] == ["SO08"]
    by_hand.refused(by_hand.post(ward.noa, "verify-dose/statement", reading), "verify-dose", "SO05")
    handed = by_hand.post(ward.nia, "hand-over-dose", {"dose": reading["dose"]})
    assert (handed.status_code, "AD40" in handed.text) == (REFUSED, True)


def test_one_container_read_as_two_kills_the_preparation(by_hand: Hands) -> None:
    reading = by_hand.prepared() | endings(by_hand, 0, 1)
    answer = by_hand.both(by_hand.ward.noa, "verify-dose", reading)
    assert by_hand.entry(answer.json()["first_seq"])[0] == "dose-mismatched"


def test_before_it_is_signed_nothing_answers_to_how_many_were_read(by_hand: Hands) -> None:
    """Each number is drawn alike, so that none can be tried."""
    noa, reading = by_hand.ward.noa, prepared(by_hand)
    answers = set()
    for read in ((0,), (0, 1), (0, 1, 1), ("zzzz",) * 5):
        body = one_alone(reading) | endings(by_hand, *read)
        drawn = by_hand.post(noa, "verify-dose/statement", body)
        answers.add((drawn.status_code, tuple(drawn.json()), drawn.json()["payload_type"]))
    assert len(answers) == 1, answers
    assert by_hand.both(noa, "verify-dose", reading).status_code == ACCEPTED


@pytest.mark.parametrize("others", [[], [""], ["abc"], ["abcde"], ["abcd", "abc"]], ids=str)
def test_an_ending_has_four_characters_and_no_others_are_left_out(by_hand: Hands, others: list[str]) -> None:
    reading = prepared(by_hand)
    answer = by_hand.post(
        by_hand.ward.noa, "verify-dose/statement", reading | {"other_container_endings": others}
    )
    assert answer.status_code == 422
    assert "other_container_endings" in answer.text
    assert by_hand.both(by_hand.ward.noa, "verify-dose", reading).status_code == ACCEPTED
