"""Brings the tables to the form this version of the program knows, or says that they are not.

Why Alembic is imported where tables are changed, and the newest revision stands here: every start of a
process asks for it, and a fifth of that start went into reading a library that changes nothing then.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

import hat_clinic
from hat_clinic.store.engine import is_sqlite, reading, writing
from hat_clinic.store.unusable import SchemaBehind

if TYPE_CHECKING:
    from alembic.config import Config

OWNER_ROLE = "hat_owner"
NEWEST = "0001"
"""The revision this version of the program knows: the end of `migrations/versions`."""


def upgrade(engine: Engine) -> None:
    """The tables are the newest, all of the change or none of it.

    On PostgreSQL `engine` signs in as hat_migrate; the tables belong to hat_owner.
    """
    from alembic import command

    with writing(engine) as connection:
        if not is_sqlite(connection):
            # Two processes that upgrade at once would both start from the same revision.
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('hat-clinic migrate'))"))
            connection.execute(text(f"SET LOCAL ROLE {OWNER_ROLE}"))
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def require_current(engine: Engine) -> None:
    """The tables are those this version of the program knows.

    Raises: SchemaBehind.
    """
    with reading(engine) as connection:
        found = revision(connection)
    if found != NEWEST:
        raise SchemaBehind(
            f"the tables are at revision {found or 'none'}, this program knows {NEWEST}:"
            " make a backup, run `hat-clinic migrate`, then start again"
        )


def revision(connection: Connection) -> str | None:
    """The revision the tables are at; None for an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    rows = connection.execute(text("SELECT version_num FROM alembic_version"))
    found: str | None = rows.scalar_one_or_none()
    return found


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_folder()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _folder() -> Path:
    """Inside the package in a wheel, beside it in a checkout."""
    package = Path(hat_clinic.__file__).parent
    inside = package / "migrations"
    return inside if inside.is_dir() else package.parent / "migrations"
