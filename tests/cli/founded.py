"""The clinic that the commands are tried on: its founders, its name, and how its owner changes it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, text

from hat_clinic.store.engine import IMMEDIATE
from hat_clinic.wiring.ceremony import NewClinic, NewFounder
from hat_clinic.wiring.folder import ClinicFolder

PEOPLE = (
    NewFounder("A-01", "Ada Invented", "correct horse battery"),
    NewFounder("A-02", "Bo Invented", "another long passphrase"),
)
CLINIC = NewClinic("zh1", "hat.clinic.example/zh1", "North Street", "Europe/Zurich", 0, "terminal 1", False)


@contextmanager
def at_work(data: Path) -> Iterator[Connection]:
    """The database, opened with its own key, without a trigger."""
    engine = ClinicFolder.open(data).engine()
    with engine.connect().execution_options(**IMMEDIATE) as connection, connection.begin():
        triggers = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
        for (name,) in triggers.all():
            connection.execute(text(f"DROP TRIGGER {name}"))
        yield connection
    engine.dispose()
