"""Fresh databases to measure on, and how a child process is told of one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path

from hat_clinic.store.engine import Place, PostgresPlace, SqlCipherPlace, open_engine
from hat_clinic.store.migrate import upgrade
from tests.postgresql import PostgresServer

KEY = bytes(range(32))
NewPlace = Callable[[str], Place]
"""Makes a migrated database of this name, as the application would be told of it."""


def place_text(place: Place) -> str:
    """The place, for another process."""
    if isinstance(place, SqlCipherPlace):
        return json.dumps({"path": str(place.path), "key": place.key.hex()})
    return json.dumps(asdict(place))


def place_from(text: str) -> Place:
    """The place that `place_text` wrote down."""
    members = json.loads(text)
    if "path" in members:
        return SqlCipherPlace(Path(members["path"]), bytes.fromhex(members["key"]))
    return PostgresPlace(**members)


@contextmanager
def sqlcipher_places(folder: Path) -> Iterator[NewPlace]:
    """Encrypted files in `folder`."""

    def new(name: str) -> Place:
        place = SqlCipherPlace(folder / f"{name}.db", KEY)
        _upgrade(place)
        return place

    yield new


@contextmanager
def postgres_places(_folder: Path) -> Iterator[NewPlace]:
    """Databases of one PostgreSQL server, which answers with fsync on; it ends with the block."""
    with ExitStack() as ending:
        server = PostgresServer(durable=True)
        ending.callback(server.stop)

        def new(name: str) -> Place:
            server.create(name)
            _upgrade(PostgresPlace(str(server.folder), name, "hat_migrate"))
            return PostgresPlace(str(server.folder), name, "hat_app")

        yield new


def _upgrade(place: Place) -> None:
    engine = open_engine(place)
    upgrade(engine)
    engine.dispose()
