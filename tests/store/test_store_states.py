"""Keyed states: read once, written once, and seen as saved before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, Table, event, insert, text

from hat_clinic.store.engine import reading, writing
from hat_clinic.store.schema import (
    PROJECTION_TABLES,
    projection_clock,
    projection_dose,
    projection_line,
    projection_page,
    projection_person,
    projection_prescription,
)
from hat_clinic.store.scratch import first_difference, keyed_rows, scratch
from hat_clinic.store.states import States

OPEN = {"patient_id": "p", "open": 1}
SHUT = {"patient_id": "p", "open": 0}


@pytest.fixture
def states(engine: Engine) -> Iterator[States]:
    with writing(engine) as connection:
        yield States(connection, "zh1")


def stored(states: States, table: Table) -> list[tuple[str, str]]:
    return [(row.key, row.state) for row in keyed_rows(states.conn, table, "zh1")]


def test_a_saved_state_is_seen_before_it_is_sent(states: States) -> None:
    assert states.load(projection_dose, "d") is None
    states.save(projection_dose, "d", OPEN, "{}")
    assert states.load(projection_dose, "d") == "{}"
    assert states.find(projection_dose, patient_id="p", open=1) == [("d", "{}")]
    assert stored(states, projection_dose) == []
    states.flush()
    assert stored(states, projection_dose) == [("d", "{}")]


def test_the_last_save_stands(states: States) -> None:
    for state in ("1", "2", "3"):
        states.save(projection_dose, "d", OPEN, state)
    states.flush()
    states.save(projection_dose, "d", SHUT, "4")
    assert states.find(projection_dose, open=1) == []
    assert states.find(projection_dose, open=0) == [("d", "4")]
    states.flush()
    assert stored(states, projection_dose) == [("d", "4")]
    assert States(states.conn, "zh1").load(projection_dose, "d") == "4"


def test_find_joins_what_is_stored_and_what_waits(states: States) -> None:
    for key in ("stays", "moves away", "is dropped"):
        states.save(projection_dose, key, OPEN, key)
    states.save(projection_dose, "comes", SHUT, "comes")
    states.flush()
    states.forget()
    states.save(projection_dose, "moves away", {"patient_id": "q", "open": 1}, "x")
    states.save(projection_dose, "comes", OPEN, "came")
    states.save(projection_dose, "new", OPEN, "new")
    states.drop(projection_dose, "is dropped")
    expected = [("comes", "came"), ("new", "new"), ("stays", "stays")]
    assert states.find(projection_dose, patient_id="p") == expected
    assert states.find(projection_dose, patient_id="p", open=1) == expected
    states.flush()
    assert states.find(projection_dose, patient_id="p", open=1) == expected
    assert [key for key, _ in stored(states, projection_dose)] == ["comes", "moves away", "new", "stays"]


def test_dropped_is_gone_and_can_come_back(states: States) -> None:
    states.save(projection_prescription, "r", {"patient_id": "a"}, "1")
    states.flush()
    states.drop(projection_prescription, "r")
    assert states.load(projection_prescription, "r") is None
    states.flush()
    assert stored(states, projection_prescription) == []
    states.save(projection_prescription, "r", {"patient_id": "b"}, "2")
    states.drop(projection_prescription, "never there")
    states.flush()
    assert stored(states, projection_prescription) == [("r", "2")]


def test_a_place_freed_by_a_drop_can_be_taken_in_the_same_act(states: States) -> None:
    states.save(projection_person, "1", {"staff_code": "ana"}, "1")
    states.flush()
    states.drop(projection_person, "1")
    states.save(projection_person, "2", {"staff_code": "ana"}, "2")
    states.flush()
    assert states.find(projection_person, staff_code="ana") == [("2", "2")]


def test_sites_do_not_see_each_other(states: States) -> None:
    other = States(states.conn, "be1")
    states.save(projection_page, "page", {}, "zh1")
    other.save(projection_page, "page", {}, "be1")
    states.flush()
    other.flush()
    for one in (states, other):
        one.forget()
        assert one.load(projection_page, "page") == one.site_id
        assert one.find(projection_page) == [("page", one.site_id)]


@pytest.mark.parametrize("columns", [{}, {"patient_id": "p"}, {**OPEN, "number": 1}])
def test_a_state_comes_with_exactly_its_columns(states: States, columns: dict[str, str | int]) -> None:
    with pytest.raises(ValueError, match="projection_dose is found by patient_id, open"):
        states.save(projection_dose, "d", columns, "{}")
    with pytest.raises(ValueError, match="nothing but its key"):
        states.save(projection_page, "p", {"open": 1}, "{}")


def test_one_read_a_key_and_one_write_a_table(states: States) -> None:
    for number in range(20):
        states.save(projection_line, f"line-{number}", {"page_id": "p", "number": number}, "{}")
    states.save(projection_page, "p", {}, "{}")
    sent: list[str] = []
    event.listen(states.conn, "before_cursor_execute", lambda *args: sent.append(args[2]))
    for _ in range(3):
        states.load(projection_clock, "clock")
    states.flush()
    states.flush()
    assert [statement.split()[0] for statement in sent] == ["SELECT", "INSERT", "INSERT"]


@pytest.mark.only_on("sqlcipher", reason="PostgreSQL plans by the size of a table, and these are empty")
@pytest.mark.parametrize("table", PROJECTION_TABLES, ids=lambda table: table.name)
def test_no_find_scans_a_table(engine: Engine, engine_kind: str, table: Table) -> None:
    names = [column.name for column in table.columns if column.name not in ("site_id", "key", "state")]
    wanted = [[name] for name in names if name != "number"] + ([names] if names else [])
    with reading(engine) as connection:
        states, plans = States(connection, "zh1"), []

        def explain(_c: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
            if not statement.startswith("EXPLAIN"):
                rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
                plans.extend(row.detail for row in rows)

        event.listen(connection, "before_cursor_execute", explain)
        states.load(table, "k")
        for columns in wanted:
            states.find(table, **dict.fromkeys(columns, 1))
    assert len(plans) == len(wanted) + 1
    assert all(plan.startswith("SEARCH") for plan in plans), plans


def test_a_rebuild_is_compared_in_the_order_of_keys(engine: Engine) -> None:
    keys = ["Ä", "a", "B", "b", "Z", "z", "1", "-", "é"]
    with writing(engine) as connection:
        live = States(connection, "zh1")
        for key in keys:
            live.save(projection_dose, key, OPEN, "{}")
        live.flush()
    with reading(engine) as connection, scratch() as beside:
        rebuilt = States(beside, "zh1")
        for key in reversed(keys):
            rebuilt.save(projection_dose, key, OPEN, "{}")
        rebuilt.flush()
        assert [row.key for row in keyed_rows(connection, projection_dose, "zh1")] == sorted(keys)
        assert first_difference(connection, beside, projection_dose, "zh1") is None
        rebuilt.save(projection_dose, "b", SHUT, "{}")
        rebuilt.drop(projection_dose, "a")
        rebuilt.flush()
        found = first_difference(connection, beside, projection_dose, "zh1")
        assert found is not None
        assert (found[0], found[2]) == ("a", None)
        rebuilt.save(projection_dose, "a", OPEN, "{}")
        rebuilt.save(projection_dose, "0", OPEN, "{}")
        rebuilt.flush()
        found = first_difference(connection, beside, projection_dose, "zh1")
        assert found is not None
        assert (found[0], found[1]) == ("0", None)
        rebuilt.drop(projection_dose, "0")
        rebuilt.flush()
        found = first_difference(connection, beside, projection_dose, "zh1")
        assert found is not None
        assert found[0] == "b"
        assert found[1] is not None
        assert found[2] is not None
        assert (found[1].open, found[2].open) == (1, 0)


def test_scratch_has_every_projection_and_nothing_else() -> None:
    with scratch() as beside:
        names = set(beside.execute(text("SELECT name FROM sqlite_schema WHERE type = 'table'")).scalars())
        assert names == {table.name for table in PROJECTION_TABLES}


def test_open_is_yes_or_no(engine: Engine) -> None:
    row = {"site_id": "zh1", "key": "d", "patient_id": "p", "open": 2, "state": "{}"}
    with pytest.raises(Exception, match="open_or_not"), writing(engine) as connection:
        connection.execute(insert(projection_dose), row)
