"""The first tables, the triggers that keep the ledger as it is, and who may do what.

Spelled out here, not taken from `store/schema.py`: that file moves on, this one stays.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

LEDGER_KEYS = {
    "ledger_leaf": ("site_id", "seq"),
    "ledger_node": ("site_id", "level", "idx"),
    "ledger_head": ("site_id", "size"),
    "envelope": ("site_id", "seq"),
    "sealed": ("site_id", "seq", "key_version"),
    "request": ("site_id", "request_id"),
}
# name -> columns besides site_id, key and state; a value may appear once a site where marked.
KEYED = {
    "projection_person": ("staff_code",),
    "projection_key": ("person_id",),
    "projection_terminal": (),
    "projection_patient": (),
    "projection_prescription": ("patient_id",),
    "projection_visit": ("patient_id", "open"),
    "projection_dose": ("patient_id", "open"),
    "projection_dose_history": (),
    "projection_product": (),
    "projection_container": ("product_id", "open"),
    "projection_receipt": (),
    "projection_count": (),
    "projection_page": (),
    "projection_line": ("page_id", "number"),
    "projection_incident": ("open",),
    "projection_pending": (),
    "projection_pack": (),
    "projection_clock": (),
}
KEYED_INDEXES = {
    "projection_key": (("person_id",),),
    "projection_prescription": (("patient_id",),),
    "projection_visit": (("open", "patient_id"),),
    "projection_dose": (("open", "patient_id"),),
    "projection_container": (("open", "product_id"),),
    "projection_line": (("page_id", "number"),),
    "projection_incident": (("open",),),
}


def upgrade() -> None:
    """The tables exist; on PostgreSQL hat_app may only add to those of the ledger."""
    _ledger()
    _desk()
    _keyed()
    if op.get_bind().dialect.name == "sqlite":
        _sqlite_triggers()
    else:
        _postgres_triggers()
        _postgres_grants()


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text, nullable=False)


def _int(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer, nullable=False)


def _bigint(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False)


def _bytes(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.LargeBinary, nullable=False)


def _table(name: str, key: tuple[str, ...], *parts: Any, slim: bool = True) -> None:
    primary_key = sa.PrimaryKeyConstraint(*key, name=f"{name}_pk")
    op.create_table(name, *parts, primary_key, sqlite_strict=True, sqlite_with_rowid=not slim)


def _hash(table: str, column: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"length({column}) = 32", name=op.f(f"{table}_{column}_is_a_hash"))


def _index(table: str, *columns: str) -> None:
    op.create_index(f"{table}_by_{'_'.join(columns)}", table, list(columns))


def _ledger() -> None:
    _table("site", ("site_id",), _text("site_id"), _text("origin"), _text("name"), _text("zone"),
           sa.UniqueConstraint("origin", name="site_origin_once"))  # fmt: skip
    _table("ledger_leaf", LEDGER_KEYS["ledger_leaf"], _text("site_id"), _bigint("seq"), _bytes("leaf"),
           sa.CheckConstraint("seq >= 0", name=op.f("ledger_leaf_seq_counts_up")))  # fmt: skip
    _table("ledger_node", LEDGER_KEYS["ledger_node"], _text("site_id"), _int("level"), _bigint("idx"),
           _bytes("hash"), _hash("ledger_node", "hash"))  # fmt: skip
    _table("ledger_head", LEDGER_KEYS["ledger_head"], _text("site_id"), _bigint("size"), _text("note"))
    _table("envelope", LEDGER_KEYS["envelope"], _text("site_id"), _bigint("seq"), _bytes("bytes"), slim=False)
    _table("sealed", LEDGER_KEYS["sealed"], _text("site_id"), _bigint("seq"), _int("key_version"),
           _text("patient_id"), _bytes("box"), slim=False)  # fmt: skip
    _index("sealed", "patient_id")
    _table("request", LEDGER_KEYS["request"], _text("site_id"), _text("request_id"), _text("actor"),
           _text("terminal"), _bytes("body_sha256"), _text("outcome"), _bigint("first_seq"), _int("entries"),
           _hash("request", "body_sha256"),
           sa.CheckConstraint("outcome IN ('accepted', 'refused')", name=op.f("request_outcome_is_final")),
           )  # fmt: skip


def _desk() -> None:
    _table("patient_key", ("patient_id", "version"), _text("patient_id"), _int("version"), _bytes("wrapped"))
    _table("patient_index", ("site_id", "field", "digest", "patient_id"), _text("site_id"), _text("field"),
           _bytes("digest"), _text("patient_id"))  # fmt: skip
    _index("patient_index", "patient_id")
    _table("statement", ("site_id", "statement_id"), _text("site_id"), _text("statement_id"),
           _text("request_id"), _text("person"), _text("terminal"), _text("tag"), _bytes("payload"),
           _text("command"), _text("expires_at"), slim=False)  # fmt: skip
    _index("statement", "site_id", "request_id")
    _index("statement", "site_id", "expires_at")
    _table("clock_in", ("site_id", "person_id", "terminal_id"), _text("site_id"), _text("person_id"),
           _text("terminal_id"), _text("key_id"), _text("since"), _text("until"))  # fmt: skip
    _table("sign_in", ("site_id", "token_hash"), _text("site_id"), _bytes("token_hash"), _text("person_id"),
           _text("terminal_id"), _text("since"), _text("last_seen"), _text("until"),
           sa.UniqueConstraint("site_id", "person_id", "terminal_id",
                               name="sign_in_site_id_person_id_terminal_id_once"),
           _hash("sign_in", "token_hash"))  # fmt: skip
    _table("challenge", ("site_id", "nonce"), _text("site_id"), _bytes("nonce"), _text("person_id"),
           _text("terminal_id"), _text("expires_at"))  # fmt: skip
    _table("throttle", ("site_id", "account", "terminal_id"), _text("site_id"), _text("account"),
           _text("terminal_id"), _int("failures"), _text("last_at"))  # fmt: skip
    _table("throttle_window", ("site_id", "account", "terminal_id", "window_at"), _text("site_id"),
           _text("account"), _text("terminal_id"), _text("window_at"), _int("failures"))  # fmt: skip
    _table("credential", ("person_id", "key_id"), _text("person_id"), _text("key_id"), _bytes("kdf_salt"),
           _int("kdf_memory_kib"), _int("kdf_passes"), _int("kdf_lanes"), _text("auth_hash"),
           _bytes("box"), _text("since"))  # fmt: skip
    _table("terminal_secret", ("site_id", "terminal_id"), _text("site_id"), _text("terminal_id"),
           _bytes("secret_hash"), _hash("terminal_secret", "secret_hash"))  # fmt: skip


def _keyed() -> None:
    for name, columns in KEYED.items():
        parts: list[Any] = [_text("site_id"), _text("key")]
        parts += [_int(column) if column in ("open", "number") else _text(column) for column in columns]
        parts.append(_text("state"))
        if name == "projection_person":
            parts.append(sa.UniqueConstraint("site_id", "staff_code", name=f"{name}_site_id_staff_code_once"))
        if "open" in columns:
            parts.append(sa.CheckConstraint("open IN (0, 1)", name=op.f(f"{name}_open_or_not")))
        _table(name, ("site_id", "key"), *parts, slim=False)
        for columns_of_index in KEYED_INDEXES.get(name, ()):
            _index(name, "site_id", *columns_of_index)


def _sqlite_triggers() -> None:
    for table, key in LEDGER_KEYS.items():
        same = " AND ".join(f"{column} = NEW.{column}" for column in key)
        words = f"{table} only ever grows"
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table}"
                f" BEGIN SELECT RAISE(ABORT, '{words}'); END"
            )
        # REPLACE would delete the row that is there; so would an upsert change it.
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table}"
            f" WHEN EXISTS (SELECT 1 FROM {table} WHERE {same})"
            f" BEGIN SELECT RAISE(ABORT, '{words}'); END"
        )


def _postgres_triggers() -> None:
    op.execute(
        "CREATE FUNCTION hat_only_grows() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION '% only ever grows', TG_TABLE_NAME USING ERRCODE = '55000'; END $$"
    )
    for table in LEDGER_KEYS:
        for act in ("UPDATE", "DELETE", "TRUNCATE"):
            each = "STATEMENT" if act == "TRUNCATE" else "ROW"
            op.execute(
                f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table}"
                f" FOR EACH {each} EXECUTE FUNCTION hat_only_grows()"
            )
            # Also when somebody sets session_replication_role to skip ordinary triggers.
            op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_{act.lower()}")


def _postgres_grants() -> None:
    """hat_migrate reaches the tables through hat_owner; hat_app owns nothing."""
    tables = sa.inspect(op.get_bind()).get_table_names(schema="public")
    op.execute("GRANT USAGE ON SCHEMA public TO hat_app")
    for table in sorted(set(tables) - {"alembic_version"}):
        rights = "SELECT, INSERT" if table in LEDGER_KEYS else "SELECT, INSERT, UPDATE, DELETE"
        op.execute(f"REVOKE ALL ON {table} FROM PUBLIC")
        op.execute(f"GRANT {rights} ON {table} TO hat_app")
    op.execute("GRANT SELECT ON alembic_version TO hat_app, hat_migrate")
