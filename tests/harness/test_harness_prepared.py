"""What tests begin with is copied, not made anew: a copy is what the acts would have made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from hat_clinic.store import schema
from hat_clinic.store.engine import Place, open_engine, reading
from hat_clinic.vocabulary.terms import Role
from tests.auditor.verified_clinic import made_clinic
from tests.clinic import Clinic, founded
from tests.engines import share_statements
from tests.handlers.dosing import Ward
from tests.in_memory import memory_folder
from tests.prepared import every_row, prepared

Engines = Callable[[], Engine]


@pytest.fixture
def engines(fresh: Callable[[], Place]) -> Iterator[Engines]:
    """Opens another empty database each time."""
    with ExitStack() as ending:

        def one() -> Engine:
            opened = open_engine(fresh())
            ending.callback(opened.dispose)
            return opened

        yield one


def clinic_of(one: Clinic | Ward) -> Clinic:
    return one.clinic if isinstance(one, Ward) else one


@pytest.mark.parametrize("make", [founded, made_clinic, Ward.made])
def test_a_copy_has_the_rows_that_the_acts_make_and_goes_on_as_they_do(
    engines: Engines, make: Callable[[Engine], Any]
) -> None:
    first = prepared(engines(), make)
    made, copied = make(engines()), prepared(engines(), make)
    for clinic in (clinic_of(made), clinic_of(copied)):
        clinic.hire("X-01", Role.NURSE)
    assert every_row(clinic_of(made).engine) == every_row(clinic_of(copied).engine)
    for one in (first, made, copied):
        clinic_of(one).close()


def test_what_happens_to_one_copy_happens_to_no_other(engines: Engines) -> None:
    one, other = prepared(engines(), founded), prepared(engines(), founded)
    before = every_row(other.engine), other.clock.now(), other.ids.count, set(other.acts)
    one.clock.pass_time(hours=1)
    one.hire("X-01", Role.NURSE)
    one.acts.clear()
    later = prepared(engines(), founded)
    for untouched in (other, later):
        assert (
            every_row(untouched.engine), untouched.clock.now(), untouched.ids.count, set(untouched.acts)
        ) == before  # fmt: skip
    for each in (one, other, later):
        each.close()


def test_a_statement_is_written_out_once_for_all_engines_of_a_kind(engines: Engines) -> None:
    written: list[Any] = []
    for engine in (engines(), engines()):
        share_statements(engine)
        with reading(engine) as connection:
            assert connection.execute(select(schema.throttle.c.failures)).all() == []
        written.append(dict(engine.get_execution_options()["compiled_cache"]))
    assert written[0] and written[0] == written[1]


def test_files_lie_in_memory_only_where_there_is_room(tmp_path: Path) -> None:
    assert memory_folder(tmp_path, room=0) == tmp_path
    assert memory_folder(tmp_path, room=2**62) is None
    assert memory_folder(tmp_path / "none", room=0) is None
