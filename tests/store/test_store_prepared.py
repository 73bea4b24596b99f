"""A row read past SQLAlchemy is the row it would have read, and its errors are SQLAlchemy's."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, bindparam, insert, select, text
from sqlalchemy.exc import DBAPIError

from hat_clinic.store.engine import reading, writing
from hat_clinic.store.prepared import Prepared
from hat_clinic.store.schema import site

ROW = {
    "site_id": "zh1",
    "origin": "hat.invalid/zh1",
    "name": "Zürich \N{MICRO SIGN}",
    "zone": "Europe/Zurich",
}
BY_ID: Any = select(site.c.name, site.c.zone).where(site.c.site_id == bindparam("here"))


def test_the_first_row_or_none(engine: Engine) -> None:
    one = Prepared(BY_ID)
    with writing(engine) as connection:
        connection.execute(insert(site), ROW)
        assert one.first(connection, {"here": "zh1"}) == (ROW["name"], ROW["zone"])
        assert one.first(connection, {"here": "be1"}) is None


def test_what_the_driver_raises_is_raised_as_sqlalchemy_does(engine: Engine) -> None:
    asked = text("SELECT 1 FROM nothing_of_this_name WHERE 1 = :here")
    missing = Prepared(asked.bindparams(bindparam("here")))
    told = []
    for read in (missing.first, missing.run):
        with reading(engine) as connection, pytest.raises(DBAPIError) as caught:
            read(connection, {"here": 1})
        told.append((type(caught.value), type(caught.value.orig), caught.value.connection_invalidated))
    assert told[0] == told[1] and not told[0][2]
