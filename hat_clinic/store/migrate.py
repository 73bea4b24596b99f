"""Brings the tables to the form this version of the program knows, or says that they are not."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

import hat_clinic
from hat_clinic.store.engine import is_sqlite, reading, writing
from hat_clinic.store.unusable import SchemaBehind

OWNER_ROLE = "hat_owner"


def upgrade(engine: Engine) -> None:
    """The tables are the newest, all of the change or none of it.

    On PostgreSQL `engine` signs in as hat_migrate; the tables belong to hat_owner.
    """
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
    known = newest_revision()
    with reading(engine) as connection:
        found = revision(connection)
    if found != known:
        raise SchemaBehind(
            f"the tables are at revision {found or 'none'}, this program knows {known}:"
            " make a backup, run `hat-clinic migrate`, then start again"
        )


def revision(connection: Connection) -> str | None:
    """The revision the tables are at; None for an empty database."""
    return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str:
    """The revision this version of the program knows."""
    heads = ScriptDirectory.from_config(_config()).get_heads()
    if len(heads) != 1:
        raise RuntimeError(f"migrations have {len(heads)} ends; there must be one")
    return heads[0]


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_folder()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _folder() -> Path:
    """Inside the package in a wheel, beside it in a checkout."""
    package = Path(hat_clinic.__file__).parent
    inside = package / "migrations"
    return inside if inside.is_dir() else package.parent / "migrations"
