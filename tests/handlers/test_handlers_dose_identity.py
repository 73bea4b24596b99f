"""Whether the patient works here stands in a sealed identity: opened, but not again and again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, event

from hat_clinic.handlers import doses
from tests.handlers.dosing import Ward
from tests.handlers.enrolling import rules


@contextmanager
def openings(engine: Engine) -> Iterator[list[str]]:
    """Every time a sealed envelope was read."""
    found: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("SELECT sealed"):
            found.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield found
    event.remove(engine, "before_cursor_execute", note)


def test_an_identity_that_names_no_staff_is_opened_once(ward: Ward) -> None:
    doses._NO_STAFF.clear()  # the ward's own setting up, and any test before, has opened it
    with openings(ward.clinic.engine) as found:
        dose = ward.permitted()
        assert len(found) == 1
        assert ward.prepare(dose).accepted
        assert len(found) == 1


def test_one_that_names_staff_is_never_remembered(ward: Ward) -> None:
    other = ward.another(person=ward.noa.person)
    with openings(ward.clinic.engine) as found:
        theirs = other.prepared()
        first = len(found)
        assert first > 1
        assert rules(other.verify(theirs)) == ["SO03"]
        assert rules(other.verify(theirs)) == ["SO03"]
        assert len(found) > first
