"""A clinic's folder on either engine: what the ceremony made, and on PostgreSQL moved there row for row."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import insert

from hat_clinic.store.engine import Place, PostgresPlace, open_engine, writing
from hat_clinic.wiring.ceremony import NewClinic, NewFounder, init_clinic
from hat_clinic.wiring.folder import DATABASE, SETTINGS, ClinicFolder
from hat_clinic.wiring.system import SystemClock, SystemIds
from tests.prepared import every_row


def clinic_at(path: Path, place: Place, clinic: NewClinic, people: tuple[NewFounder, NewFounder]) -> Path:
    """A founded clinic's folder, its record in `place` if that is on PostgreSQL, else in the folder."""
    init_clinic(path, clinic, people, SystemClock(), SystemIds())
    if isinstance(place, PostgresPlace):
        move_to(path, place)
    return path


def move_to(path: Path, place: PostgresPlace) -> None:
    """What lay in this folder's file lies in this empty database, and the folder's settings say so."""
    engine = ClinicFolder.open(path).engine()
    rows = every_row(engine)
    engine.dispose()
    (path / DATABASE).unlink()
    there = open_engine(place)
    with writing(there) as connection:
        for table, stored in rows:
            connection.execute(insert(table), stored)
    there.dispose()
    settings = path / SETTINGS
    settings.write_text(settings.read_text(encoding="utf-8") + engine_settings(place), encoding="utf-8")


def engine_settings(place: Place) -> str:
    """What a clinic's settings say of this place; nothing of the embedded one, which lies in the folder."""
    if not isinstance(place, PostgresPlace):
        return ""
    named = f'dbname = "{place.dbname}"\nuser = "{place.user}"\nsocket = "{place.host_socket_dir}"\n'
    return f'\n[engine]\nkind = "postgresql"\n{named}'
