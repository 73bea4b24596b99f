"""A ward's tables thrown away and made again are what they were; one row that is not is named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine

from hat_clinic.handlers.rebuilding import rebuild_projections
from hat_clinic.handlers.records import DatabaseRecord
from hat_clinic.handlers.replaying import RowBroken, require_projections
from hat_clinic.store.engine import reading, writing
from hat_clinic.store.schema import PROJECTION_TABLES, projection_dose
from hat_clinic.vocabulary.terms import Whereabouts
from tests.auditor.verified_clinic import SITE, change, remove, rows
from tests.handlers.dosing import Ward
from tests.prepared import every_row, prepared

# Nobody counts on this day.
EMPTY = {"projection_count"}


def day(engine: Engine) -> Ward:
    """Two doses of two patients, one spoilt, a remainder, an unplanned dose, an act that waits."""
    ward = Ward.open(engine)
    dose = ward.handed_over()
    assert ward.give(dose, 10, 5).accepted and ward.saw_given(dose).accepted
    ward.account(dose, 5, Whereabouts.UNACCOUNTED)
    other = ward.another()
    spoilt = other.prepared()
    assert other.verify(spoilt, 16).accepted  # a mismatch, on record as such
    clinic = ward.clinic
    waiting = other.accounting(spoilt, 15, Whereabouts.WASTED)
    assert clinic.signed(ward.nia, "account-remainder", waiting).accepted
    assert clinic.signed(ward.nia, "report-unprepared-dose", ward.reporting()).accepted
    return ward


@pytest.fixture
def ward(engine: Engine) -> Iterator[Ward]:
    one = prepared(engine, day)
    yield one
    one.clinic.close()


def check(ward: Ward) -> None:
    """As `rebuild --check` does."""
    with reading(ward.clinic.engine) as connection:
        require_projections(DatabaseRecord(connection, SITE, ward.clinic.keys))


def rebuild(ward: Ward) -> int:
    return rebuild_projections(ward.clinic.engine, SITE, ward.clinic.keys)


def test_a_ward_s_day_made_again_is_what_it_was(ward: Ward) -> None:
    live = every_row(ward.clinic.engine)
    filled = {table.name for table, _ in live}
    assert {table.name for table in PROJECTION_TABLES} - filled == EMPTY
    check(ward)
    with writing(ward.clinic.engine) as connection:
        for table in PROJECTION_TABLES:
            connection.execute(table.delete())
    assert rebuild(ward) == next(len(each) for table, each in live if table.name == "ledger_leaf")
    assert every_row(ward.clinic.engine) == live
    check(ward)
    # And the day goes on from there.
    assert ward.another().handed_over()
    check(ward)


def test_one_altered_row_is_named_and_made_right(ward: Ward) -> None:
    live = every_row(ward.clinic.engine)
    stored = {table: each for table, each in live if table in PROJECTION_TABLES}
    for table, (row, *_) in stored.items():
        with writing(ward.clinic.engine) as connection:
            change(connection, table, row, state=row["state"][:-1] + ',"x":1}')
        with pytest.raises(RowBroken) as found:
            check(ward)
        assert (found.value.table, found.value.key) == (table.name, row["key"])
        assert found.value.seq is not None
        with writing(ward.clinic.engine) as connection:
            change(connection, table, row, state=row["state"])
    (dose, *_) = stored[projection_dose]
    with writing(ward.clinic.engine) as connection:
        change(connection, projection_dose, dose, open=1 - dose["open"])
    with pytest.raises(RowBroken, match=dose["key"]):
        check(ward)
    rebuild(ward)
    assert every_row(ward.clinic.engine) == live


def test_a_dose_s_row_that_is_gone_or_was_never_made_is_named(ward: Ward) -> None:
    def told(key: Any) -> None:
        with pytest.raises(RowBroken) as found:
            check(ward)
        assert (found.value.table, found.value.key) == ("projection_dose", key)
        rebuild(ward)
        check(ward)

    with writing(ward.clinic.engine) as connection:
        one = rows(connection, projection_dose)[0]
        remove(connection, projection_dose, one)
    told(one["key"])
    with writing(ward.clinic.engine) as connection:
        connection.execute(projection_dose.insert(), {**one, "key": "made up"})
    told("made up")
