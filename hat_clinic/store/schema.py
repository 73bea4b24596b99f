"""Every table, for both engines. Migrations spell them out again; a test compares the two.

Three kinds. *Ledger* tables only ever grow: triggers refuse everything but INSERT.
*Desk* tables cannot be rebuilt and may change: keys, sign-ins, permits, throttles.
*Projections* are folds of the ledger, thrown away and rebuilt at will; like permits they
are keyed tables: a few columns to find rows by, and `state`, canonical JSON of a value
that `domain` understands. Moments are RFC 3339 text with six digits, so text order is
time order.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeEngine

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pk",
        "ck": "%(table_name)s_%(constraint_name)s",
        "uq": "%(table_name)s_%(column_0_N_name)s_once",
        "ix": "%(table_name)s_by_%(column_0_N_name)s",
    }
)
# STRICT tables know INTEGER only, which has 64 bits there.
Big = BigInteger().with_variant(Integer, "sqlite")
INTEGER_COLUMNS = frozenset({"open", "number"})


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _number(name: str, kind: TypeEngine[int] | type[TypeEngine[int]] = Integer) -> Column[int]:
    return Column(name, kind, nullable=False)


def _bytes(name: str) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=False)


def _site() -> Column[str]:
    # No foreign key: on PostgreSQL each would take a share of the very row the writer locks.
    return Column("site_id", Text, nullable=False)


def _hash(column: str) -> CheckConstraint:
    return CheckConstraint(f"length({column}) = 32", name=f"{column}_is_a_hash")


def _key(*columns: str) -> PrimaryKeyConstraint:
    return PrimaryKeyConstraint(*columns)


def _table(name: str, *parts: Any, slim: bool = False) -> Table:
    """A table whose columns hold their own type and nothing else, on SQLite too."""
    return Table(name, metadata, *parts, sqlite_strict=True, sqlite_with_rowid=not slim)


def _slim(name: str, *parts: Any) -> Table:
    """A table of short rows, kept in its key on SQLite instead of beside it."""
    return _table(name, *parts, slim=True)


# The row every writer locks; small, ordinary, and not part of the ledger.
site = _slim(
    "site",
    Column("site_id", Text, nullable=False),
    _text("origin"),
    _text("name"),
    _text("zone"),
    _key("site_id"),
    UniqueConstraint("origin"),
)

# --- the ledger: INSERT and SELECT only -------------------------------------------------

ledger_leaf = _slim(
    "ledger_leaf", _site(), _number("seq", Big), _bytes("leaf"), _key("site_id", "seq"),
    CheckConstraint("seq >= 0", name="seq_counts_up"),
)  # fmt: skip
ledger_node = _slim(
    "ledger_node", _site(), _number("level"), _number("idx", Big), _bytes("hash"),
    _key("site_id", "level", "idx"), _hash("hash"),
)  # fmt: skip
ledger_head = _slim(
    "ledger_head", _site(), _number("size", Big), _text("note"), _key("site_id", "size"),
)  # fmt: skip
envelope = _table(
    "envelope", _site(), _number("seq", Big), _bytes("bytes"), _key("site_id", "seq"),
)  # fmt: skip
# A new key version adds a row; the box under the old version stays, unreadable once its key is gone.
sealed = _table(
    "sealed", _site(), _number("seq", Big), _number("key_version"), _text("patient_id"),
    _bytes("box"), _key("site_id", "seq", "key_version"), Index(None, "patient_id"),
)  # fmt: skip
request = _slim(
    "request", _site(), _text("request_id"), _text("actor"), _text("terminal"), _bytes("body_sha256"),
    _text("outcome"), _number("first_seq", Big), _number("entries"), _key("site_id", "request_id"),
    _hash("body_sha256"), CheckConstraint("outcome IN ('accepted', 'refused')", name="outcome_is_final"),
)  # fmt: skip

LEDGER_TABLES = (ledger_leaf, ledger_node, ledger_head, envelope, sealed, request)

# --- the desk: not rebuildable, may change ----------------------------------------------

patient_key = _slim(
    "patient_key", _text("patient_id"), _number("version"), _bytes("wrapped"), _key("patient_id", "version"),
)  # fmt: skip
patient_index = _slim(
    "patient_index", _site(), _text("field"), _bytes("digest"), _text("patient_id"),
    _key("site_id", "field", "digest", "patient_id"), Index(None, "patient_id"),
)  # fmt: skip
statement = _table(
    "statement", _site(), _text("statement_id"), _text("request_id"), _text("person"),
    _text("terminal"), _text("tag"), _bytes("payload"), _text("command"), _text("expires_at"),
    _key("site_id", "statement_id"), Index(None, "site_id", "request_id"),
    Index(None, "site_id", "expires_at"),
)  # fmt: skip
clock_in = _slim(
    "clock_in", _site(), _text("person_id"), _text("terminal_id"), _text("key_id"), _text("since"),
    _text("until"), _key("site_id", "person_id", "terminal_id"),
)  # fmt: skip
sign_in = _slim(
    "sign_in", _site(), _bytes("token_hash"), _text("person_id"), _text("terminal_id"), _text("since"),
    _text("last_seen"), _text("until"), _key("site_id", "token_hash"),
    UniqueConstraint("site_id", "person_id", "terminal_id"), _hash("token_hash"),
)  # fmt: skip
challenge = _slim(
    "challenge", _site(), _bytes("nonce"), _text("person_id"), _text("terminal_id"), _text("expires_at"),
    _key("site_id", "nonce"),
)  # fmt: skip
throttle = _slim(
    "throttle", _site(), _text("account"), _text("terminal_id"), _number("failures"), _text("last_at"),
    _key("site_id", "account", "terminal_id"),
)  # fmt: skip
throttle_window = _slim(
    "throttle_window", _site(), _text("account"), _text("terminal_id"), _text("window_at"),
    _number("failures"), _key("site_id", "account", "terminal_id", "window_at"),
)  # fmt: skip
credential = _slim(
    "credential", _text("person_id"), _text("key_id"), _bytes("kdf_salt"), _number("kdf_memory_kib"),
    _number("kdf_passes"), _number("kdf_lanes"), _text("auth_hash"), _bytes("box"), _text("since"),
    _key("person_id", "key_id"),
)  # fmt: skip
terminal_secret = _slim(
    "terminal_secret", _site(), _text("terminal_id"), _bytes("secret_hash"), _key("site_id", "terminal_id"),
    _hash("secret_hash"),
)  # fmt: skip

# --- keyed tables -----------------------------------------------------------------------


def keyed_table(name: str, *index_columns: str, once: str | None = None) -> Table:
    """The table of states found by key and, within a site, by these columns.

    `open` and `number` hold integers, all others text. `open` is 0 or 1 and leads the one index
    there is then: few rows are open and those are asked for, and `States.find` asks for both
    values where it is told none. `number` orders the rows of the column before it; `once` may
    hold a value once a site.
    """
    columns = [_number(column) if column in INTEGER_COLUMNS else _text(column) for column in index_columns]
    words = [column for column in index_columns if column not in INTEGER_COLUMNS]
    rules: list[Any] = [_key("site_id", "key")]
    if "open" in index_columns:
        rules.append(CheckConstraint("open IN (0, 1)", name="open_or_not"))
        rules.append(Index(None, "site_id", "open", *words))
    elif once is not None:
        rules.append(UniqueConstraint("site_id", once))
    else:
        number = ["number"] if "number" in index_columns else []
        rules += [Index(None, "site_id", column, *number) for column in words]
    return _table(name, _site(), _text("key"), *columns, _text("state"), *rules)


projection_person = keyed_table("projection_person", "staff_code", once="staff_code")
projection_key = keyed_table("projection_key", "person_id")
projection_terminal = keyed_table("projection_terminal")
projection_patient = keyed_table("projection_patient")
projection_prescription = keyed_table("projection_prescription", "patient_id")
projection_visit = keyed_table("projection_visit", "patient_id", "open")
projection_dose = keyed_table("projection_dose", "patient_id", "open")
projection_dose_history = keyed_table("projection_dose_history")
projection_product = keyed_table("projection_product")
projection_container = keyed_table("projection_container", "product_id", "open")
projection_receipt = keyed_table("projection_receipt")
projection_count = keyed_table("projection_count")
projection_page = keyed_table("projection_page")
projection_line = keyed_table("projection_line", "page_id", "number")
projection_incident = keyed_table("projection_incident", "open")
projection_pending = keyed_table("projection_pending")
projection_pack = keyed_table("projection_pack")
projection_clock = keyed_table("projection_clock")

PROJECTION_TABLES = tuple(table for name, table in metadata.tables.items() if name.startswith("projection_"))
