"""Bodies made from commands: what they take, what they leave out, what is made for them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime
from hashlib import sha256
from typing import Any

import pytest
from pydantic import ValidationError

from hat_clinic.domain import codec
from hat_clinic.domain.entries.doses import DoseGiven
from hat_clinic.domain.entries.incidents import IncidentClosed, IncidentOpened
from hat_clinic.handlers.grants import ACTS
from hat_clinic.vocabulary.errors import Rejected
from hat_clinic.vocabulary.ids import DoseId, IncidentId, PersonId, is_uuid7
from hat_clinic.vocabulary.quantities import Expression, Mass, Volume
from hat_clinic.vocabulary.terms import Route
from hat_clinic.wire.columns import MAKES, form_of
from hat_clinic.wire.forms import Form, Making, made_id
from hat_clinic.wire.kinds import LARGEST_INTEGER, LARGEST_MASS, LARGEST_VOLUME, LONGEST_LIST

ORIGIN = "hat.invalid/zh1"
REQUEST = "0193580a-1c00-7000-8000-0000000000aa"
PERSON = "0193580a-1c00-7000-8000-0000000000bb"
BASE = {"of": "base", "ug": 1}


class Bytes:
    """An id source that says which bytes it gave."""

    def __init__(self) -> None:
        self.count = 0

    def random(self, count: int) -> bytes:
        self.count += 1
        return sha256(bytes([self.count])).digest()[:count]

    def uuid7(self) -> str:
        raise AssertionError("new ids follow from the request")


@dataclass(frozen=True, slots=True)
class Part:
    """A part."""

    mass: Mass
    volume: Volume | None = None


@dataclass(frozen=True, slots=True)
class Everything:
    """One member of each kind."""

    dose: DoseId
    person: PersonId
    mass: Mass
    routes: tuple[Route, ...]
    parts: tuple[Part, ...]
    count: int
    sure: bool
    when: datetime
    day: date
    digest: bytes
    reason: str
    nonce: bytes
    incident: IncidentId
    note: str | None = None
    envelope: bytes | None = None


FORM = Form(Everything, ("dose", "incident"))
GOOD: dict[str, Any] = {
    "person": PERSON,
    "mass": {"of": "base", "ug": 5},
    "routes": ["oral"],
    "parts": [{"mass": BASE}, {"mass": BASE, "volume": {"ul": 1}}],
    "count": 3,
    "sure": True,
    "when": "2026-11-23T09:30:00.000000Z",
    "day": "2026-11-23",
    "digest": "AAAA",
    "reason": "because",
}


def command(body: dict[str, Any]) -> Everything:
    """As a route does it."""
    sent = FORM.model.model_validate(body).model_dump(exclude_unset=True)
    assert sent == body, "nothing is added to what was sent"
    return FORM.to_command(sent, Making(ORIGIN, REQUEST, Bytes()))


def test_a_body_becomes_its_command() -> None:
    found = command(GOOD)
    assert (found.mass, found.routes) == (Mass(5, Expression.BASE), (Route.ORAL,))
    assert found.parts == (Part(Mass(1, Expression.BASE)), Part(Mass(1, Expression.BASE), Volume(1)))
    assert (found.note, found.envelope) == (None, None)
    assert command({**GOOD, "note": "x"}).note == "x"


def test_what_must_not_come_from_a_body_is_made() -> None:
    found = command(GOOD)
    assert found.nonce == sha256(b"\x01").digest()
    assert (found.dose, found.incident) == (
        made_id(ORIGIN, REQUEST, "dose"),
        made_id(ORIGIN, REQUEST, "incident"),
    )
    assert FORM.body_of(found) == GOOD


@pytest.mark.parametrize("name", ["dose", "incident", "nonce", "envelope"])
def test_and_is_refused_in_a_body(name: str) -> None:
    with pytest.raises(ValidationError) as refused:
        FORM.model.model_validate({**GOOD, name: REQUEST})
    assert [(each["loc"], each["type"]) for each in refused.value.errors()] == [((name,), "extra_forbidden")]


def test_a_new_id_follows_from_log_request_and_member_alone() -> None:
    one = made_id(ORIGIN, REQUEST, "dose")
    assert is_uuid7(one) and one[:13] == REQUEST[:13]
    assert one == made_id(ORIGIN, REQUEST, "dose")
    others = {
        made_id("hat.invalid/be1", REQUEST, "dose"),
        made_id(ORIGIN, REQUEST.replace("aa", "ab"), "dose"),
        made_id(ORIGIN, REQUEST, "visit"),
    }
    assert len(others) == 3 and one not in others


@pytest.mark.parametrize(
    "name, value",
    [
        ("mass", {"of": "base", "ug": -1}),
        ("mass", {"of": "base", "ug": LARGEST_MASS + 1}),
        ("mass", {"of": "milligrams", "ug": 1}),
        ("mass", {"of": "base", "mg": 1}),
        ("mass", {"of": "base"}),
        ("mass", 5),
        ("parts", [{"mass": BASE, "volume": {"ul": LARGEST_VOLUME + 1}}]),
        ("parts", [{"mass": BASE, "volume": None}]),
        ("parts", [{"mass": BASE}] * (LONGEST_LIST + 1)),
        ("routes", ["orally"]),
        ("routes", "oral"),
        ("count", LARGEST_INTEGER + 1),
        ("count", -LARGEST_INTEGER - 1),
        ("count", True),
        ("count", "3"),
        ("sure", 1),
        ("when", "2026-11-23T09:30:00"),
        ("when", "2026-11-23T09:30:00.000000+00:00"),
        ("when", "1869-12-31T23:59:59.999999Z"),
        ("when", "2200-01-01T00:00:00.000000Z"),
        ("day", "1869-12-31"),
        ("day", "2026-02-30"),
        ("day", 20261123),
        ("digest", "AAA"),
        ("digest", "AB=="),
        ("digest", "A" * 50_000),
        ("person", "ana"),
        ("person", PERSON.upper()),
        ("person", f"{PERSON}\n"),
        ("reason", "x" * 4001),
        ("reason", None),
        ("note", None),
    ],
)
def test_refuses(name: str, value: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        FORM.model.model_validate({**GOOD, name: value})
    assert {each["loc"][0] for each in refused.value.errors()} == {name}


@pytest.mark.parametrize(
    "name, value",
    [
        ("mass", {"of": "base", "ug": 0}),
        ("mass", {"of": "base", "ug": LARGEST_MASS}),
        ("parts", []),
        ("parts", [{"mass": BASE}] * LONGEST_LIST),
        ("count", LARGEST_INTEGER),
        ("count", -LARGEST_INTEGER),
        ("when", "1870-01-01T00:00:00.000000Z"),
        ("when", "2199-12-31T23:59:59.999999Z"),
        ("day", "2199-12-31"),
        ("digest", ""),
        ("reason", "x" * 4000),
    ],
)
def test_boundary(name: str, value: Any) -> None:
    command({**GOOD, name: value})


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(ValidationError) as refused:
        FORM.model.model_validate({**GOOD, "count": "x", "sure": "x", "more": 1})
    assert {each["loc"] for each in refused.value.errors()} == {("count",), ("sure",), ("more",)}


def test_sums_of_the_largest_stay_exact() -> None:
    assert LARGEST_MASS * LONGEST_LIST < 2**53 and LARGEST_VOLUME * LONGEST_LIST < 2**53


def test_what_a_command_has_not_got_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="visit"):
        Form(Everything, ("visit",))


@pytest.mark.parametrize("name", sorted(ACTS))
def test_every_act_has_an_example_that_is_taken(name: str) -> None:
    act = ACTS[name]
    form = form_of(act.command)
    form.model.model_validate(form.example)
    made = form.to_command(form.example, Making(ORIGIN, REQUEST, Bytes()))
    assert form.body_of(made) == form.example
    assert codec.decode(act.command, codec.encode(made)) == made


def incident_is_in_its_place(command: type[Any], entry: type[Any], makes: tuple[str, ...]) -> bool:
    """An incident that the act may open is made; one that its entry is about is there, and sent."""
    if "incident" not in {each.name for each in fields(command)}:
        return "incident" not in makes
    is_there = entry is not IncidentOpened and "incident" in {each.name for each in fields(entry)}
    return is_there != ("incident" in makes)


@pytest.mark.parametrize("name", sorted(ACTS))
def test_an_incident_that_may_be_opened_is_never_named_by_a_body(name: str) -> None:
    act = ACTS[name]
    assert incident_is_in_its_place(act.command, act.kind, MAKES.get(act.command, ()))


def test_and_one_that_an_act_is_about_is_named_by_it_whatever_the_act_is_called() -> None:
    assert incident_is_in_its_place(Everything, IncidentClosed, ())
    assert not incident_is_in_its_place(Everything, IncidentClosed, ("incident",))
    assert incident_is_in_its_place(Everything, DoseGiven, ("dose", "incident"))
    assert not incident_is_in_its_place(Everything, DoseGiven, ())
    assert not incident_is_in_its_place(Everything, IncidentOpened, ())
    assert not incident_is_in_its_place(Part, DoseGiven, ("incident",))


def test_every_command_that_makes_something_is_an_act() -> None:
    assert MAKES.keys() <= {act.command for act in ACTS.values()}


def test_the_codec_names_the_place_too() -> None:
    with pytest.raises(Rejected) as refused:
        FORM.to_command({**GOOD, "mass": {"of": "base", "ug": "5"}}, Making(ORIGIN, REQUEST, Bytes()))
    assert refused.value.field == "/mass/ug"
