"""Opens the database: one SQLCipher file, or PostgreSQL; the same tables on both.

The driver never opens a transaction by itself. `reading` is one consistent view;
`writing` holds the right to write from its first statement on (SQLite: BEGIN
IMMEDIATE). The writer of a site does its own beginning, see `committer.py`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import QueuePool
from sqlcipher3 import dbapi2 as sqlcipher

from hat_clinic.store.file_lock import FileLock
from hat_clinic.store.unusable import StoreUnusable, UnsafeVersion, WrongKey

KEY_BYTES = 32
BUSY_MILLISECONDS = 5000
OLDEST_POSTGRES = 160000
MOST_CONNECTIONS = 16
BEGIN = "hat_begin"
IMMEDIATE = {BEGIN: "BEGIN IMMEDIATE"}

# WAL and FULL together lost nothing in 2 191 power-cut images; NORMAL did, DELETE with FULL did.
_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "recursive_triggers = ON",  # REPLACE then fires the triggers that refuse DELETE
    "secure_delete = ON",
    "trusted_schema = OFF",
    f"busy_timeout = {BUSY_MILLISECONDS}",
    "cache_size = -16384",
    # Pages that every act writes reach the file once in so many, not four times (the default is 1000).
    "wal_autocheckpoint = 4000",
)
_POSTGRES_OPTIONS = (
    # Said by each connection, because a role or database can have been given other defaults.
    "-c synchronous_commit=on -c timezone=UTC -c client_encoding=UTF8 -c search_path=public"
    # A writer that hangs must not keep the site's lock for ever.
    " -c lock_timeout=10s -c statement_timeout=60s -c idle_in_transaction_session_timeout=60s"
)


@dataclass(frozen=True, slots=True)
class SqlCipherPlace:
    """An encrypted file, opened by one process at a time."""

    path: Path
    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.key) != KEY_BYTES:
            raise ValueError(f"a database key has {KEY_BYTES} bytes")


@dataclass(frozen=True, slots=True)
class PostgresPlace:
    """A database on a PostgreSQL server; `host_socket_dir` is a socket folder or a host name."""

    host_socket_dir: str
    dbname: str
    user: str
    port: int = 5432
    password: str | None = field(default=None, repr=False)
    sslmode: str | None = None
    passfile: Path | None = None
    root_certificate: Path | None = None


Place = SqlCipherPlace | PostgresPlace


def open_engine(
    place: Place, *, alone: bool = True, kept: int = 8, holder: int | None = None
) -> Engine:
    """The engine of this place; nothing is read from it yet on PostgreSQL.

    It opens at most 16 connections, and keeps `kept` of them open when nobody uses them.

    With `alone=False` an SQLCipher file is opened for reading only and without its lock
    file, so that `verify` and `export` can look while a server writes. Whoever comes second to the
    lock is told to end process `holder`, or this one.

    Raises: Busy, WrongKey, UnsafeVersion, and StoreUnusable where there is no file to look at.
    """
    if isinstance(place, SqlCipherPlace):
        return _open_sqlcipher(place, alone, kept, holder)
    return _open_postgres(place, kept)


def require_safe_sqlite(version: tuple[int, int, int]) -> None:
    """This SQLite does not have the WAL-reset bug, which corrupts files silently.

    Raises: UnsafeVersion.
    Source: sqlite.org/wal.html#walresetbug: 3.7.0 to 3.51.2, mended in 3.50.7 and 3.44.6 too.
    """
    series = version[:2]
    mended = {(3, 44): 6, (3, 50): 7, (3, 51): 3}
    if series > (3, 51) or version[2] >= mended.get(series, version[2] + 1):
        return
    raise UnsafeVersion(
        f"SQLite {'.'.join(map(str, version))} can corrupt a database in WAL mode;"
        " install the sqlcipher3 that this program was locked to (SQLite 3.51.3 or later)"
    )


def is_sqlite(bind: Engine | Connection) -> bool:
    """Whether this is the embedded engine."""
    return bind.dialect.name == "sqlite"


def disk_failed(error: BaseException) -> bool:
    """Whether SQLite could not read or write its file: nothing it says from then on can be trusted."""
    return isinstance(error, OperationalError) and "disk I/O error" in str(error.orig)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent view of everything, on a connection of its own; writes fail on PostgreSQL."""
    if is_sqlite(engine):
        with engine.connect() as connection, connection.begin():
            yield connection
        return
    options: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that may write from its first statement on; committed at the end.

    For what is not of one site: `init`, migrations, tests. A site's own acts go through its writer.
    """
    with engine.connect().execution_options(**IMMEDIATE) as connection, connection.begin():
        yield connection


def _open_sqlcipher(place: SqlCipherPlace, alone: bool, kept: int, holder: int | None) -> Engine:
    require_safe_sqlite(sqlcipher.sqlite_version_info)
    lock = FileLock(place.path, holder) if alone else None

    def connect() -> Any:
        if lock is not None:
            lock.hold()
        return _connect_sqlcipher(place, read_only=lock is None)

    if lock is not None:
        lock.hold()
        _create_private(place.path)
    engine = create_engine(
        "sqlite://", creator=connect, module=sqlcipher, poolclass=QueuePool,
        pool_size=kept, max_overflow=MOST_CONNECTIONS - kept, hide_parameters=True,
    )  # fmt: skip
    event.listen(engine, "begin", _begin)
    try:
        with engine.connect():
            pass
    except BaseException:
        if lock is not None:
            lock.release()
        raise
    if lock is not None:
        event.listen(engine, "engine_disposed", lambda _: lock.release())
    return engine


def _connect_sqlcipher(place: SqlCipherPlace, read_only: bool) -> Any:
    if not place.path.is_file():
        raise StoreUnusable(f"there is no database at {place.path}")
    connection = sqlcipher.connect(
        str(place.path), isolation_level=None, check_same_thread=False, cached_statements=256
    )
    try:
        # A wrong key is told in our words; what SQLCipher finds later it may say itself.
        connection.execute("PRAGMA cipher_log_level = NONE").fetchall()
        # A raw key: 32 bytes of HKDF output need no stretching, which would cost every connect 0.2 s.
        connection.execute(f"PRAGMA key = \"x'{place.key.hex()}'\"")
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").fetchall()
        if read_only:
            connection.execute("PRAGMA query_only = ON")
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()
        connection.execute("PRAGMA cipher_log_level = ERROR").fetchall()
    except sqlcipher.DatabaseError as error:
        connection.close()
        if "not a database" not in str(error):
            raise
        raise WrongKey(
            f"{place.path} does not open with this key: give the root secret it was made with"
        ) from None
    return connection


def _create_private(path: Path) -> None:
    """The file exists, readable by its owner only (the WAL files take its mode)."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(BEGIN, "BEGIN"))


def postgres_arguments(place: PostgresPlace) -> dict[str, Any]:
    """What libpq is told of this place."""
    arguments: dict[str, Any] = {
        "host": place.host_socket_dir,
        "port": place.port,
        "dbname": place.dbname,
        "user": place.user,
        "application_name": "hat-clinic",
        "connect_timeout": 10,
        "options": _POSTGRES_OPTIONS,
    }
    if place.password is not None:
        arguments["password"] = place.password
    if place.sslmode is not None:
        arguments["sslmode"] = place.sslmode
    if place.passfile is not None:
        arguments["passfile"] = str(place.passfile)
    if place.root_certificate is not None:
        arguments["sslrootcert"] = str(place.root_certificate)
    return arguments


def _open_postgres(place: PostgresPlace, kept: int) -> Engine:
    engine = create_engine(
        "postgresql+psycopg://",
        connect_args=postgres_arguments(place),
        isolation_level="READ COMMITTED",
        poolclass=QueuePool,
        pool_size=kept,
        max_overflow=MOST_CONNECTIONS - kept,
        pool_pre_ping=True,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _require_tested_postgres)
    return engine


def require_tested_postgres(version: int) -> None:
    """The server is PostgreSQL 16 or newer.

    Units: `version` as the server counts it, 160004 for 16.4.
    Raises: UnsafeVersion.
    """
    if version < OLDEST_POSTGRES:
        raise UnsafeVersion(f"PostgreSQL {version // 10000} is too old: 16 or newer is needed")


def _require_tested_postgres(connection: Any, _record: Any) -> None:
    require_tested_postgres(connection.info.server_version)
