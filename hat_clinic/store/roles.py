"""PostgreSQL roles: hat_owner owns the tables, hat_migrate may change them, hat_app works.

Made once by the administrator of the PostgreSQL server; the migrations grant the rest.
SQLite has no roles; there the triggers stand alone.
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine, text

from hat_clinic.store.engine import is_sqlite, reading
from hat_clinic.store.schema import LEDGER_TABLES
from hat_clinic.store.unusable import WrongRole

CREATE_ROLES = (
    "CREATE ROLE hat_owner NOLOGIN",
    "CREATE ROLE hat_migrate LOGIN NOINHERIT IN ROLE hat_owner",
    "CREATE ROLE hat_app LOGIN",
)
"""What the administrator of the server runs once, before `CREATE DATABASE ... OWNER hat_owner`."""

_FORBIDDEN = ("UPDATE", "DELETE", "TRUNCATE")
_RIGHTS = text(
    "SELECT c.relname, r.wanted FROM pg_class c, unnest(CAST(:wanted AS text[])) AS r(wanted)"
    " WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY(:tables)"
    " AND has_table_privilege(c.oid, r.wanted) ORDER BY 1, 2"
)
_OWNED = text(
    "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace"
    " AND c.relname = ANY(:tables) AND pg_has_role(c.relowner, 'MEMBER') ORDER BY 1"
)
_SUPERUSER = text("SELECT current_user, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")


def require_app_role(engine: Engine) -> None:
    """Whoever we signed in as can add to the ledger and cannot rewrite it.

    Raises: WrongRole for a superuser, the owner, a member of the owner's role, and any
    role that was granted UPDATE, DELETE or TRUNCATE on a ledger table.
    """
    if is_sqlite(engine):
        return
    with reading(engine) as connection:
        role, words = _why_not(connection)
    if words:
        raise WrongRole(f"the PostgreSQL role {role} {words}; sign in as hat_app")


def _why_not(connection: Connection) -> tuple[str, str]:
    role, superuser = connection.execute(_SUPERUSER).one()
    tables = [table.name for table in LEDGER_TABLES]
    if superuser:
        return role, "is a superuser"
    owned = connection.execute(_OWNED, {"tables": tables}).scalars().all()
    if owned:
        return role, f"owns {owned[0]}, or may act as its owner"
    rights = connection.execute(_RIGHTS, {"tables": tables, "wanted": list(_FORBIDDEN)}).all()
    if rights:
        table, right = rights[0]
        return role, f"may {right} {table}"
    return role, ""
