"""Masses of two expressions in one body, over HTTP: refused or rejected by every act, and nothing moves.

100 mg of the base and 100 mg of the hydrochloride are two amounts of drug. Whatever act is told both
as if they were one quantity, or one that is not its label's, says which member is wrong, or by which
rule it refuses; it never adds them up, and it never fails.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, is_dataclass
from typing import Any, get_args, get_type_hints

import pytest
from sqlalchemy import Engine

from hat_clinic.handlers.grants import ACTS
from hat_clinic.projections import register
from hat_clinic.store.schema import PROJECTION_TABLES
from hat_clinic.vocabulary.moments import moment_text
from hat_clinic.vocabulary.quantities import Expression, Mass
from tests.api.raw_hands import ACCEPTED, FALSE, Hands, hands, mass
from tests.clinic import Member
from tests.handlers.dosing import DIAPHIN
from tests.prepared import Rows, every_row

DRAWN = 200
# One mass in each, and nothing to mix it with; `verify-dose` is a mismatch, see `test_api_hostile`.
ALONE = {"list-product", "verify-dose"}
Answers = dict[str, str]
"""Where a mass is changed to another expression, and what the answer names: a member, or a rule."""

MIXED: dict[str, Answers] = {
    "permit-dose": {"mass": "#/draws", "draws/0/mass": "#/draws", "draws/1/mass": "#/draws"},
    "give-dose": {"given": "#/given", "remainder": "#/remainder"},
    "account-remainder": {"mass": "#/mass"},
    "report-unprepared-dose": {
        "given": "#/draws", "surplus": "#/surplus", "draws/0/mass": "#/draws", "draws/1/mass": "#/draws",
    },
    "receive-stock": {"containers/0/content": "CD07", "containers/1/content": "CD07"},
    "record-overfill": {"mass": "CD07"},
    "account-stock": {"mass": "CD07"},
    "count-stock": {"counted/0/mass": "CD07", "counted/1/mass": "CD07"},
    "recount-stock": {"counted/0/mass": "CD07", "counted/1/mass": "CD07"},
    "correct-line": {"recorded": "CD45", "actual": "CD07"},
    "sign-prescription": {"steps/0/largest_single": "RX05", "steps/0/daily_maximum": "RX05"},
}  # fmt: skip


@pytest.fixture
def by_hand(engine: Engine) -> Iterator[Hands]:
    with hands(engine) as one:
        yield one


@dataclass
class Bodies:
    """An honest body for each act, about a dose, a count that waits and a line that stands."""

    by_hand: Hands

    def __post_init__(self) -> None:
        ward = self.by_hand.ward
        for one in (ward.nia, ward.noa, ward.dan):
            self.by_hand.at(one)
        self.now = moment_text(ward.clinic.clock.now())
        self.dose = self.count = ""

    def hand_over(self, dose: str) -> None:
        """The permitted dose is out, and somebody has counted what is left."""
        hands, ward = self.by_hand, self.by_hand.ward
        prepared = hands.draw(ward.nia, "prepare-dose", {"dose": dose})
        assert hands.sign(ward.nia, prepared).status_code == ACCEPTED
        both = hands.reading(dose, prepared) | {"other_container_endings": [ward.vials[1][-4:]]}
        answer = hands.both(ward.noa, "verify-dose", both)
        assert answer.status_code == ACCEPTED, answer.text
        assert hands.post(ward.nia, "hand-over-dose", {"dose": dose}).status_code == ACCEPTED
        counted = hands.draw(ward.nia, "count-stock", self.of("count-stock"))
        assert hands.sign(ward.nia, counted).status_code == ACCEPTED
        self.dose, self.count = dose, counted["made"]["count"]

    def by(self, act: str) -> Member:
        """Who does it."""
        ward = self.by_hand.ward
        return {"sign-prescription": ward.dan, "recount-stock": ward.noa}.get(act, ward.nia)

    def of(self, act: str) -> dict[str, Any]:
        found: dict[str, Any] = getattr(self, f"_{act.replace('-', '_')}")()
        return found

    def _draws(self) -> list[dict[str, Any]]:
        vials = self.by_hand.ward.vials
        return [
            {"container": each, "lot": "L1", "mass": mass(mg), "volume": {"ul": mg * 10}}
            for each, mg in zip(vials, (10, 5), strict=True)
        ]

    def _permit_dose(self) -> dict[str, Any]:
        return self.by_hand.permit_body() | {"draws": self._draws()}

    def _give_dose(self) -> dict[str, Any]:
        return {"dose": self.dose, "given": mass(10), "remainder": mass(5), "happened_at": self.now}

    def _account_remainder(self) -> dict[str, Any]:
        return {
            "dose": self.dose, "whereabouts": "wasted", "mass": mass(5), "happened_at": self.now,
            "reason": "left_in_syringe",
        }  # fmt: skip

    def _report_unprepared_dose(self) -> dict[str, Any]:
        return {
            "patient": self.by_hand.ward.patient, "product": DIAPHIN.product, "route": "intravenous",
            "draws": self._draws(), "given": mass(12), "surplus": mass(3), "happened_at": self.now,
            "reason": "paper_record",
        }  # fmt: skip

    def _receive_stock(self) -> dict[str, Any]:
        ids, volume = self.by_hand.ward.clinic.ids, {"ul": 100_000}
        return {
            "kind": "delivery", "product": DIAPHIN.product, "supplier": "Pharm Co", "reference": "note 2",
            "containers": [
                {"container": ids.uuid7(), "lot": "L2", "use_by": "2027-06-30", "content": mass(10_000),
                 "volume": volume}
                for _ in range(2)
            ],
        }  # fmt: skip

    def _record_overfill(self) -> dict[str, Any]:
        return {"container": self.by_hand.ward.vials[0], "mass": mass(1), "volume": {"ul": 10}}

    def _account_stock(self) -> dict[str, Any]:
        return {
            "container": self.by_hand.ward.vials[1], "whereabouts": "spilled", "mass": mass(1),
            "happened_at": self.now, "reason": "dropped",
        }  # fmt: skip

    def _count_stock(self) -> dict[str, Any]:
        vials, found = self.by_hand.ward.vials, (9_990, 9_995)
        counted = [{"container": one, "mass": mass(mg)} for one, mg in zip(vials, found, strict=True)]
        return {"product": DIAPHIN.product, "counted": counted}

    def _recount_stock(self) -> dict[str, Any]:
        return {"count": self.count, "counted": self._count_stock()["counted"]}

    def _correct_line(self) -> dict[str, Any]:
        lines = self.by_hand.ward.clinic.state(register.LINES.find)
        line, stands = next((each, each.stands) for each in lines if each.dose == self.dose)
        assert stands is not None
        return {
            "page": line.page, "line": line.seq, "what": "mass", "reason": "misread", "dose": self.dose,
            "recorded": mass(15), "actual": mass(14), "container": line.containers[0],
        }  # fmt: skip

    def _sign_prescription(self) -> dict[str, Any]:
        ward = self.by_hand.ward
        step = {
            "starts": self.now, "ends": self.now.replace("2026", "2027"), "largest_single": mass(15),
            "earliest_after_previous": 60, "daily_maximum": mass(30),
        }  # fmt: skip
        return {
            "patient": ward.patient, "product": DIAPHIN.product, "route": "intravenous", "steps": [step],
            "replaces": ward.prescription,
        }  # fmt: skip


def test_every_act_that_is_told_a_mass_is_in_the_table() -> None:
    told = {name for name, act in ACTS.items() if holds_mass(act.command)}
    assert told == MIXED.keys() | ALONE


def holds_mass(kind: Any) -> bool:
    """Whether there is a mass anywhere in it."""
    if kind is Mass:
        return True
    if args := get_args(kind):
        return any(map(holds_mass, args))
    return is_dataclass(kind) and any(map(holds_mass, get_type_hints(kind).values()))


@pytest.mark.parametrize("other", [Expression.BASE, Expression.ANHYDROUS_HYDROCHLORIDE])
def test_two_expressions_are_never_one_quantity(by_hand: Hands, other: Expression) -> None:
    bodies = Bodies(by_hand)
    for act, places in MIXED.items():
        one, path = bodies.by(act), act if act == "permit-dose" else f"{act}/statement"
        honest = bodies.of(act)
        for place, named in places.items():
            before = every_row(by_hand.ward.clinic.engine)
            answer = by_hand.post(one, path, changed(honest, place, other))
            after = every_row(by_hand.ward.clinic.engine)
            if named.startswith("#"):
                assert answer.status_code == FALSE, (act, place, answer.text)
                assert [each["pointer"] for each in answer.json()["errors"]] == [named], (act, place)
                assert after == before, (act, place)
            else:
                by_hand.refused(answer, act, named)
                assert moved(before) == moved(after), (act, place)
        # The same body, all in the label's expression, is as good as any.
        answer = by_hand.post(one, path, honest)
        assert answer.status_code in (DRAWN, ACCEPTED), (act, answer.text)
        if act == "permit-dose":
            bodies.hand_over(answer.json()["made"]["dose"])


def changed(body: dict[str, Any], place: str, other: Expression) -> dict[str, Any]:
    """The body with the mass at this place in another expression, its number as it was."""
    copy = deepcopy(body)
    part: Any = copy
    for step in place.split("/"):
        part = part[int(step)] if step.isdigit() else part[step]
    part["of"] = other.value
    return copy


def moved(rows: Rows) -> list[tuple[str, list[dict[str, Any]]]]:
    """What people read, without who was refused what of a dose: a refusal is an entry, and moves nothing."""
    found = []
    for table, each in rows:
        if table in PROJECTION_TABLES:
            states = [json.loads(row["state"]) for row in each]
            found.append((table.name, [{**state, "refused": None} for state in states]))
    return found
