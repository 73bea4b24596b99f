"""Sixteen client processes, one patient, one vial: whoever is first, and exactly one dose.

On the embedded engine one server process, on PostgreSQL two, both in the application's own role.
"""

from __future__ import annotations

from base64 import b64decode
from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from benchmarks.ward import AMPOULE, SINGLE
from hat_clinic.domain.stock import Container
from hat_clinic.handlers.verdict import Code
from hat_clinic.handlers.verifying_database import verify_database
from hat_clinic.ledger.policy import Policy
from hat_clinic.projections.register import PAGES
from hat_clinic.projections.stock import CONTAINERS
from hat_clinic.store.engine import Place, reading
from hat_clinic.store.states import States
from hat_clinic.vocabulary.quantities import Mass
from tests.races.course import RACERS, Answer, Course, Seen, opened, permit_body
from tests.races.processes import Process
from tests.store.log_of_site import site_keys

ROUNDS = 100
ZERO = Mass.zero(SINGLE.expression)
Tell = Callable[[str], None]

pytestmark = [pytest.mark.durable, pytest.mark.timeout(300)]


class Book:
    """What must be true of stock and register, added up here from the winners alone."""

    def __init__(self, course: Course) -> None:
        self.course = course
        self.received = self._containers().keys()
        self.used = dict[str, str]()

    def require_true(self) -> None:
        """Nothing but the winners' ampoules left the safe, whole, and the register says so."""
        with reading(self.course.looking) as connection:
            page = PAGES.load(States(connection, "zh1"), AMPOULE.product)
        found = self._containers()
        assert found.keys() == self.received
        for container in found.values():
            left = ZERO if container.container in self.used else SINGLE
            assert (container.remaining, container.overdrawn) == (left, None)
        left_over = SINGLE.micrograms * (len(self.received) - len(self.used))
        assert page is not None and page.overdrawn is None
        assert page.balance.micrograms == left_over
        assert sum(each.remaining.micrograms for each in found.values()) == left_over

    def _containers(self) -> dict[str, Container]:
        with reading(self.course.looking) as connection:
            every = CONTAINERS.find(States(connection, "zh1"), product_id=AMPOULE.product)
        return {each.container: each for each in every}


def race_for_doses(course: Course, bodies: Sequence[dict[str, Any]]) -> list[list[Answer]]:
    """Each seat asks for the permit; who gets it prepares the dose at once."""
    tasks = []
    for number, (seat, body) in enumerate(zip(course.seats, bodies, strict=True)):
        task = course.task(seat, number, "/permit-dose", body, course.ids.uuid7())
        tasks.append(task | {"then": course.ids.uuid7()})
    return course.race(tasks)


def require_one_winner(found: list[list[Answer]], entries: list[Seen], rule: str) -> int:
    """One dose was permitted and prepared; fifteen were refused by `rule`, and all that is on record."""
    statuses = Counter(answers[0]["status"] for answers in found)
    assert statuses == {201: 1, 409: RACERS - 1}, [answers[0]["body"] for answers in found]
    (winner,) = (number for number, answers in enumerate(found) if len(answers) > 1)
    assert [each["status"] for each in found[winner]] == [201, 200, 201], found[winner]
    tags = Counter(each.tag for each in entries)
    assert tags == {"dose-permitted": 1, "dose-prepared": 1, "act-refused": RACERS - 1}
    on_record = {each.request: each for each in entries if each.tag == "act-refused"}
    for answers in found[:winner] + found[winner + 1 :]:
        refusal = answers[0]["body"]
        rules = list(dict.fromkeys(each["rule"] for each in refusal["findings"]))
        assert rule in rules
        assert on_record[refusal["request"]].body["rules"] == rules
        assert on_record[refusal["request"]].body["act"] == "permit-dose"
    return winner


def require_verified(course: Course) -> None:
    """The whole record holds, from entry 0 to the newest head, its replay and its register."""
    keys = site_keys("hat.invalid/zh1")
    head, first = course.get("/ledger/head")["head"], course.get("/ledger/proof?seq=0")["leaf"]
    verdict = verify_database(course.looking, keys, Policy.of(keys.head_vkey, b64decode(first)), [head])
    assert verdict.code is Code.HOLDS and verdict.size == course.size, verdict.text()


def test_one_patient_and_one_vial_each_get_exactly_one_dose(
    database: Place, racers: list[Process], tell: Tell
) -> None:
    with opened(database, racers, 2 * ROUNDS + RACERS) as course:
        book = Book(course)
        patients, ampoules = deque(course.doses), deque(each["container"] for each in course.doses)
        for _ in range(ROUNDS):
            one = patients.popleft()
            chosen = [ampoules.popleft() for _ in range(RACERS)]
            found = race_for_doses(course, [permit_body(one, each) for each in chosen])
            used = chosen.pop(require_one_winner(found, course.new_entries(), "AD31"))
            ampoules.extend(chosen)
            book.used[used] = one["patient"]
            book.require_true()
            vial = ampoules.popleft()
            asking = [patients.popleft() for _ in range(RACERS)]
            found = race_for_doses(course, [permit_body(each, vial) for each in asking])
            given = asking.pop(require_one_winner(found, course.new_entries(), "CD15"))
            patients.extend(asking)
            book.used[vial] = given["patient"]
            book.require_true()
        assert len(set(book.used.values())) == len(book.used) == 2 * ROUNDS
        require_verified(course)
        tell(
            f"{ROUNDS} rounds for one patient and {ROUNDS} for one vial, {RACERS} client processes,"
            f" {len(course.ports)} server processes, {sorted(course.in_flight)[ROUNDS]} requests under way"
            f" when the first was answered (median), slowest answer {course.slowest:.2f} s"
        )
