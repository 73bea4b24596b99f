"""What a writer refuses to begin on, and a running one to go on with."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import Engine, text

from hat_clinic.store.committer import Committer
from hat_clinic.store.engine import PostgresPlace, SqlCipherPlace, open_engine, reading, writing
from hat_clinic.store.ledger_rows import read_tip
from hat_clinic.store.schema import LEDGER_TABLES
from hat_clinic.store.unusable import SchemaBehind, WrongRole
from hat_clinic.store.writer import Writer, WriterStopped
from hat_clinic.vocabulary.errors import LedgerBroken, NotFound
from tests.engines import as_owner
from tests.store.log_of_site import LogOfSite, site_keys

Place = SqlCipherPlace | PostgresPlace


@pytest.fixture
def log(engine: Engine) -> LogOfSite:
    return LogOfSite(engine).open()


class TestStart:
    """What a writer refuses to begin on."""

    def test_an_unknown_site(self, engine: Engine) -> None:
        with pytest.raises(NotFound):
            LogOfSite(engine).writer().start()

    def test_keys_of_another_log(self, log: LogOfSite) -> None:
        keys = site_keys("hat.invalid/elsewhere")
        with pytest.raises(LedgerBroken, match="elsewhere"):
            Writer(Committer(log.engine, "zh1", keys, log.clock, log.ids)).start()

    def test_starting_twice(self, log: LogOfSite) -> None:
        with log.writer() as writer, pytest.raises(WriterStopped):
            writer.start()

    def test_other_tables(self, database: Place) -> None:
        owner = open_engine(as_owner(database))
        log = LogOfSite(owner).open()
        with writing(owner) as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        owner.dispose()
        engine = open_engine(database)
        with pytest.raises(SchemaBehind):
            replace(log, engine=engine).writer().start()
        engine.dispose()

    @pytest.mark.only_on("postgresql", reason="SQLite has no roles")
    def test_the_owner(self, database: PostgresPlace) -> None:
        owner = open_engine(as_owner(database))
        with pytest.raises(WrongRole):
            LogOfSite(owner).open().writer().start()
        owner.dispose()


TAMPERING = {
    "head gone": ("DELETE FROM ledger_head WHERE size = 4", "does not speak of it"),
    "all heads gone": ("DELETE FROM ledger_head", "no head is stored, and yet ledger_leaf"),
    "head of another size": ("UPDATE ledger_head SET size = 5 WHERE size = 4", "speaks of 4"),
    "head changed": ("UPDATE ledger_head SET note = replace(note, 'zh1', 'zh2')", "not ours"),
    "last leaf gone": ("DELETE FROM ledger_leaf WHERE seq = 3", "entry 3: missing"),
    "a leaf too many": ("UPDATE ledger_leaf SET seq = 9 WHERE seq = 1", "entry 9: stored"),
    "last leaf changed": (
        "UPDATE ledger_leaf SET leaf = (SELECT leaf FROM ledger_leaf WHERE seq = 2) WHERE seq = 3",
        "not the one in the tree",
    ),
    "a peak gone": ("DELETE FROM ledger_node WHERE level = 2", "tree node 2/0 is missing"),
    "a peak changed": (
        "UPDATE ledger_node SET hash = (SELECT hash FROM ledger_node WHERE level = 1 AND idx = 0)"
        " WHERE level = 2",
        "does not have the root that was signed",
    ),
}


def without_triggers(owner: Engine, kind: str) -> None:
    with writing(owner) as connection:
        for table in LEDGER_TABLES:
            for act in ("update", "delete", "replace" if kind == "sqlcipher" else "truncate"):
                on = "" if kind == "sqlcipher" else f" ON {table.name}"
                connection.execute(text(f"DROP TRIGGER {table.name}_no_{act}{on}"))


@pytest.mark.parametrize("case", TAMPERING)
def test_a_log_that_contradicts_itself_is_not_continued(database: Place, engine_kind: str, case: str) -> None:
    statement, words = TAMPERING[case]
    owner = open_engine(as_owner(database))
    log = LogOfSite(owner).open()
    engine = owner
    if isinstance(database, PostgresPlace):
        engine = open_engine(database)
    log = replace(log, engine=engine)
    with log.writer() as writer:
        for _ in range(4):
            writer.submit(log.recording()).result()
        with reading(engine) as connection:
            assert read_tip(connection, "zh1", log.keys).frontier.size == 4
        without_triggers(owner, engine_kind)
        with writing(owner) as connection:
            connection.execute(text(statement))
        with reading(engine) as connection, pytest.raises(LedgerBroken, match=words):
            read_tip(connection, "zh1", log.keys)
        with pytest.raises(LedgerBroken, match=words):
            log.writer().start()
        if "head" in case:
            # A running writer looks at the newest head under the lock, before every act.
            with pytest.raises(LedgerBroken, match=words):
                writer.submit(log.recording()).result()
            assert writer.stopped_by is not None
    engine.dispose()
    owner.dispose()
