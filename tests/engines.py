"""Fresh, migrated databases: a copied file for SQLCipher, a copied template for PostgreSQL."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.in_memory import memory_folder
from tests.postgresql import PostgresServer

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from hat_clinic.store.engine import PostgresPlace, SqlCipherPlace

    Place = SqlCipherPlace | PostgresPlace

KEY = bytes(range(32))
TEMPLATE = "hat_template"
_numbers = itertools.count(1)
_statements: dict[str, tuple[Any, dict[Any, Any]]] = {}


@pytest.fixture
def engine_kind(request: pytest.FixtureRequest) -> str:
    """Which engine this run of the test is on: `sqlcipher` or `postgresql`."""
    kind: str = request.param
    return kind


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One server of this test process, quick and forgetful: fsync is off."""
    server = PostgresServer()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def durable_postgres_server() -> Iterator[PostgresServer]:
    """One server of this test process with fsync on, for tests marked `durable`."""
    server = PostgresServer(durable=True)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> str:
    """The name of a migrated database to copy."""
    return _migrated_template(postgres_server)


@pytest.fixture(scope="session")
def durable_postgres_template(durable_postgres_server: PostgresServer) -> str:
    """The name of a migrated database to copy, on the durable server."""
    return _migrated_template(durable_postgres_server)


@pytest.fixture(scope="session")
def sqlcipher_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database file to copy; nobody has it open."""
    from hat_clinic.store.engine import SqlCipherPlace

    path = tmp_path_factory.mktemp("sqlcipher") / "template.db"
    _upgrade(SqlCipherPlace(path=path, key=KEY))
    return path


@pytest.fixture
def fresh(engine_kind: str, request: pytest.FixtureRequest) -> Iterator[Callable[[], Place]]:
    """Gives a migrated database of this test alone, another one each time it is asked."""
    copied = contextmanager(_copied_file if engine_kind == "sqlcipher" else _copied_database)
    with ExitStack() as ending:
        yield lambda: ending.enter_context(copied(request))


@pytest.fixture
def database(fresh: Callable[[], Place]) -> Place:
    """A migrated database of this test alone, as the application would be told of it."""
    return fresh()


@pytest.fixture
def engine(database: Place) -> Iterator[Engine]:
    """The test's database, opened the way the application opens it."""
    from hat_clinic.store.engine import open_engine

    opened = open_engine(database)
    share_statements(opened)
    yield opened
    opened.dispose()


def share_statements(engine: Engine) -> None:
    """What SQLAlchemy made of a statement for an earlier engine of this kind, this one need not make again.

    Why: each test has an engine of its own, and half of its time went into writing out the same SQL.
    What was written out is kept by dialect, so the dialect is the first one's too.
    """
    dialect, statements = _statements.setdefault(engine.dialect.name, (engine.dialect, {}))
    engine.dialect = dialect
    engine.update_execution_options(compiled_cache=statements)


def as_owner(place: Place) -> Place:
    """The same database with the rights of its owner: for tests that play the intruder."""
    return replace(place, user="hat_owner") if hasattr(place, "user") else place


def _copied_file(request: pytest.FixtureRequest) -> Iterator[SqlCipherPlace]:
    from hat_clinic.store.engine import SqlCipherPlace

    template: Path = request.getfixturevalue("sqlcipher_template")
    quick = None if request.node.get_closest_marker("durable") else memory_folder()
    folder = Path(tempfile.mkdtemp(prefix="hat-db-", dir=quick))
    path = folder / "clinic.db"
    shutil.copyfile(template, path)
    path.chmod(0o600)
    yield SqlCipherPlace(path=path, key=KEY)
    shutil.rmtree(folder)


def _copied_database(request: pytest.FixtureRequest) -> Iterator[PostgresPlace]:
    from hat_clinic.store.engine import PostgresPlace

    durable = "durable_" if request.node.get_closest_marker("durable") else ""
    template: str = request.getfixturevalue(f"{durable}postgres_template")
    server: PostgresServer = request.getfixturevalue(f"{durable}postgres_server")
    name = f"test_{os.getpid()}_{next(_numbers)}"
    server.create(name, template)
    yield PostgresPlace(host_socket_dir=str(server.folder), dbname=name, user="hat_app", password=None)
    server.drop(name)


def _migrated_template(server: PostgresServer) -> str:
    from hat_clinic.store.engine import PostgresPlace

    server.create(TEMPLATE)
    socket = str(server.folder)
    _upgrade(PostgresPlace(host_socket_dir=socket, dbname=TEMPLATE, user="hat_migrate", password=None))
    return TEMPLATE


def _upgrade(place: Place) -> None:
    from hat_clinic.store.engine import open_engine
    from hat_clinic.store.migrate import upgrade

    opened = open_engine(place)
    upgrade(opened)
    opened.dispose()
