"""One request id, sixteen client processes at once: it is decided once, whoever else sends it."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from hat_clinic.ledger.dsse import make_envelope
from hat_clinic.security.signing import SigningKey
from hat_clinic.store.engine import Place
from tests.races.course import RACERS, Answer, Course, opened, permit_body
from tests.races.processes import Process

ROUNDS = 10
Tell = Callable[[str], None]

pytestmark = [pytest.mark.durable, pytest.mark.timeout(300)]


def at_once(course: Course, path: str, body: Any, request: str | None) -> list[Answer]:
    """The same from the same person and terminal, out of every process."""
    seat = course.seats[0]
    found = course.race([course.task(seat, each, path, body, request) for each in range(RACERS)])
    return [answers[0] for answers in found]


def require_one_decision(answers: list[Answer]) -> None:
    """Everybody was told of the same entries, and all but one that it was decided before."""
    assert {each["status"] for each in answers} == {201}, [each["body"] for each in answers]
    told = {(each["body"]["first_seq"], str(each["body"]["entries"])) for each in answers}
    assert len(told) == 1
    assert sum(not each["replayed"] for each in answers) == 1


def signed(course: Course, statement: Answer) -> dict[str, str]:
    key = SigningKey.from_seed(bytes.fromhex(course.seats[0].seed))
    payload = b64decode(statement["payload"])
    envelope = make_envelope(statement["payload_type"], payload, key.key_id, key.sign)
    return {"envelope": b64encode(envelope).decode()}


def one_person_everywhere(course: Course, about: dict[str, str]) -> None:
    """A permit, a statement and a signature, each sent from every process: one decision each."""
    answers = at_once(course, "/permit-dose", permit_body(about, about["container"]), course.ids.uuid7())
    require_one_decision(answers)
    assert [each.tag for each in course.new_entries()] == ["dose-permitted"]
    dose = {"dose": answers[0]["body"]["made"]["dose"]}
    drawn = at_once(course, "/prepare-dose/statement", dose, course.ids.uuid7())
    assert {each["status"] for each in drawn} == {200}
    assert len({each["body"]["payload"] for each in drawn}) == 1
    assert course.new_entries() == []
    path = f"/statements/{drawn[0]['body']['statement']}/signature"
    require_one_decision(at_once(course, path, signed(course, drawn[0]["body"]), None))
    assert [each.tag for each in course.new_entries()] == ["dose-prepared"]


def sixteen_seats(course: Course, about: dict[str, str]) -> None:
    """The request is the first seat's; the others are refused under request ids of their own."""
    request, body = course.ids.uuid7(), permit_body(about, about["container"])
    tasks = [
        course.task(seat, number, "/permit-dose", body, request) for number, seat in enumerate(course.seats)
    ]
    answers = [each[0] for each in course.race(tasks)]
    assert Counter(each["status"] for each in answers) == {201: 1, 403: RACERS - 1}
    for each in answers:
        if each["status"] == 403:
            assert [one["rule"] for one in each["body"]["findings"]] == ["SO41"]
    entries = course.new_entries()
    assert Counter(each.tag for each in entries) == {"dose-permitted": 1, "act-refused": RACERS - 1}
    for entry in entries:
        assert (entry.request == request) == (entry.tag == "dose-permitted")
        assert entry.tag == "dose-permitted" or entry.body["rules"] == ["SO41"]


def sixteen_bodies(course: Course, about: dict[str, str], spare: list[str]) -> None:
    """The request id stands for the first body; the others clash with it and leave nothing."""
    request, seat = course.ids.uuid7(), course.seats[0]
    tasks = [
        course.task(seat, number, "/permit-dose", permit_body(about, container), request)
        for number, container in enumerate(spare)
    ]
    answers = [each[0] for each in course.race(tasks)]
    assert Counter(each["status"] for each in answers) == {201: 1, 409: RACERS - 1}
    kinds = Counter(each["body"]["type"] for each in answers if each["status"] == 409)
    assert kinds == {"/problems/clash": RACERS - 1}
    (winner,) = (number for number, each in enumerate(answers) if each["status"] == 201)
    del spare[winner]
    (entry,) = course.new_entries()
    assert (entry.tag, entry.body["patient"]) == ("dose-permitted", about["patient"])
    spare.append(about["container"])


def test_a_request_id_is_decided_once(database: Place, racers: list[Process], tell: Tell) -> None:
    with opened(database, racers, 3 * ROUNDS + RACERS) as course:
        for about in course.doses[:ROUNDS]:
            one_person_everywhere(course, about)
        for about in course.doses[ROUNDS : 2 * ROUNDS]:
            sixteen_seats(course, about)
        spare = [each["container"] for each in course.doses[-RACERS:]]
        for about in course.doses[2 * ROUNDS : 3 * ROUNDS]:
            sixteen_bodies(course, about, spare)
        tell(
            f"{ROUNDS} rounds each of one request id from one person's {RACERS} processes, from {RACERS}"
            f" seats (four people, each at four terminals), and with {RACERS} bodies"
        )
